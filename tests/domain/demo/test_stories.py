"""Synthetic subjects: the same seed tells the same story, and many of them look like the trials they stand for."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import pytest

from trialsite.demo.stories.infusions import SITE_ZONE
from trialsite.demo.stories.story import Course, Entry, Story
from trialsite.demo.stories.telling import TRIALS, outline, story
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.services import PROTOCOLS

TODAY = date(2026, 7, 1)
MANY = 500
STUDIES = tuple(TRIALS)


@cache
def protocol(study: str) -> Protocol:
    return Protocol.from_document(read_file(Path(PROTOCOLS) / f"{study}.yaml").document)


@cache
def outlines(study: str) -> tuple[Story, ...]:
    return tuple(
        outline(protocol(study), number, MANY, "proportions", TODAY) for number in range(1, MANY + 1)
    )


@cache
def stories(study: str) -> tuple[Story, ...]:
    return tuple(story(protocol(study), number, 30, "forms", TODAY) for number in range(1, 31))


def courses(study: str) -> list[Course]:
    return [course for told in outlines(study) for course in told.courses.values()]


def forms_of(told: Story) -> list[Entry]:
    return [*told.screening, *(entry for entries in told.entries.values() for entry in entries)]


def share(yes: list[bool]) -> float:
    assert yes
    return sum(yes) / len(yes)


def within(day: date | None, start: date, days: int) -> bool:
    return day is not None and (day - start).days <= days


@pytest.mark.parametrize("study", STUDIES)
def test_the_same_seed_tells_the_same_story_and_another_seed_another(study: str) -> None:
    first = story(protocol(study), 3, 20, "seed", TODAY)
    assert first == story(protocol(study), 3, 20, "seed", TODAY)
    assert first != story(protocol(study), 3, 20, "other", TODAY)
    assert first != story(protocol(study), 4, 20, "seed", TODAY)


@pytest.mark.parametrize("study", STUDIES)
def test_about_one_in_six_fails_screening_each_for_a_reason(study: str) -> None:
    failed = [told for told in outlines(study) if told.failure]
    assert 0.12 < len(failed) / MANY < 0.22
    assert len({told.failure for told in failed}) >= 5
    assert all(not told.courses for told in failed)


@pytest.mark.parametrize("study", STUDIES)
def test_accrual_spreads_over_the_years_up_to_this_week_and_over_all_sites(study: str) -> None:
    told = outlines(study)
    assert {one.site for one in told} == {site.key for site in protocol(study).sites}
    assert min(one.screened_on for one in told) < TODAY - timedelta(days=500)
    assert all(one.screened_on <= TODAY for one in told)
    screening = [one for one in told if one.still_screening]
    assert 1 <= len(screening) <= 3
    assert all(one.screened_on > TODAY - timedelta(days=7) for one in screening)


def test_blina_full_responds_as_its_predecessor_did() -> None:
    all_treated = courses("BLINA-FULL")
    remissions = [course for course in all_treated if course.remission_on]
    assert 0.91 < len(remissions) / len(all_treated) < 0.97
    assert 0.82 < share([course.mrd_negative_on is not None for course in all_treated]) < 0.92
    alive = [not within(course.ending.died_on, course.enrolled_on, 365) for course in all_treated]
    assert 0.91 < share(alive) < 0.99
    relapsed = [within(course.ending.relapse_on, course.remission_on, 730) for course in remissions]  # type: ignore[arg-type]
    assert 0.11 < share(relapsed) < 0.22
    assert 0.12 < share([course.graft is not None for course in all_treated]) < 0.30
    assert share([course.cells_on is not None for course in all_treated]) > 0.45
    assert any(course.mrd_recurrence_on for course in all_treated)
    assert 0.03 < share([told.person.minor for told in outlines("BLINA-FULL")]) < 0.13


@pytest.mark.parametrize(
    ("study", "transplanted"),
    [("VIP-BLINA-HSCT", (0.70, 0.92)), ("BLINA-VEN", (0.4, 0.65)), ("BLINA-INTENS", (0.88, 0.98))],
)
def test_transplanted_subjects_fare_as_after_transplantation(
    study: str, transplanted: tuple[float, float]
) -> None:
    every = courses(study)
    grafts = [course for course in every if course.graft]
    assert transplanted[0] < len(grafts) / len(every) < transplanted[1]
    in_remission = [
        course.ending.relapse_on is None and within(course.ending.died_on, course.graft.day0, 425)  # type: ignore[union-attr]
        for course in grafts
    ]
    assert 0.06 < share(in_remission) < 0.17
    severe = [course.graft.acute_grade >= 3 for course in grafts]  # type: ignore[union-attr]
    assert 0.04 < share(severe) < 0.15
    relapsed = [within(course.ending.relapse_on, course.graft.day0, 730) for course in grafts]  # type: ignore[union-attr]
    assert 0.07 < share(relapsed) < 0.24


def test_relapse_is_rarer_after_blinatumomab_than_after_direct_transplantation() -> None:
    relapsed = {
        arm: share(
            [
                told.courses[arm].ending.relapse_on is not None
                for told in outlines("BLINA-INTENS")
                if told.courses
            ]
        )
        for arm in ("A", "B")
    }
    assert relapsed["A"] < relapsed["B"]


@pytest.mark.parametrize("study", STUDIES)
def test_some_go_astray_and_some_infusions_are_interrupted(study: str) -> None:
    every = courses(study)
    assert 0.01 < share([course.ending.lost_on is not None for course in every]) < 0.15
    paused = [
        bool(span.interruptions)
        for course in every
        for span in course.spans
        if "BLINA" in (span.regimen or "")
    ]
    assert 0.03 < share(paused) < 0.25
    crs = [flare.grade for course in every for flare in course.flares if flare.kind == "CRS"]
    assert share([grade <= 2 for grade in crs]) > 0.85


@pytest.mark.parametrize("study", STUDIES)
def test_consent_is_the_first_form_and_a_minor_has_guardian_and_assent(study: str) -> None:
    for told in stories(study):
        assert told.screening[0].form == "ICF"
        assert min(entry.on for entry in told.screening if entry.form != "DX") == told.screened_on
        signers = {row["signer"] for row in told.screening[0].rows["signatures"]}
        if told.person.age_on(told.screened_on) < 18:
            assert signers == {"guardian", "assent"}
        else:
            assert "patient" in signers


@pytest.mark.parametrize("study", STUDIES)
def test_nothing_is_recorded_after_today_after_death_or_after_loss(study: str) -> None:
    for told in stories(study):
        for arm, entries in told.entries.items():
            course = told.courses[arm]
            ending = course.ending
            for entry in entries:
                assert told.screened_on <= entry.on <= TODAY
                if ending.died_on:
                    assert entry.on <= ending.died_on
                if ending.withdrawn_on:
                    assert entry.on <= ending.withdrawn_on
            starts = [line["start"] for entry in entries for line in entry.rows.get("segments", ())]
            assert all(start.astimezone(SITE_ZONE).date() < TODAY for start in starts)
            given = [line["given_on"] for entry in entries for line in entry.rows.get("doses", ())]
            assert all(day <= TODAY for day in given)


def test_a_complete_course_of_blinatumomab_runs_for_its_planned_hours() -> None:
    checked = 0
    for told in stories("BLINA-FULL"):
        course = told.courses.get("BLINA")
        span = course.span("IND_BLINA") if course else None
        if course is None or span is None or span.end >= TODAY or span.end_reason != "COMPLETED":
            continue
        lines = [
            line
            for entry in told.entries["BLINA"]
            if entry.visit in ("IND_D8", "IND_D15") and entry.form == "BLI"
            for line in entry.rows["segments"]
        ]
        if {entry.visit for entry in told.entries["BLINA"] if entry.form == "BLI"} >= {"IND_D8", "IND_D15"}:
            assert sum(((line["stop"] - line["start"]) for line in lines), timedelta()) == timedelta(days=14)
            assert lines[-1]["stop_reason"] == "END"
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("study", STUDIES)
def test_no_form_stands_twice_in_a_slot_of_a_visit(study: str) -> None:
    for told in stories(study):
        for entries in told.entries.values():
            slots = [
                (entry.visit, entry.visit_repeat, entry.form)
                for entry in [*told.screening, *entries]
                if entry.visit != "LOG"
            ]
            assert len(slots) == len(set(slots))


@pytest.mark.parametrize("study", STUDIES)
def test_most_visits_that_have_come_are_recorded_and_a_few_are_not_yet(study: str) -> None:
    told = [one for one in stories(study) if one.entries]
    assert share([len(forms_of(one)) > 20 for one in told]) > 0.9


def test_an_isolated_cns_relapse_leaves_marrow_and_blood_in_remission() -> None:
    checked = 0
    for study in STUDIES:
        for told in stories(study):
            for arm, entries in told.entries.items():
                ending = told.courses[arm].ending
                shown = [entry for entry in entries if entry.form == "REL"]
                if not shown or ending.relapse_site not in ("CNS", "MARROW"):
                    continue
                marrow = next(
                    entry for entry in entries if entry.form == "BM" and entry.on == ending.relapse_on
                )
                leukaemic = marrow.values["bm_blast_pct"].value >= 5
                assert leukaemic is (ending.relapse_site == "MARROW")
                checked += 1
    assert checked >= 3
