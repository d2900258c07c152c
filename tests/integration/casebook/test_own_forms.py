# ruff: noqa: E501 (tables are read across)
"""Items and forms that a protocol file declares: every type, range, condition, check and line, from page to export."""

import copy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests.cast import Cast, bare_subject
from tests.integration.amendments.versions import (
    ASSUMED,
    Change,
    add_form,
    form_of,
    loaded,
    moved,
    problems_in,
)
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed
from trialsite.casebook.form_types import form_type
from trialsite.casebook.models import ProtocolForm, ProtocolLine, Subject
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.review.queries import open_query
from trialsite.review.verification import verified_items, verify_items

DAY = date(2026, 1, 6)
YES = {"fact": "taken", "op": "=", "value": True}


def item(key: str, kind: str, **more: Any) -> dict[str, Any]:
    label = {"en": f"The {key}", "zh": f"项目{key}"}
    return {"key": key, "label": label, "type": kind, "required": False, **ASSUMED, **more}


def choices(*codes: str) -> list[dict[str, Any]]:
    return [{"code": code, "label": {"en": code.title(), "zh": f"选{code}"}} for code in codes]


ITEMS = (
    item("remark", "text"),
    item("steps", "integer", minimum="0", maximum="10", low="2", high="8"),
    item("share", "decimal", minimum="0"),
    item("creatinine", "quantity", analyte="creatinine", maximum="2000"),
    item("day", "date"),
    item("since", "partial_date"),
    item("hour", "time"),
    item("mood", "choice", choices=choices("GOOD", "BAD"), required=True, help={"en": "today", "zh": "今天"}),
    item("signs", "choices", choices=choices("FEVER", "RASH", "PAIN")),
    item("taken", "yes_no"),
    item("dose", "decimal", unit="mg", required=True, show_when=YES),
)
LINES = {
    "key": "tablets",
    "title": {"en": "Tablets", "zh": "药片"},
    "items": [
        item("count", "integer", required=True, minimum="1"),
        item("colour", "choice", choices=choices("RED", "BLUE")),
    ],
}
CHECKS = [
    {
        "key": "no_fever_when_good",
        "at": "mood",
        "holds": {"if": {"fact": "mood", "op": "=", "value": "GOOD"}, "then": {"fact": "steps", "op": ">=", "value": 1}},
        "says": {"en": "Good, but no step.", "zh": "状态良好但无步行。"},
        "hard": True,
    }
]  # fmt: skip
EXTRA = {
    "key": "VS",
    "title": {"en": "Items of this trial", "zh": "本试验项目"},
    "items": [
        item("grip", "decimal", unit="kg", minimum="0", high="60"),
        item("grip_why", "text", show_when={"fact": "grip", "op": ">", "value": 50}),
    ],
    "checks": [
        {
            "key": "weight_and_grip",
            "at": "grip",
            "holds": {"fact": "grip", "op": "<", "of": "weight"},
            "says": {"en": "A grip below the weight is expected.", "zh": "握力应低于体重。"},
            "hard": False,
        }
    ],
    **ASSUMED,
}


def with_lines(document: dict[str, Any]) -> None:
    form_of(document, "OWN").update(groups=[LINES], checks=CHECKS)


def with_extra(document: dict[str, Any]) -> None:
    document["forms"].append(EXTRA)


@pytest.fixture
def here(cast: Cast) -> Subject:
    version = loaded(cast, "1.1", add_form("OWN", "IND_D1", *ITEMS), with_lines, with_extra)
    return moved(cast, version, bare_subject(cast))[0]


def submit(cast: Cast, here: Subject, form: str = "OWN", *, rows: Any = None, **values: Any) -> Any:
    with acting(user=cast.coordinator):
        return submit_form(
            slot=Slot(here.pk, "IND_D1", form),
            values={"performed_on": DAY, **values},
            rows=rows or {},
            by=cast.coordinator,
            ask_about_soft=True,
        )


def at_the_desk(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.coordinator)
    return client


