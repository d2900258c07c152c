"""The pages of the dashboards: who sees them, what they count, and that each number leads to its subjects."""

import csv
import re
from datetime import date
from decimal import Decimal
from html import unescape
from io import StringIO

import pytest
from django.db import connection
from django.db.models import Sum
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.models import PlannedVisit
from enrollment.services import fail_screening
from outcomes.consort_page import own_sites
from outcomes.dashboards.cells import BehindCells, cells_of
from outcomes.dashboards.pages import PAGES
from tests.cast import NO_FIGURES, Cast, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.slots import Slot
from trialsite.review.progress import forms_of_the_plan
from trialsite.review.queries import open_query
from trialsite.review.verification import plan_verification

from ..enrollment.candidates import Answers, fill_in, screened, small_cast
from ..treatment.subjects import at
from .filled_study import BODY, FEVER, NEUTROPENIA, event, fill, on, put, treated
from .worked_example import COURSES, day, enter_course, subject_at

STUDY = "/dashboards/BLINA-FULL/"
WITHOUT_CELLS = {
    "failures",
    "forest",
}  # whose numbers lead elsewhere: to the lists of the flow, to a whole group


@pytest.fixture
def people(cast: Cast) -> dict[str, Subject]:
    return fill(cast)


def read(client: Client, who: User, address: str, status: int = 200) -> str:
    client.force_login(who)
    answer = client.get(address)
    assert answer.status_code == status, address
    return re.sub(r"\s+", " ", answer.content.decode())


def table(client: Client, who: User, page: str, part: str, more: str = "") -> dict[str, dict[str, str]]:
    """A table as its file gives it: line → column → text."""
    client.force_login(who)
    answer = client.get(f"{STUDY}{page}/?csv={part}{more}")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    named = rows[0].index(next(head for head in rows[0] if head))
    return {row[named]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}


def counted(cast: Cast, who: User, topic: str, line: str, *levels: str) -> tuple[int, int, int]:
    """A cell: subjects, those at the own sites, how often."""
    with acting(user=who):
        cells = cells_of(cast.study, topic, own_sites(who, cast.study))
        found = cells.at(line, levels or None)
    return found.subjects, found.own, found.n


# Who


