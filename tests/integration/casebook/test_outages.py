"""An outage of the system: recorded when it is over; forms about its days that come afterwards are late entries."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Outage, Subject
from trialsite.casebook.outages import outages_at, record_outage, source_of, withdraw_outage
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.models import Query

BEGAN = datetime(2026, 1, 9, 16, 30, tzinfo=UTC)  # 00:30 on 10 January at the site
ENDED = datetime(2026, 1, 12, 2, 0, tzinfo=UTC)  # 10:00 on 12 January


def out(cast: Cast, by: User | None = None, ended: datetime = ENDED, reason: str = "power cut") -> Outage:
    by = by or cast.coordinator
    with acting(user=by):
        return record_outage(
            study=cast.study, site=cast.here, began_at=BEGAN, ended_at=ended, by=by, reason=reason
        )


def vital_signs(cast: Cast, subject: Subject, day: date, pulse: str = "70") -> object:
    values = {"performed_on": day, "ecog": 1, "pulse": Quantity.parse(pulse, "/min", "pulse")}
    with acting(user=cast.coordinator):
        record = submit_form(slot=Slot(subject.pk, "SCR", "VS"), values=values, by=cast.coordinator)
        return source_of(record, subject).value


@pytest.mark.parametrize(
    ("day", "source"),
    [
        (date(2026, 1, 9), ""),
        (date(2026, 1, 10), "worksheet"),
        (date(2026, 1, 12), "worksheet"),
        (date(2026, 1, 13), ""),
    ],
)
def test_the_days_of_an_outage_are_those_of_the_site(
    cast: Cast, subject: Subject, day: date, source: str
) -> None:
    out(cast)
    assert vital_signs(cast, subject, day) == source


def test_a_late_entry_asks_nobody_and_is_marked_on_screen_and_in_exports(
    cast: Cast, subject: Subject, desk: Client
) -> None:
    out(cast)
    vital_signs(cast, subject, date(2026, 1, 11), pulse="200")
    with acting(user=cast.coordinator):
        assert not Query.objects.exists()
    page = desk.get(Slot(subject.pk, "SCR", "VS").url()).content.decode()
    assert "late entry from a worksheet: of 2026-01-11, entered on" in page
    (row,) = desk.get("/api/v1/forms/VS/").json()["results"]
    assert (row["performed_on"], row["entered_from"]) == ("2026-01-11", "worksheet")
    assert row["entered_at"] > row["performed_on"]
    csv = b"".join(desk.get("/api/v1/forms/VS/?format=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "worksheet" in csv


def test_many_rows_of_an_export_ask_for_outages_once(cast: Cast, subject: Subject, desk: Client) -> None:
    out(cast)
    vital_signs(cast, subject, date(2026, 1, 11))
    with CaptureQueriesContext(connection) as queries:
        assert desk.get("/api/v1/forms/VS/").status_code == 200
    assert sum("casebook_outage" in query["sql"] for query in queries) == 1


def test_what_was_recorded_wrongly_is_withdrawn_with_a_reason(cast: Cast, subject: Subject) -> None:
    outage = out(cast)
    with acting(user=cast.coordinator):
        with pytest.raises(CheckFailed):
            withdraw_outage(outage=outage, by=cast.coordinator, reason=" ")
        withdraw_outage(outage=outage, by=cast.coordinator, reason="the other hospital")
        with pytest.raises(Refused):
            withdraw_outage(outage=outage, by=cast.coordinator, reason="again")
        assert list(outages_at(subject)) == []
    assert vital_signs(cast, subject, date(2026, 1, 11)) == ""


def test_an_outage_is_over_and_has_a_reason(cast: Cast) -> None:
    for wrong, item in (
        ({"ended": BEGAN}, "ended_at"),
        ({"ended": timezone.now() + timedelta(hours=1)}, "ended_at"),
        ({"reason": " "}, "reason"),
        ({"reason": "ask 13812345678"}, "reason"),
    ):
        with pytest.raises(CheckFailed) as refusal:
            out(cast, **wrong)  # type: ignore[arg-type]
        assert list(refusal.value.messages) == [item]


def test_a_data_manager_records_one_and_others_do_not(cast: Cast) -> None:
    assert out(cast, by=cast.data_manager).site == cast.here
    for part in ("investigator", "monitor", "statistician", "inspector", "stranger"):
        with pytest.raises(PermissionDenied):
            out(cast, by=cast.people()[part])


def test_the_page_takes_times_of_the_site_and_shows_what_was_refused(cast: Cast, desk: Client) -> None:
    address = f"/studies/{cast.study.key}/outages/"
    typed = {"site": cast.here.key, "began_at": "2026-01-10 00:30", "ended_at": "noon", "reason": "power cut"}
    refused = desk.post(address, typed)
    assert refused.status_code == 422
    assert "Write the day and the time" in refused.content.decode()
    assert "power cut" in refused.content.decode()
    assert desk.post(address, typed | {"ended_at": "2026-01-12 10:00"}).status_code == 302
    with acting(user=cast.coordinator):
        outage = Outage.objects.get()
        assert (outage.began_at, outage.ended_at) == (BEGAN, ENDED)
    page = desk.get(address).content.decode()
    assert "2026-01-10 00:30" in page
    assert desk.post(f"{address}{outage.pk}/withdraw/", {"reason": ""}).status_code == 422
    assert desk.post(f"{address}{outage.pk}/withdraw/", {"reason": "wrong site"}).status_code == 302


def test_staff_of_another_site_see_no_outage_of_this_one(cast: Cast, client: Client) -> None:
    outage = out(cast)
    client.force_login(cast.stranger)
    address = f"/studies/{cast.study.key}/outages/"
    assert "power cut" not in client.get(address).content.decode()
    assert client.post(f"{address}{outage.pk}/withdraw/", {"reason": "x"}).status_code == 404
