"""Every registered form by service, page and API: the same entry, the same saved record."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from django.test import Client

from tests.cast import document_of, make_cast
from tests.integration.treatment.subjects import enrolled
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.items import values_of
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot, rows_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.demo.stories.story import Entry
from trialsite.demo.stories.telling import TRIALS, story
from trialsite.studies.domain.protocol import Protocol

from .desk import api, put, sentences_on

TOLD_ON = date(2026, 11, 1)
ENROLLED_ON = date(2026, 1, 11)  # as `enrolled` makes a subject: nothing of the log lies before
SUBJECTS = 8
UNTOLD: dict[str, dict[str, Any]] = {  # forms of which no story of these tells
    "BCA": {"cd19_cells": Decimal("3.50"), "igg": Quantity.parse("4.2", "g/L", "igg"), "ivig": True},
    "CALL": {"call_result": "NOT_REACHED", "comment": "nobody answered"},
    "CM": {"medicine": "Paracetamol", "indication": "fever", "started": PartialDate.parse("2026-03")},
    "CTX": {"told_by": "LETTER", "comment": "one dose of tocilizumab"},
    "DEV": {"deviation_class": "MINOR", "what": "A visit two days late"},
    "IMG": {"modality": "CT", "region": "chest", "finding": "NORMAL"},
    "REL": {
        "onset": PartialDate.parse("2026-02"),
        "relapse_site": "MARROW",
        "bm_blast_pct": Quantity.parse("35", "%", "blasts"),
        "cd19_negative": True,
    },
    "REF": {"kind": "HSCT", "hospital": "Riverside Hospital", "planned_on": date(2026, 4, 1)},
    "SPM": {
        "diagnosed_on": PartialDate.parse("2026-02"),
        "malignancy_kind": "SOLID",
        "malignancy_text": "Papillary carcinoma of the thyroid",
        "histology": True,
    },
    "TF": {"product": "PLT", "units": Decimal("1.50"), "reason": "platelets below 10"},
    "WD": {"degree": "TREATMENT"},
}


@cache
def told() -> dict[str, tuple[str, Entry]]:
    """Form → study and entry: the one of the invented subjects that says most."""
    found: dict[str, tuple[str, Entry]] = {}
    for study in TRIALS:
        for entry in entries_of(study):
            best = found.get(entry.form)
            if entry.on > ENROLLED_ON and (best is None or content(entry) > content(best[1])):
                found[entry.form] = (study, entry)
    return found


def entries_of(study: str) -> Iterator[Entry]:
    protocol = Protocol.from_document(document_of(study))
    for number in range(1, SUBJECTS + 1):
        one = story(protocol, number, SUBJECTS, "by api", TOLD_ON)
        yield from (*one.screening, *one.entries.get(protocol.arms[0].key, ()))


def content(entry: Entry) -> int:
    return len(entry.values) + sum(len(line) for lines in entry.rows.values() for line in lines)


def entry_of(key: str) -> tuple[str, Entry]:
    """An invented entry of a form, with its study."""
    if key in UNTOLD:
        return "BLINA-FULL", Entry(LOG, key, date(2026, 3, 1), UNTOLD[key])
    return told()[key]


def test_there_is_an_entry_of_every_form() -> None:
    assert set(told()) | set(UNTOLD) >= set(forms)


def saved(subject: Subject, slot: Slot, by: User) -> dict[str, Any]:
    with acting(user=by):
        opened = open_slot(slot, subject, forms[slot.form_key])
        lines = rows_of(opened.kind, opened.record)
        return {
            "items": values_of(opened.record),
            "missing": opened.record.missing,
            "lines": {name: [values_of(line) for line in found] for name, found in lines.items()},
        }


def adverse_event(subject: Subject, by: User) -> None:
    told = {"term": "Febrile neutropenia", "onset": PartialDate.parse("2026-03-01"), "serious": True}
    with acting(user=by):
        submit_form(
            slot=Slot(subject.pk, LOG, "AE"),
            values={"performed_on": date(2026, 3, 1), **told},
            rows={"track": [{"since": PartialDate.parse("2026-03-01"), "grade": 3}]},
            by=by,
        )


def as_new(shown: dict[str, str]) -> dict[str, str]:
    """The fields of a saved form as typed into an empty one: its lines without their numbers, blank ones left out."""
    numbers = {name.removesuffix("line"): text for name, text in shown.items() if name.endswith("-line")}
    blank = tuple(line for line, text in numbers.items() if not text)
    kept = {name: text for name, text in shown.items() if not name.startswith(blank)}
    return {name: "" if name.endswith("-line") else text for name, text in kept.items()}


def by_page(client: Client, slot: Slot, fields: dict[str, str]) -> None:
    counts = {}
    for row in forms[slot.form_key].rows:
        lines = [name for name in fields if name.startswith(f"{row.name}-") and name.endswith("-line")]
        counts |= {f"{row.name}-TOTAL_FORMS": str(len(lines)), f"{row.name}-INITIAL_FORMS": "0"}
    typed = fields | counts | {"base_version": "0", "press": "submit"}
    answer = client.post(slot.url(), typed)
    if answer.status_code == 422:
        asked = {question.name: "" for question in answer.context["questions"]}
        answer = client.post(slot.url(), typed | asked)
    assert answer.status_code == 302, sentences_on(answer.content.decode())


def by_api(client: Client, slot: Slot, fields: dict[str, str]) -> dict[str, Any]:
    answer = put(client, slot, fields)
    if answer.status_code == 422:
        answer = put(client, slot, fields, comments=dict.fromkeys(answer.json()["asked"], ""))
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


@pytest.mark.parametrize("key", sorted(forms))
def test_every_form_is_saved_alike_by_service_page_and_api(db: None, client: Client, key: str) -> None:
    study, entry = entry_of(key)
    cast = make_cast(study)
    by = cast.investigator
    subjects = [enrolled(cast) for _way in range(3)]
    values = dict(entry.values)
    if key == "SAE":  # the report is of an event that stands
        values["event"] = 1
        for one in subjects:
            adverse_event(one, by)
    slots = [Slot(one.pk, entry.visit, key, entry.visit_repeat) for one in subjects]
    with acting(user=by):
        submit_form(
            slot=slots[0],
            values={"performed_on": entry.on, **values},
            rows=entry.rows,
            missing=entry.missing,
            by=by,
        )
    client.force_login(by)
    fields = as_new(client.get(api(slots[0])).json()["fields"])
    by_page(client, slots[1], fields)
    answer = by_api(client, slots[2], fields)
    of_service, of_page, of_api = (saved(*one, by) for one in zip(subjects, slots, strict=True))
    assert of_api == of_page == of_service
    again = put(client, slots[2], answer["fields"], base_version=1)
    assert (again.status_code, again.json()["version"]) == (200, 1)