def test_a_page_opens_for_whoever_sees_figures_and_for_nobody_else(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    other = make_cast("BLINA-VEN", prefix="ven_")
    for page in PAGES:
        for part, who in cast.people().items():
            text = read(client, who, f"{STUDY}{page}/", 404 if part in NO_FIGURES else 200)
            if part == "stranger":
                assert people["ann"].number not in text, page
                assert str(people["ann"].pk) not in text, page
        read(client, other.statistician, f"{STUDY}{page}/", 404)
    read(client, other.statistician, f"{STUDY}cells/ae/", 404)


def test_somebody_of_another_study_gets_nothing_from_the_functions(
    cast: Cast, people: dict[str, Subject]
) -> None:
    other = make_cast("BLINA-VEN", prefix="ven_")
    for who in (other.statistician, cast.administrator):
        with acting(user=who), connection.cursor() as cursor:
            for sql in (
                "SELECT * FROM study_cells(%s, 'ae', now())",
                "SELECT * FROM study_cell_values(%s, 'treated', now())",
                "SELECT * FROM study_group_times(%s, 'RFS')",
            ):
                cursor.execute(sql, [cast.study.pk])
                assert cursor.fetchall() == []


def test_an_unknown_topic_or_table_is_404(client: Client, cast: Cast, people: dict[str, Subject]) -> None:
    read(client, cast.monitor, f"{STUDY}cells/nothing/", 404)
    read(client, cast.monitor, f"{STUDY}safety/?csv=nothing", 404)


# Every number leads to its subjects


@pytest.mark.parametrize("part", ["coordinator", "monitor"])
def test_each_cell_leads_to_as_many_subjects_as_it_says(
    part: str, client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    who = cast.people()[part]
    for page in PAGES:
        text = read(client, who, f"{STUDY}{page}/")
        links = set(re.findall(r'<a href="([^"]*/cells/[^"]*)" title="(\d+) at your sites">', text))
        assert links or page in WITHOUT_CELLS, page
        for address, own in links:
            assert f"Subjects at your sites: {own}" in read(client, who, unescape(address)), address


# Safety


SAFETY: list[tuple[str, str, tuple[str, ...], tuple[int, int, int]]] = [  # subjects, own, events
    ("ae", FEVER, (), (2, 1, 4)),
    ("ae", FEVER, ("3",), (1, 0, 2)),
    ("ae_emergent", FEVER, ("1",), (1, 0, 1)),  # the event before treatment does not count
    ("ae_emergent", FEVER, ("2",), (1, 1, 2)),
    ("ae", "", (), (3, 2, 6)),
    ("ae", "", ("4",), (1, 1, 3)),
    ("ae_serious", NEUTROPENIA, ("3",), (1, 1, 1)),
    ("ae_related", "", (), (1, 1, 1)),
    ("astct", "CRS", ("1",), (1, 1, 1)),
    ("treated", "", (), (3, 2, 3)),
]


def test_safety_is_counted_over_all_sites(cast: Cast, people: dict[str, Subject]) -> None:
    for topic, line, levels, wanted in SAFETY:
        assert counted(cast, cast.coordinator, topic, line, *levels) == wanted, (topic, line, levels)


def test_the_table_of_terms_gives_the_worst_grade_of_each(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    lines = table(client, cast.stranger, "safety", "terms")
    assert (lines["Fever"]["Subjects"], lines["Fever"]["G2"], lines["Fever"]["G3"]) == ("2", "1", "1")
    assert lines["Fever"]["of treated"] == "66.7 %"
    emergent = table(client, cast.stranger, "safety", "terms", "&of=ae_emergent")
    assert (emergent["Fever"]["G1"], emergent["Fever"]["G3"]) == ("1", "0")


def test_behind_a_cell_stand_the_subjects_of_the_own_sites(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    text = read(client, cast.coordinator, f"{STUDY}cells/ae/?line={FEVER}")
    assert "Subjects at your sites: 1 of 2" in text
    assert f"/subjects/{people['ann'].pk}/adverse-events/" in text
    assert people["cai"].number not in text
    there = read(client, cast.stranger, f"{STUDY}cells/ae/?line={FEVER}&level=3")
    assert people["cai"].number in there
    assert people["ann"].number not in there


# MRD and response


def test_mrd_is_counted_at_each_visit(client: Client, cast: Cast, people: dict[str, Subject]) -> None:
    lines = table(client, cast.coordinator, "mrd", "verdicts")
    (after,) = [line for name, line in lines.items() if "induction" in name.lower()]
    assert (after["Tested"], after["Negative"], after["Positive"]) == ("3", "2", "1")
    assert after["Negative of tested"] == "66.7 %"
    assert after["95 % CI"] == "9.4–99.2"
    assert counted(cast, cast.coordinator, "mrd", "SCR.1", "POSITIVE") == (3, 2, 3)


def test_a_visit_that_is_over_without_mrd_is_missing(cast: Cast, people: dict[str, Subject]) -> None:
    assert counted(cast, cast.coordinator, "mrd", "IND_EOI1.1", "MISSING") == (0, 0, 0)
    fourth = treated(cast, cast.here)
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=fourth.pk))
        planned = PlannedVisit.objects.filter(subject=fourth, key="IND_EOI1")
        assert planned.update(target=on(22), earliest=on(20), latest=on(24)) == 1
    assert counted(cast, cast.coordinator, "mrd", "IND_EOI1.1", "MISSING") == (1, 1, 1)


def test_the_fall_of_mrd_keeps_not_detected_apart(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    lines = table(client, cast.coordinator, "mrd", "waterfall")
    assert set(lines) == {people["ann"].number, people["bo"].number}
    assert lines[people["bo"].number] == {
        "Subject": people["bo"].number,
        "log10 reduction": "2.30",
        "Result": "fell by 2 to 3 log10",
    }
    assert lines[people["ann"].number]["Result"] == "not detected"
    assert lines[people["ann"].number]["log10 reduction"].startswith("≥ ")
    assert counted(cast, cast.coordinator, "mrd_drop", "best", "NOT_DETECTED") == (2, 1, 2)


def test_responses_are_counted_with_their_share(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    best = table(client, cast.statistician, "response", "best")["Best response"]
    assert (best["Assessed"], best["CR"], best["Complete remission"], best["Share"]) == (
        "3",
        "3",
        "3",
        "100.0 %",
    )
    assert best["95 % CI"] == "29.2–100.0"


# Quality


def test_queries_and_verification_are_counted_by_site(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    before = counted(cast, cast.coordinator, "queries", "7")
    with acting(user=cast.monitor):
        open_query(slot=slot_of(people["ann"]), item="height", text="Measured?", by=cast.monitor)
        open_query(slot=slot_of(people["cai"]), item="height", text="Measured?", by=cast.monitor)
    after = counted(cast, cast.coordinator, "queries", "7")
    assert after[2] - before[2] == 2
    lines = table(client, cast.coordinator, "quality", "sites")
    here, elsewhere = (lines[str(site)]["Queries: up to 7 days"] for site in (cast.here, cast.elsewhere))
    assert int(here) + int(elsewhere) == after[2] == int(lines["All sites"]["Queries: up to 7 days"])
    listed = read(client, cast.coordinator, f"{STUDY}cells/queries/?line=7")
    assert people["ann"].number in listed
    assert people["cai"].number not in listed
    sites = table(client, cast.coordinator, "sites", "comparison")
    assert sites[str(cast.here)]["Screened"] == "2"
    assert sites[str(cast.here)]["Open queries per subject"] == f"{int(here) / 2:.1f}"
    assert sites["All sites"]["Serious adverse events"] == "1"


def test_the_database_draws_the_same_sample_for_verification(cast: Cast, people: dict[str, Subject]) -> None:
    for seed in ("one", "two", "three"):
        with acting(user=cast.data_manager):
            plan_verification(study=cast.study, sample_percent=50, seed=seed, by=cast.data_manager)
        with acting(user=cast.monitor):
            wanted = forms_of_the_plan(cast.study, cast.monitor).aggregate(Sum("items"))["items__sum"]
        with acting(user=cast.coordinator):
            assert cells_of(cast.study, "sdv", frozenset()).at("").n == wanted


def slot_of(subject: Subject) -> Slot:
    return Slot(subject.pk, LOG, "CYC")


# Treatment, subgroups, screen failures


def test_exposure_is_counted_by_phase_and_drug(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    ran = {"start": at("2026-02-10T08:00"), "stop": at("2026-02-12T08:00"), "rate": Decimal(28)}
    put(cast, people["ann"], "CYC", date(2026, 2, 10), phase="IND_BLINA", delay_reason="INFECTION", **BODY)
    put(cast, people["ann"], "BLI", date(2026, 2, 10), rows={"segments": [ran | {"stop_reason": "AE"}]})
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=people["ann"].pk))
    (infused,) = table(client, cast.stranger, "exposure", "blinatumomab").values()
    assert (infused["Subjects"], infused["Median, hours"], infused["Median, µg"]) == ("1", "48", "56")
    phases = table(client, cast.stranger, "exposure", "phase")
    assert sorted(line["All"] for line in phases.values()) == ["1", "3"]
    (late,) = table(client, cast.stranger, "exposure", "delay").values()
    assert late["Infection"] == "1"
    assert counted(cast, cast.stranger, "dose_change", "infusion", "AE") == (1, 0, 1)
    page = read(client, cast.coordinator, f"{STUDY}exposure/")
    assert "/cells/delay/?line=IND_BLINA&amp;level=INFECTION" in page
    listed = read(client, cast.coordinator, f"{STUDY}cells/delay/?line=IND_BLINA&level=INFECTION")
    assert f"/subjects/{people['ann'].pk}/treatment/" in listed


def test_subgroups_give_the_share_free_of_an_event(
    client: Client, hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    with acting(user=hsct_cast.monitor):
        bring_up_to_date(Subject.objects.all())
    client.force_login(hsct_cast.investigator)
    answer = client.get("/dashboards/VIP-BLINA-HSCT/forest/?endpoint=RFS&csv=forest")
    rows = {row[1]: row[2:] for row in csv.reader(StringIO(answer.content.decode("utf-8-sig")))}
    assert rows["All subjects"] == ["12", "6", "45.8 (16.9–71.0)"]
    assert [rows[hsct_cast.here.key][0], rows[hsct_cast.elsewhere.key][0]] == ["8", "4"]
    text = read(client, hsct_cast.investigator, "/dashboards/VIP-BLINA-HSCT/forest/?endpoint=RFS")
    assert "45.8 (16.9–71.0)" in text


def test_a_hazard_ratio_is_told_to_those_who_may_see_arms(client: Client, db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    for number, course in enumerate(COURSES[:8]):
        subject = subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm="AB"[number % 2])
        enter_course(subject, cast.coordinator, course)
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    address = "/dashboards/BLINA-INTENS/forest/"
    assert "Hazard ratio" in read(client, cast.statistician, address)
    blinded = read(client, cast.coordinator, address)
    assert "Hazard ratio" not in blinded
    assert "Free of event" in blinded


def test_screen_failures_lead_where_the_flow_leads(client: Client, db: None) -> None:
    crew = small_cast()
    subject = fill_in(screened(crew), crew.coordinator, Answers(nyha="II"))
    with acting(user=crew.coordinator):
        fail_screening(subject=subject, reason="not eligible: heart", by=crew.coordinator)
    address = f"/dashboards/{crew.study.key}/failures/"
    text = read(client, crew.coordinator, address)
    assert "1 of 1 screened subjects failed screening (100.0 %)" in text
    (link,) = set(re.findall(r'<a href="([^"]*failed_criterion[^"]*)" title="1 at your sites">', text))
    assert subject.number in read(client, crew.coordinator, unescape(link))
    there = read(client, crew.stranger, address)
    assert "000-E8" in there
    assert "failed_criterion/?" not in there


# Many subjects


def test_a_page_costs_as_many_queries_for_many_subjects_as_for_few(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    def cost(page: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            read(client, cast.monitor, f"{STUDY}{page}/")
        return len(caught)

    pages = [*PAGES, "cells/ae", "cells/overdue"]
    for page in pages:  # what is read once a process is read here
        cost(page)
    few = {page: cost(page) for page in pages}
    for term in (FEVER, NEUTROPENIA, "Anemia"):
        event(cast, treated(cast, cast.here), term, 2, 5)
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    assert {page: cost(page) for page in pages} == few


# Arms


def test_an_arm_is_shown_to_those_who_may_tell_arms_apart(db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    subject = treated_in(cast, "A")
    for part, told in (("coordinator", ""), ("statistician", "A")):
        with acting(user=cast.people()[part]):
            bring_up_to_date(Subject.objects.visible_to(cast.people()[part]))
            cells = cells_of(cast.study, "group", frozenset())
        assert {row.arm for row in cells.rows} == {told}, part
    with acting(user=cast.coordinator):
        assert len(BehindCells(cast.coordinator, cast.study, "group", "sex", arm="A")) == 0
    with acting(user=cast.data_manager):
        found = BehindCells(cast.data_manager, cast.study, "group", "sex", arm="A")
        assert [one.subject_id for one in found] == [subject.pk]
        assert found.subjects() == len(found) == 1


def test_a_blinded_role_cannot_ask_for_an_arm(client: Client, db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    treated_in(cast, "A")
    address = "/dashboards/BLINA-INTENS/safety/?arm=A"
    assert 'aria-current="true">Arm' not in read(client, cast.coordinator, address)
    assert "arms are pooled" in read(client, cast.coordinator, address)
    assert "?arm=A" in read(client, cast.statistician, address)


def treated_in(cast: Cast, arm: str) -> Subject:
    return subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm=arm)