ALL = {
    "remark": "slept",
    "steps": 5,
    "share": Decimal("0.50"),
    "creatinine": Quantity.parse("<1.2", "mg/dL", "creatinine"),
    "day": date(2026, 1, 5),
    "since": PartialDate.parse("2025-11"),
    "mood": "GOOD",
    "signs": ["FEVER", "PAIN"],
    "taken": "yes",
    "dose": Decimal("12.5"),
}


def test_every_type_is_kept_exactly_as_entered(cast: Cast, here: Subject) -> None:
    record = submit(cast, here, **ALL)
    assert record.extra == {
        "remark": "slept",
        "steps": 5,
        "share": "0.50",
        "creatinine": {"text": "<1.2", "unit": "mg/dL", "canonical": "106.08"},
        "day": "2026-01-05",
        "since": "2025-11",
        "mood": "GOOD",
        "signs": ["FEVER", "PAIN"],
        "taken": "yes",
        "dose": "12.5",
    }


def test_lines_repeat_with_their_numbers(cast: Cast, here: Subject) -> None:
    record = submit(
        cast,
        here,
        mood="BAD",
        rows={"tablets": [{"count": 2, "colour": "RED"}, {"count": 1, "colour": None}]},
    )
    with acting(user=cast.coordinator):
        lines = [(one.line, one.group, one.extra) for one in ProtocolLine.objects.filter(record=record)]
    assert lines == [
        (1, "tablets", {"count": 2, "colour": "RED"}),
        (2, "tablets", {"count": 1, "colour": None}),
    ]


