"""A correction that moves visits: shown with before and after, kept only when that was confirmed, without scripts."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from assessments.models import PlannedVisit
from assessments.visits.selectors import planned
from tests.cast import Cast
from tests.integration.casebook.page_fields import fields_of
from tests.integration.treatment.subjects import enrolled, start
from treatment.models import CycleStart
from trialsite.audit import acting
from trialsite.casebook.models import Draft, Subject
from trialsite.casebook.projections import refresh
from trialsite.casebook.services import save_draft
from trialsite.casebook.slots import Slot

from .entries import counts, enter

FIRST, CORRECTED = date(2026, 1, 12), date(2026, 1, 14)


@pytest.fixture(autouse=True)
def day_eight() -> Iterator[object]:
    with time_machine.travel(datetime(2026, 1, 20, 12, tzinfo=ZoneInfo("Asia/Shanghai")), tick=False) as now:
        yield now


@pytest.fixture
def began(cast: Cast) -> CycleStart:
    """Treatment began on 12 January; the visit of day 4 was done on the 15th."""
    subject = enrolled(cast)
    record = start(cast, subject, "IND_CHEMO", FIRST)
    counts(cast, subject, date(2026, 1, 15), "1", "100", visit="IND_D4")
    return record


def targets(cast: Cast, subject: Subject) -> dict[str, date | None]:
    with acting(user=cast.coordinator):
        refresh(subject)
        return {
            visit.key: visit.target
            for visit in planned(cast.coordinator).filter(subject=subject, repeat=1, waits_for="")
        }


def typed(desk: Client, url: str, on: date) -> dict[str, Any]:
    """The form as it stands, with another first day."""
    fields = fields_of(desk.get(f"{url}?edit=1").content.decode(), "entry")
    assert fields["performed_on"] == FIRST.isoformat()
    return fields | {
        "performed_on": on.isoformat(),
        "reason": "typing error",
        "reason_text": "day misread",
        "press": "submit",
    }


def test_a_correction_is_kept_only_after_what_it_moves_was_shown(
    desk: Client, cast: Cast, began: CycleStart
) -> None:
    url, subject = Slot.of_record(began).url(), began.subject
    before = targets(cast, subject)
    asked = desk.post(url, typed(desk, url, CORRECTED))
    page = asked.content.decode()
    assert asked.status_code == 200
    assert "Visits move" in page
    assert "Induction day 8" in page
    assert "2026-01-19" in page, "where it stood"
    assert "2026-01-21" in page, "where it will stand"
    assert "<script" not in page.split("<form")[1]
    assert targets(cast, subject) == before, "nothing was saved yet"
    answer = desk.post(url, fields_of(page, "form-actions"), follow=True)
    assert "visits that have not begun move" in answer.content.decode()
    after = targets(cast, subject)
    assert (before["IND_D8"], after["IND_D8"]) == (date(2026, 1, 19), date(2026, 1, 21))
    with acting(user=cast.coordinator):
        assert PlannedVisit.objects.get(subject=subject, key="IND_D4").done_on == date(2026, 1, 15)
        assert not Draft.objects.exists()


def test_a_visit_that_has_begun_is_not_in_the_list(desk: Client, began: CycleStart) -> None:
    url = Slot.of_record(began).url()
    page = desk.post(url, typed(desk, url, CORRECTED)).content.decode()
    assert "Induction day 15" in page
    assert "Induction day 4" not in page


def test_the_way_back_shows_what_was_typed(desk: Client, began: CycleStart) -> None:
    url = Slot.of_record(began).url()
    page = desk.post(url, typed(desk, url, CORRECTED)).content.decode()
    assert f'href="{url}?edit=1"' in page
    back = fields_of(desk.get(f"{url}?edit=1").content.decode(), "entry")
    assert back["performed_on"] == CORRECTED.isoformat()


def test_what_moves_is_shown_in_chinese(desk: Client, began: CycleStart) -> None:
    url = Slot.of_record(began).url()
    told = typed(desk, url, CORRECTED)
    desk.cookies["django_language"] = "zh-hans"
    page = desk.post(url, told).content.decode()
    assert "诱导第8天" in page
    assert "Visits move" not in page


def test_a_correction_that_moves_nothing_asks_nothing(desk: Client, began: CycleStart) -> None:
    url = Slot.of_record(began).url()
    told = typed(desk, url, FIRST) | {"weight": "71"}
    assert desk.post(url, told).status_code == 302


def test_voiding_the_first_day_asks_too(desk: Client, cast: Cast, began: CycleStart) -> None:
    url, subject = Slot.of_record(began).url(), began.subject
    page = desk.post(f"{url}void/", {"reason": "entered twice"}).content.decode()
    assert "Visits move" in page
    assert "IND_D8" in targets(cast, subject)
    desk.post(f"{url}void/", fields_of(page, "form-actions"))
    assert "IND_D8" not in targets(cast, subject)


def test_a_stranger_finds_nothing_to_correct(client: Client, cast: Cast, began: CycleStart) -> None:
    url = Slot.of_record(began).url()
    client.force_login(cast.stranger)
    assert client.post(url, {"performed_on": "2026-01-14", "confirmed": "1"}).status_code == 404


# One more form at a visit, and the visits of the timeline


def test_a_second_form_of_a_kind_is_entered_at_the_same_visit(
    desk: Client, cast: Cast, subject: Subject
) -> None:
    counts(cast, subject, date(2026, 1, 6), "1", "100")
    first = Slot(subject.pk, "SCR", "HEM")
    assert first.another_url in desk.get(first.url()).content.decode()
    second = desk.get(first.another_url)
    assert second["Location"] == Slot(subject.pk, "SCR", "HEM", 1, 2).url()
    assert "number 2 of this visit" in desk.get(second["Location"]).content.decode()
    with acting(user=cast.coordinator):
        save_draft(slot=Slot(subject.pk, "SCR", "HEM", 1, 2), typed={}, base_version=0, by=cast.coordinator)
    page = desk.get(f"/subjects/{subject.pk}/").content.decode()
    assert first.url() in page
    assert second["Location"] in page


def test_a_form_that_stands_once_has_no_second(desk: Client, cast: Cast, subject: Subject) -> None:
    enter(cast, subject, "PE", date(2026, 1, 6), heart="ABNORMAL", findings="systolic murmur")
    slot = Slot(subject.pk, "SCR", "PE")
    assert slot.another_url not in desk.get(slot.url()).content.decode()
    assert desk.get(slot.another_url).status_code == 404


@pytest.mark.parametrize("part", ["stranger", "administrator"])
def test_others_open_no_further_form(client: Client, cast: Cast, subject: Subject, part: str) -> None:
    client.force_login(cast.people()[part])
    assert client.get(Slot(subject.pk, "SCR", "HEM").another_url).status_code == 404


def test_visits_stand_on_the_timeline_with_their_windows(desk: Client, began: CycleStart) -> None:
    page = desk.get(f"/subjects/{began.subject_id}/").content.decode()
    assert "kind-visit_done" in page
    assert "kind-visit_due" in page
    assert re.search(r"· begun, \d forms? open · 2026-01-15 \(2026-01-14 – 2026-01-16\)", page)
    assert 'href="#visit-IND_D8.1"' in page
    assert 'id="visit-IND_D8.1"' in page


# The interface of programs


@pytest.mark.parametrize("part", ["stranger", "administrator"])
def test_planned_visits_of_another_site_are_not_in_the_interface(
    client: Client, cast: Cast, began: CycleStart, part: str
) -> None:
    client.force_login(cast.coordinator)
    found = client.get(f"/api/v1/visits/?subject={began.subject_id}").json()["results"]
    assert {"IND_D8", "IND_D15"} <= {row["key"] for row in found}
    client.force_login(cast.people()[part])
    answer = client.get(f"/api/v1/visits/?subject={began.subject_id}")
    assert answer.status_code in (403, 404) or answer.json()["results"] == []


@pytest.mark.parametrize("part", ["stranger", "administrator"])
def test_others_add_no_visit_and_say_no_day(client: Client, cast: Cast, subject: Subject, part: str) -> None:
    client.force_login(cast.people()[part])
    address = f"/subjects/{subject.pk}/visits/add/"
    assert client.get(address).status_code == 404
    assert client.post(address, {"on": "2026-01-20"}).status_code == 404
    assert client.post(f"/studies/BLINA-FULL/working-days/{uuid4()}/withdraw/").status_code == 404
