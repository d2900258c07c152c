"""The second of two people in one form sees both versions; only what the second changed stands under their name."""

import random
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast
from tests.integration.assessments.entries import result
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.domain.merge import Choice
from trialsite.casebook.errors import CheckFailed, Conflict, LostUpdate
from trialsite.casebook.holds import Place, place_hold, take_hold_step
from trialsite.casebook.merging import Merge
from trialsite.casebook.models import Draft, Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

DAY = date(2026, 1, 6)
REPORT: dict[str, Any] = {
    "performed_on": DAY,
    "sample_time": time(8, 30),
    "laboratory": "Central",
    "comment": "",
}


def line(number: int | None, analyte: str, text: str, unit: str = "10*9/L", **more: Any) -> dict[str, Any]:
    return {"line": number, **result(analyte, text, unit), "lln": None, "uln": None, "comment": "", **more}


ANC, PLATELETS = line(1, "anc", "1.5"), line(2, "platelets", "20")


def submit(
    subject: Subject, by: User, lines: list[dict[str, Any]], base: int, merge: Merge | None = None,
    missing: Mapping[str, str] | None = None, **values: Any,
) -> Any:  # fmt: skip
    with acting(user=by):
        return submit_form(
            slot=Slot(subject.pk, "SCR", "HEM"),
            values=REPORT | values,
            rows={"results": lines},
            missing=missing,
            base_version=base,
            merge=merge,
            by=by,
            reason="typing error" if base or merge else "",
        )


def conflicts(subject: Subject, by: User, lines: list[Any], base: int, **more: Any) -> dict[str, Conflict]:
    with pytest.raises(LostUpdate) as refusal:
        submit(subject, by, lines, base, **more)
    return {one.item: one for one in refusal.value.conflicts}


def texts(record: Any) -> dict[int, str]:
    return {one.line: one.result.text for one in record.lines.filter(voided=False)}


def changed_by(who: User, since: int) -> set[tuple[str, str]]:
    """(table, column) of what the trail holds under a name, technical columns left out."""
    entries = Trail.objects.filter(user_id=who.pk, id__gt=since)
    return {
        (entry.table_name, column)
        for entry in entries
        for column in entry.changes
        if column != "version" and not column.endswith(("_value", "_canonical"))
    }


def last_entry() -> int:
    return Trail.objects.latest("id").pk


def test_different_items_are_shown_once_preselected_and_each_stays_under_its_authors_name(
    cast: Cast, subject: Subject
) -> None:
    submit(subject, cast.investigator, [ANC, PLATELETS], 0)
    submit(subject, cast.investigator, [ANC, line(2, "platelets", "30")], 1, laboratory="Ward")
    mine = [line(1, "anc", "1.7"), PLATELETS]
    seen = conflicts(subject, cast.coordinator, mine, 1, comment="haemolytic")
    assert {item: one.chosen for item, one in seen.items()} == {
        "laboratory": "theirs", "comment": "mine", "results.1.result": "mine", "results.2.result": "theirs",
    }  # fmt: skip
    assert (seen["laboratory"].who, seen["comment"].who) == ("Investigator", "")
    assert (seen["results.2.result"].who, seen["results.2.result"].base.text) == ("Investigator", "20")
    with acting(user=cast.coordinator):
        since = last_entry()
    record = submit(subject, cast.coordinator, mine, 1, Merge(2, {}), comment="haemolytic")
    with acting(user=cast.coordinator):
        assert (record.laboratory, record.comment, texts(record)) == (
            "Ward",
            "haemolytic",
            {1: "1.7", 2: "30"},
        )
        assert changed_by(cast.coordinator, since) == {
            ("assessments_labreport", "comment"),
            ("assessments_labresult", "result_text"),
        }


def test_the_same_item_must_be_chosen(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [ANC], 0)
    submit(subject, cast.investigator, [line(1, "anc", "1.6")], 1)
    mine = [line(1, "anc", "1.7")]
    with pytest.raises(LostUpdate) as refusal:
        submit(subject, cast.coordinator, mine, 1, Merge(2, {}))
    assert refusal.value.undecided == {"results.1.result"}
    theirs = submit(subject, cast.coordinator, mine, 1, Merge(2, {"results.1.result": Choice.THEIRS}))
    assert theirs.version == 2  # nothing of mine: nothing saved
    record = submit(subject, cast.coordinator, mine, 1, Merge(2, {"results.1.result": Choice.MINE}))
    with acting(user=cast.coordinator):
        assert texts(record) == {1: "1.7"}