@pytest.mark.parametrize(
    ("values", "at", "sentence"),
    [
        ({"steps": -1}, "steps", "Accepted is from 0 to 10."),
        ({"steps": 11}, "steps", "Accepted is from 0 to 10."),
        ({"share": Decimal("-0.1")}, "share", "Accepted is at least 0."),
        ({"creatinine": Quantity.parse("2001", "umol/L", "creatinine")}, "creatinine", "Accepted is at most 2000 µmol/L."),
        ({"dose": Decimal(1)}, "dose", "This is not asked with the other answers as they stand"),
        ({"dose": Decimal(1), "taken": "no"}, "dose", "This is not asked with the other answers as they stand"),
        ({"mood": "GOOD", "steps": 0}, "mood", "Good, but no step."),
    ],
)  # fmt: skip
def test_what_is_impossible_is_refused_at_its_item(
    cast: Cast, here: Subject, values: dict[str, Any], at: str, sentence: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        submit(cast, here, **{"mood": "BAD", **values})
    assert refusal.value.messages[at].startswith(sentence)


@pytest.mark.parametrize(("steps", "unusual"), [(1, True), (2, False), (8, False), (9, True)])
def test_what_is_unusual_is_asked_about(cast: Cast, here: Subject, steps: int, unusual: bool) -> None:
    if not unusual:
        assert submit(cast, here, mood="BAD", steps=steps).extra["steps"] == steps
        return
    with pytest.raises(Asked) as asked:
        submit(cast, here, mood="BAD", steps=steps)
    assert [str(one.message) for one in asked.value.fired] == ["This is unusual: usually from 2 to 8."]
    assert asked.value.fired[0].message_zh != asked.value.fired[0].message_en


def test_a_line_has_its_range_too(cast: Cast, here: Subject) -> None:
    with pytest.raises(CheckFailed) as refusal:
        submit(cast, here, mood="BAD", rows={"tablets": [{"count": 2}, {"count": 0}]})
    assert refusal.value.messages == {"tablets.1.count": "Accepted is at least 1."}


def test_an_unknown_answer_fires_no_check(cast: Cast, here: Subject) -> None:
    assert (
        submit(cast, here, mood="GOOD").extra["steps"] is None if False else submit(cast, here, mood="GOOD")
    )


def test_items_added_to_a_form_of_every_trial_stand_on_it(cast: Cast, here: Subject) -> None:
    record = submit(cast, here, "VS", weight=Quantity.parse("60", "kg", "weight"), grip=Decimal("41.5"))
    assert (record.extra, str(record.weight)) == ({"grip": "41.5"}, "60 kg")


@pytest.mark.parametrize(("weight", "asks"), [("41.4", True), ("41.5", True), ("41.6", False)])
def test_their_checks_know_the_items_of_the_form(cast: Cast, here: Subject, weight: str, asks: bool) -> None:
    values = {"weight": Quantity.parse(weight, "kg", "weight"), "grip": Decimal("41.5")}
    if asks:
        with pytest.raises(Asked):
            submit(cast, here, "VS", **values)
    else:
        assert submit(cast, here, "VS", **values).extra["grip"] == "41.5"


@pytest.mark.parametrize(("language", "words"), [("en", "Items of this trial"), ("zh-hans", "本试验项目")])
def test_the_page_asks_for_them_in_the_readers_language(
    cast: Cast, here: Subject, language: str, words: str
) -> None:
    client = at_the_desk(cast)
    client.cookies["django_language"] = language
    page = client.get(Slot(here.pk, "IND_D1", "VS").url()).content.decode()
    assert words in page
    assert 'data-show-when="{' in page


def test_the_page_takes_what_is_typed_and_shows_it_again(cast: Cast, here: Subject) -> None:
    client, slot = at_the_desk(cast), Slot(here.pk, "IND_D1", "OWN")
    typed = {
        "performed_on": "2026-01-06",
        "mood": "BAD",
        "signs": ["FEVER", "RASH"],
        "hour": "07:30",
        "creatinine": "1.2",
        "creatinine_unit": "mg/dL",
        "since": "2025",
        "tablets-TOTAL_FORMS": "2",
        "tablets-INITIAL_FORMS": "0",
        "tablets-0-count": "3",
        "tablets-0-colour": "BLUE",
        "press": "submit",
        "base_version": "0",
    }
    refused = client.post(slot.url(), {**typed, "creatinine": "lots"})
    assert 'value="lots"' in refused.content.decode()
    assert 'value="07:30"' in refused.content.decode()
    assert client.post(slot.url(), typed).status_code == 302
    page = client.get(slot.url()).content.decode()
    for words in ("Fever, Rash", "07:30", "1.2 mg/dL", "2025", "Blue"):
        assert words in page
    assert "{&#x27;" not in page  # no value in the raw


def test_a_required_item_that_is_not_asked_may_stay_empty(cast: Cast, here: Subject) -> None:
    client, slot = at_the_desk(cast), Slot(here.pk, "IND_D1", "OWN")
    counts = {
        "tablets-TOTAL_FORMS": "0",
        "tablets-INITIAL_FORMS": "0",
        "press": "submit",
        "base_version": "0",
    }
    typed = {"performed_on": "2026-01-06", "mood": "BAD", **counts}
    asked = client.post(slot.url(), {**typed, "taken": "yes"}).content.decode()
    assert "Enter a value, or choose why there is none." in asked
    assert client.post(slot.url(), {**typed, "taken": "no"}).status_code == 302


def test_they_are_queried_verified_and_corrected_like_all_others(cast: Cast, here: Subject) -> None:
    record = submit(cast, here, **ALL, rows={"tablets": [{"count": 2, "colour": "RED"}]})
    slot = Slot(here.pk, "IND_D1", "OWN")
    kind = form_type("OWN", here)
    assert kind is not None
    with acting(user=cast.monitor):
        query = open_query(slot=slot, item="creatinine", text="Please look again.", by=cast.monitor)
        verify_items(opened=open_slot(slot, here, kind), items=["steps", "tablets.1.count"], by=cast.monitor)
    assert query.item == "creatinine"
    client = at_the_desk(cast)
    page = client.get(slot.url()).content.decode()
    assert "The creatinine" in page
    with acting(user=cast.coordinator):
        submit_form(
            slot=slot,
            values={"performed_on": DAY, **ALL, "steps": 6},
            rows={"tablets": [{"line": 1, "count": 2, "colour": "RED"}]},
            base_version=1,
            by=cast.coordinator,
            reason="transcription",
        )
        standing = verified_items(record.pk)
    assert "tablets.1.count" in standing
    assert "steps" not in standing
    trail = client.get(slot.history_url).content.decode()
    for words in ("The steps", "&lt;1.2 mg/dL", "Fever, Pain"):
        assert words in trail


def test_they_leave_by_api_and_csv(cast: Cast, here: Subject) -> None:
    submit(cast, here, **ALL, rows={"tablets": [{"count": 2, "colour": "RED"}]})
    client = at_the_desk(cast)
    form = client.get("/api/v1/forms/PROTOCOL/").json()["results"][0]
    assert form["extra"]["creatinine"]["canonical"] == "106.08"
    lines = client.get("/api/v1/forms/PROTOCOL/lines/").json()["results"]
    assert [(one["group"], one["extra"]) for one in lines] == [("tablets", {"count": 2, "colour": "RED"})]
    table = b"".join(client.get("/api/v1/forms/PROTOCOL/?format=csv").streaming_content).decode()  # type: ignore[arg-type]
    assert "106.08" in table
    slot = client.get(f"/api/v1/subjects/{here.pk}/slots/IND_D1.1/OWN.1/").json()
    assert slot["fields"]["signs"] == "FEVER,PAIN"
    assert slot["fields"]["creatinine"] == "<1.2"


def test_a_stranger_finds_nothing(cast: Cast, here: Subject) -> None:
    submit(cast, here, **ALL)
    client = Client()
    client.force_login(cast.stranger)
    assert client.get(Slot(here.pk, "IND_D1", "OWN").url()).status_code == 404
    assert client.get("/api/v1/forms/PROTOCOL/lines/").json()["results"] == []


def change_item(which: str, /, **settings: Any) -> Change:
    def change(document: dict[str, Any]) -> None:
        next(one for one in form_of(document, "OWN")["items"] if one["key"] == which).update(settings)

    return change


@pytest.mark.parametrize(
    ("change", "path", "part"),
    [
        (change_item("steps", minimum="11"), "forms[0].items[1].low", "must not be below minimum (11)"),
        (change_item("remark", minimum="1"), "forms[0].items[0].minimum", "Only numbers"),
        (change_item("creatinine", analyte="creatinin"), "forms[0].items[3].analyte", "creatinine"),
        (change_item("day", analyte="creatinine"), "forms[0].items[4]", "Items of type quantity need an `analyte`"),
        (change_item("mood", choices=choices("GOOD", "GOOD")), "forms[0].items[7].choices[1].code", "twice"),
        (change_item("dose", show_when={"fact": "taking", "op": "=", "value": True}), "forms[0].items[10].show_when", "taken"),
        (change_item("dose", show_when={"fact": "mood", "op": "=", "value": "SAD"}), "forms[0].items[10].show_when", "never SAD"),
        (change_item("dose", show_when={"fact": "dose", "op": ">", "value": 1}), "forms[0].items[10].show_when", "itself"),
        (change_item("dose", show_when={"fact": "steps", "op": "=", "value": "YES"}), "forms[0].items[10].show_when", "cannot be YES"),
        (change_item("steps", key="performed_on"), "forms[0].items[1].key", "already"),
    ],
)  # fmt: skip
def test_a_wrong_definition_is_told_with_its_path(cast: Cast, change: Change, path: str, part: str) -> None:
    document = copy.deepcopy(cast.version.document)
    document["forms"] = []
    for each in (add_form("OWN", "IND_D1", *copy.deepcopy(ITEMS)), change):
        each(document)
    found = {problem.path: problem.sentence for problem in problems_in(document)}
    assert any(one.startswith(path) and part in said for one, said in found.items()), found


def test_the_protocol_page_says_ranges_conditions_and_checks(cast: Cast, here: Subject) -> None:
    client = at_the_desk(cast)
    version = here.protocol_version
    page = client.get(reverse("protocol-version", args=[cast.study.key, version.version])).content.decode()
    assert "Asked only if The taken = yes" in page
    assert "Good, but no step." in page


def test_conditions_are_worded_in_chinese(cast: Cast, here: Subject) -> None:
    with translation.override("zh-hans"):
        kind = form_type("OWN", here)
        assert kind is not None
        assert "项目taken" in str(kind.form({}).fields["dose"].help_text)


def test_a_form_of_every_trial_without_additions_is_untouched(cast: Cast, here: Subject) -> None:
    plain = form_type("PE", here)
    assert plain is not None
    assert dict(plain.own) == {}
    with acting(user=cast.coordinator):
        assert not ProtocolForm.objects.exists()
