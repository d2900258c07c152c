"""Whatever an amendment changes: no stored answer goes, and every one is still shown and exported."""

import csv
from collections.abc import Iterator
from copy import deepcopy
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.cast import Cast
from tests.integration.treatment.subjects import DAY1, enrolled, start
from trialsite.amendments.activation import move_subjects
from trialsite.audit import acting
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.selectors import records_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from .test_kept import TLS, halve_doses, tls
from .versions import (
    Change,
    activate,
    add_form,
    add_item,
    add_visit,
    drop_form,
    drop_item,
    drop_visit,
    loaded,
    problems_in,
    widen,
)

FREE_VISITS = ["C1_D4", "C1_D8", "C1_D1"]
ITEM = {
    "key": "hours",
    "label": {"en": "Hours", "zh": "小时"},
    "type": "decimal",
    "unit": "h",
    "required": True,
}
ITEM |= {"source": "assumption", "cite": "made up"}


def drop_criterion(document: dict[str, Any]) -> None:
    document["criteria"].pop()


def move(key: str, days: int) -> Change:
    def change(document: dict[str, Any]) -> None:
        for visit in document["visits"]:
            if visit["key"] == key and visit.get("offset_days") is not None:
                visit["offset_days"] += days

    return change


def once(change: Change) -> Change:
    """A change that is left out where there is nothing left to change."""

    def careful(document: dict[str, Any]) -> None:
        before = deepcopy(document)
        try:
            change(document)
        except (StopIteration, ValueError):
            document.clear()
            document.update(before)

    return careful


CHANGES = st.one_of(
    st.sampled_from(FREE_VISITS).map(drop_visit),
    st.builds(move, st.sampled_from(FREE_VISITS), st.integers(-2, 5)),
    st.builds(widen, st.sampled_from(FREE_VISITS), st.integers(0, 4), st.integers(0, 4)),
    st.integers(4, 12).map(lambda days: add_visit("C1_D4", f"NEW_D{days}", days)),
    st.sampled_from(sorted(TLS)).map(lambda key: drop_item("TLS", key)),
    st.sampled_from(["lactate", "sodium"]).map(lambda key: add_item("TLS", key)),
    st.just(drop_form("TLS")),
    st.sampled_from(["SLEEP", "PAIN"]).map(lambda key: add_form(key, "C1_D1", ITEM)),
    st.just(halve_doses),
    st.just(drop_criterion),
)
AMENDMENTS = st.lists(CHANGES, min_size=1, max_size=5)


def unrepeated(document: dict[str, Any]) -> None:
    """A key that two changes added stands once."""
    for part in ("visits", "forms"):
        found = {one["key"]: one for one in reversed(document[part])}
        document[part] = [one for one in document[part] if found.get(one["key"]) is one]
    for form in document["forms"]:
        form["items"] = list({one["key"]: one for one in form["items"]}.values())
    if all(form["key"] != "TLS" for form in document["forms"]):
        drop_form("TLS")(document)
    for visit in document["visits"]:
        for part in ("required", "optional"):
            if part in visit:
                visit[part] = list(dict.fromkeys(visit[part]))
    asked = {
        key
        for visit in document["visits"]
        for part in ("required", "optional")
        for key in visit.get(part, ())
    }
    document["forms"] = [form for form in document["forms"] if form["key"] in asked]


def accepted(cast: Cast, changes: list[Change]) -> bool:
    """Whether the check of protocol files has nothing against the file with these changes."""
    document = deepcopy(cast.version.document)
    for change in changes:
        change(document)
    return problems_in(document) == []


class TakenBack(Exception):
    """Ends an example without leaving anything behind."""


@pytest.fixture
def cast(ven_cast: Cast) -> Cast:
    return ven_cast


def answers_stored(cast: Cast) -> list[tuple[str, str, str]]:
    with acting(role="system"):
        return [
            (str(one.pk), item, str(value))
            for one in ProtocolForm.objects.order_by("pk")
            for item, value in sorted(one.extra.items())
        ]


def answers_exported(client: Client) -> Iterator[tuple[str, str, str]]:
    told = client.get("/api/v1/forms/PROTOCOL/?format=csv")
    content = b"".join(told.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    for row in csv.DictReader(StringIO(content)):
        for pair in row["extra"].split(";"):
            item, _is, value = pair.partition("=")
            yield row["id"], item, value


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(AMENDMENTS, min_size=1, max_size=2))
def test_no_amendment_loses_an_answer(cast: Cast, client: Client, steps: list[list[Change]]) -> None:
    try:
        with transaction.atomic():
            subject = enrolled(cast)
            start(cast, subject, "C1")
            for visit in ("SCR", "C1_D4"):
                tls(cast, subject, visit)
            with acting(user=cast.coordinator):
                slot = Slot(subject.pk, "C1_D8", "VS")
                submit_form(slot=slot, values={"performed_on": DAY1, "ecog": 1}, by=cast.coordinator)
                before = records_of(subject)
            stored = answers_stored(cast)
            for number, changes in enumerate(steps, start=2):
                together = [*(once(one) for one in changes), unrepeated]
                assume(accepted(cast, together))  # an item may go that a dose rests on: no such file is taken
                version = loaded(cast, f"{number}.0", *together)
                activate(cast, version, on=date(2024, 6, number))
                move_subjects(cast.study.pk, cast.here.pk)
            assert answers_stored(cast) == stored
            look_at_everything(cast, client, subject, before, stored)
            raise TakenBack
    except TakenBack:
        pass


def look_at_everything(
    cast: Cast, client: Client, subject: Subject, before: list[Any], stored: list[tuple[str, str, str]]
) -> None:
    """Every form opens, the casebook links to it, every answer stands on its page and in the export."""
    client.force_login(cast.coordinator)
    casebook = client.get(f"/subjects/{subject.pk}/").content.decode()
    pages = {}
    for line in before:
        url = line.slot(subject.pk).url()
        page = client.get(url)
        assert page.status_code == 200, url
        assert url in casebook, url
        pages[str(line.id)] = page.content.decode()
    for record, item, value in stored:
        shown = {"BEFORE": "Before the dose", "no": "No"}.get(value, value)
        assert shown in pages[record], (item, value)
    assert set(stored) <= set(answers_exported(client))