def test_who_saves_a_third_time_is_seen_too(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [ANC], 0)
    submit(subject, cast.investigator, [ANC], 1, comment="second")
    submit(subject, cast.investigator, [ANC], 2, comment="third")
    decided = Merge(2, {"comment": Choice.MINE})
    seen = conflicts(subject, cast.coordinator, [ANC], 1, merge=decided, comment="mine")
    assert (seen["comment"].saved.value, seen["comment"].chosen) == ("third", "")


def test_two_first_entries_are_merged_printed_lines_by_their_analyte(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [line(None, "anc", "1.5"), line(None, "platelets", "20")], 0)
    mine = [line(None, "platelets", "21"), line(None, "wbc", "3")]
    seen = conflicts(subject, cast.coordinator, mine, 0, laboratory="Ward")
    assert {item: one.chosen for item, one in seen.items()} == {
        "laboratory": "", "results.1": "theirs", "results.2.result": "", "results.-2": "mine",
    }  # fmt: skip
    choices = {"laboratory": Choice.MINE, "results.2.result": Choice.MINE}
    record = submit(subject, cast.coordinator, mine, 0, Merge(1, choices), laboratory="Ward")
    with acting(user=cast.coordinator):
        assert texts(record) == {1: "1.5", 2: "21", 3: "3"}


def test_a_line_that_one_took_out_and_the_other_changed_is_asked_whole(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [ANC, PLATELETS], 0)
    submit(subject, cast.investigator, [ANC], 1)
    mine = [ANC, line(2, "platelets", "25")]
    seen = conflicts(subject, cast.coordinator, mine, 1)
    assert (seen["results.2"].saved, seen["results.2"].typed["result"].text, seen["results.2"].chosen) == (
        None, "25", "",
    )  # fmt: skip
    record = submit(subject, cast.coordinator, mine, 1, Merge(2, {"results.2": Choice.MINE}))
    with acting(user=cast.coordinator):
        assert texts(record) == {1: "1.5", 2: "25"}


def test_why_an_item_is_empty_is_part_of_its_answer(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [ANC], 0)
    submit(subject, cast.investigator, [ANC], 1, missing={"sample_time": "UNKNOWN"}, sample_time=None)
    seen = conflicts(subject, cast.coordinator, [ANC], 1, comment="mine")
    assert (seen["sample_time"].saved.why, seen["sample_time"].chosen) == ("UNKNOWN", "theirs")
    record = submit(subject, cast.coordinator, [ANC], 1, Merge(2, {}), comment="mine")
    assert (record.sample_time, record.missing, record.comment) == (None, {"sample_time": "UNKNOWN"}, "mine")


def test_a_freeze_meanwhile_is_no_reason_to_ask(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [ANC], 0)
    with acting(user=cast.data_manager):
        place = Place.of_slot(subject, Slot(subject.pk, "SCR", "HEM"))
        frozen = place_hold(place=place, kind="freeze", by=cast.data_manager)
        take_hold_step(hold_id=frozen.pk, action="unfreeze", by=cast.data_manager, reason="too early")
    assert submit(subject, cast.coordinator, [ANC], 1, comment="mine").comment == "mine"


def test_checks_and_reasons_hold_for_what_was_merged(cast: Cast, subject: Subject) -> None:
    submit(subject, cast.investigator, [ANC], 0)
    submit(subject, cast.investigator, [line(1, "anc", "1.5", lln=5)], 1)
    mine = [line(1, "anc", "1.5", uln=2)]
    with pytest.raises(CheckFailed):
        submit(subject, cast.coordinator, mine, 1, Merge(2, {}))
    with acting(user=cast.coordinator), pytest.raises(CheckFailed) as refusal:
        submit_form(
            slot=Slot(subject.pk, "SCR", "HEM"), values=REPORT | {"comment": "x"}, rows={"results": mine},
            base_version=1, merge=Merge(2, {"results.1.uln": Choice.THEIRS}), by=cast.coordinator,
        )  # fmt: skip
    assert list(refusal.value.messages) == ["reason"]


@pytest.mark.parametrize("seed", range(25))
def test_random_edits_of_two_lose_nothing_unseen_and_are_attributed_rightly(
    cast: Cast, subject: Subject, seed: int
) -> None:
    draw = random.Random(seed)
    analytes = ["anc", "platelets", "wbc"]

    def edited(lines: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        kept = []
        for one in lines:
            other = {"result": Quantity.parse(str(draw.randint(1, 9)), "10*9/L", one["analyte"])}
            if draw.random() < 0.8:
                kept.append(one | (other if draw.random() < 0.5 else {}))
        values = {name: draw.choice("pqr") for name in ("laboratory", "comment") if draw.random() < 0.5}
        return kept, values

    start = [line(number, analyte, "5") for number, analyte in enumerate(analytes, start=1)]
    submit(subject, cast.investigator, start, 0)
    first, first_values = edited(start)
    version = submit(subject, cast.investigator, first, 1, **first_values).version
    second, second_values = edited(start)
    with acting(user=cast.coordinator):
        since = last_entry()
    try:
        record = submit(subject, cast.coordinator, second, 1, **second_values)
        shown: dict[str, Conflict] = {}
        choices: dict[str, Choice] = {}
    except LostUpdate as refusal:
        shown = {one.item: one for one in refusal.conflicts}
        choices = {item: draw.choice(list(Choice)) for item, one in shown.items() if not one.chosen}
        record = submit(subject, cast.coordinator, second, 1, Merge(version, choices), **second_values)
    with acting(user=cast.coordinator):
        for name in ("laboratory", "comment"):
            side = {"theirs": first_values, "mine": second_values}
            if name in shown:
                winner = choices.get(name, shown[name].chosen)
                assert getattr(record, name) == side[winner].get(name, REPORT[name])
            else:
                assert getattr(record, name) in {
                    second_values.get(name, REPORT[name]), first_values.get(name, REPORT[name])
                }  # fmt: skip
        saved = texts(record)
        for lines, who in ((first, "theirs"), (second, "mine")):
            for one in lines:
                place = f"results.{one['line']}"
                kept = saved.get(one["line"]) == one["result"].text
                seen_at = [shown[p] for p in (place, f"{place}.result") if p in shown]
                assert (
                    kept or (seen_at and choices.get(seen_at[0].item, seen_at[0].chosen) != who) or not shown
                )
        mine_now = changed_by(cast.coordinator, since)
        if not second_values:
            assert not {("assessments_labreport", name) for name in ("laboratory", "comment")} & mine_now


# The page


TYPED = {"performed_on": "2026-01-06", "weight": "70", "weight_unit": "kg", "ecog": "1"}
CORRECTED = {"press": "submit", "base_version": "1", "reason": "typing error"}


@pytest.fixture
def desks(cast: Cast, subject: Subject) -> tuple[Client, Client]:
    """Coordinator and investigator, both with the form open."""
    first, second = Client(), Client()
    first.force_login(cast.investigator)
    second.force_login(cast.coordinator)
    url = Slot(subject.pk, "SCR", "VS").url()
    first.post(url, TYPED | {"press": "submit", "base_version": "0"})
    first.post(url, TYPED | CORRECTED | {"weight": "71"})
    return first, second


def test_the_page_shows_who_and_what_and_saves_in_one_step(
    cast: Cast, subject: Subject, desks: tuple[Client, Client]
) -> None:
    url = Slot(subject.pk, "SCR", "VS").url()
    mine = TYPED | CORRECTED | {"ecog": "2"}
    answer = desks[1].post(url, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "71 kg" in page
    assert "Investigator" in page
    assert 'name="choice__weight" value="theirs" checked' in page
    assert 'name="choice__ecog" value="mine" checked' in page
    with acting(user=cast.coordinator):
        assert Draft.objects.get().base_version == 1
    done = desks[1].post(
        url, mine | {"merge_version": "2", "choice__weight": "theirs", "choice__ecog": "mine"}
    )
    assert done.status_code == 302
    read = desks[1].get(url).content.decode()
    assert "71 kg" in read
    with acting(user=cast.coordinator):
        last = Trail.objects.filter(table_name="assessments_vitalsigns").latest("id")
        assert (set(last.changes), last.user_id) == ({"ecog", "version"}, cast.coordinator.pk)
        assert not Draft.objects.exists()


def test_a_missing_reason_or_a_refused_value_comes_back_to_the_merge(
    subject: Subject, desks: tuple[Client, Client]
) -> None:
    url = Slot(subject.pk, "SCR", "VS").url()
    chosen = TYPED | CORRECTED | {"ecog": "2", "merge_version": "2"}
    for wrong, sentence in (
        ({"reason": ""}, "Say why"),
        ({"reason": "other"}, "Say in your words why"),
        ({"weight": "1000", "choice__weight": "mine"}, "No living person"),
    ):
        answer = desks[1].post(url, chosen | wrong)
        page = answer.content.decode()
        assert answer.status_code == 409, wrong
        assert sentence in page
        assert 'name="merge_version" value="2"' in page
