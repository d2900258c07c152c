"""The calendar's months, days off and suggestions; the sites' own days; the feed of a person."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from assessments.models import CalendarFeed, SiteDay
from assessments.visits.calendar_page import Filters, calendar_day, calendar_month
from assessments.visits.feeds import close_feed, open_feed, reader_of
from assessments.visits.selectors import fresh, visits_due
from assessments.visits.site_days import record_site_days, withdraw_site_day
from assessments.visits.working_days import calendar_of, remind_on
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail
from trialsite.casebook.added_visits import add_visit
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture(autouse=True)
def before_the_festival() -> Iterator[object]:
    """A Friday; Spring Festival of 2026 is from 02-16 to 02-23, Saturday 02-14 is worked."""
    at = datetime(2026, 2, 13, 12, tzinfo=SHANGHAI)
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize(("day", "hour", "monday"), [(15, 23, "2026-02-09"), (16, 0, "2026-02-16")])
def test_this_week_is_that_of_the_sites_day(
    client: Client, cast: Cast, before_the_festival: Any, day: int, hour: int, monday: str
) -> None:
    before_the_festival.move_to(datetime(2026, 2, day, hour, tzinfo=SHANGHAI))  # both are Sunday in UTC
    client.force_login(cast.coordinator)
    assert str(client.get("/calendar/").context["first"]) == monday


def visit_on(cast: Cast, subject: Subject, on: date) -> Any:
    with acting(user=cast.coordinator):
        return add_visit(
            subject_id=subject.pk, on=on, forms=["VS", "HEM"], by=cast.coordinator, reason="fever"
        )


def closed(
    cast: Cast, first: str, last: str = "", by: User | None = None, kind: str = "CLOSED"
) -> list[SiteDay]:
    by = by or cast.coordinator
    with acting(user=by):
        days = (date.fromisoformat(first), date.fromisoformat(last or first))
        return record_site_days(
            study=cast.study,
            site=cast.here,
            first=days[0],
            last=days[1],
            kind=kind,
            by=by,
            reason="ward is painted",
        )


# Days of a site


def test_a_site_says_that_it_is_closed_and_takes_it_back(cast: Cast) -> None:
    on = date(2026, 3, 4)
    (one,) = closed(cast, "2026-03-04")
    with acting(user=cast.coordinator):
        assert calendar_of(cast.study.pk, cast.here.pk).kind(on) == "CLOSED"
        assert calendar_of(cast.study.pk, cast.elsewhere.pk).kind(on) == "WORKDAY"
        withdraw_site_day(day_id=one.pk, by=cast.coordinator, reason="moved to April")
        assert calendar_of(cast.study.pk, cast.here.pk).kind(on) == "WORKDAY"
        with pytest.raises(Refused, match="withdrawn already"):
            withdraw_site_day(day_id=one.pk, by=cast.coordinator, reason="again")
    with acting(role="system"):
        assert Trail.objects.filter(table_name=SiteDay._meta.db_table).count() == 2


@pytest.mark.parametrize(
    ("first", "last", "kind", "reason", "item"),
    [
        ("2026-03-04", "2026-03-03", "CLOSED", "why", "last"),
        ("2026-03-04", "2026-04-04", "CLOSED", "why", "last"),  # 32 days
        ("2036-03-04", "2036-03-04", "CLOSED", "why", "first"),
        ("2026-03-04", "2026-03-04", "HALF", "why", "kind"),
        ("2026-03-04", "2026-03-04", "CLOSED", "  ", "reason"),
    ],
)
def test_unclear_days_are_refused_at_their_field(
    cast: Cast, first: str, last: str, kind: str, reason: str, item: str
) -> None:
    days = (date.fromisoformat(first), date.fromisoformat(last))
    with acting(user=cast.coordinator), pytest.raises(CheckFailed) as refused:
        record_site_days(
            study=cast.study,
            site=cast.here,
            first=days[0],
            last=days[1],
            kind=kind,
            by=cast.coordinator,
            reason=reason,
        )
    assert set(refused.value.messages) == {item}


def test_thirty_one_days_are_said_at_once_and_no_day_twice(cast: Cast) -> None:
    assert len(closed(cast, "2026-03-04", "2026-04-03")) == 31
    with pytest.raises(CheckFailed, match="stand") as refused:
        closed(cast, "2026-04-03", kind="OPEN")
    assert "2026-04-03" in refused.value.messages["first"]


@pytest.mark.parametrize("part", ["monitor", "statistician", "inspector", "stranger"])
def test_others_do_not_say_when_a_site_is_closed(cast: Cast, part: str) -> None:
    with pytest.raises(PermissionDenied):
        closed(cast, "2026-03-04", by=cast.people()[part])


def test_the_page_of_working_days_keeps_what_was_typed(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    address = "/studies/BLINA-FULL/working-days/"
    page = client.get(address).content.decode()
    assert "Spring Festival" in page
    assert "02-16" in page
    told = {"site": cast.here.key, "first": "4 March", "kind": "CLOSED", "reason": "painted"}
    refused = client.post(address, told)
    assert refused.status_code == 422
    assert "4 March" in refused.content.decode()
    answer = client.post(address, told | {"first": "2026-03-04", "last": "2026-03-06"}, follow=True)
    assert "Recorded: 3 days" in answer.content.decode()
    client.cookies["django_language"] = "zh-hans"
    assert "春节" in client.get(address).content.decode()
    client.force_login(cast.stranger)
    assert "painted" not in client.get(address).content.decode()
    with acting(user=cast.coordinator):
        one = SiteDay.objects.first()
    assert one is not None
    assert client.post(f"{address}{one.pk}/withdraw/", {"reason": "x"}).status_code == 404


# Suggested days


def test_a_visit_in_spring_festival_is_told_before_it_begins(cast: Cast, subject: Subject) -> None:
    visit_on(cast, subject, date(2026, 2, 24))
    with acting(user=cast.coordinator):
        visit = fresh(cast.coordinator).get(key="UNS")
        assert remind_on(visit, calendar_of(visit.study_id, visit.site_id)) == date(2026, 2, 14)
        told = lambda on: [  # noqa: E731
            line.visit.key
            for line in visits_due(cast.coordinator, now=datetime(2026, 2, on, 9, tzinfo=SHANGHAI))
        ]
        assert "UNS" not in told(13)
        assert "UNS" in told(14)
    closed(cast, "2026-02-14")
    with acting(user=cast.coordinator):
        assert "UNS" in told(13)


def test_a_target_on_a_day_off_has_a_suggestion_beside_it(client: Client, cast: Cast) -> None:
    with acting(user=cast.coordinator):
        subject = bare_subject(cast)
        Subject.objects.filter(pk=subject.pk).update(screened_on=date(2026, 2, 21))
    client.force_login(cast.coordinator)
    suggested = "suggested 2026-02-24"
    assert suggested in client.get(f"/subjects/{subject.pk}/").content.decode()
    assert suggested in client.get("/calendar/?from=2026-02-16").content.decode()
    rows = client.get(f"/api/v1/visits/?subject={subject.pk}&key=SCR").json()["results"]
    assert [(row["target"], row["suggested"]) for row in rows] == [("2026-02-21", "2026-02-24")]
    client.cookies["django_language"] = "zh-hans"
    assert "建议" in client.get(f"/subjects/{subject.pk}/").content.decode()


# Months and days


def test_the_month_counts_visits_on_the_day_they_stand_on(
    client: Client, cast: Cast, subject: Subject
) -> None:
    for on in (date(2026, 2, 24), date(2026, 2, 24), date(2026, 2, 12)):
        visit_on(cast, subject, on)
    closed(cast, "2026-02-25")
    with acting(user=cast.coordinator):
        weeks = calendar_month(cast.coordinator, month=date(2026, 2, 1), chosen=Filters())
        cells = {cell.day: cell for week in weeks for cell in week}
        assert (cells[date(2026, 2, 24)].visits, cells[date(2026, 2, 24)].late) == (2, 0)
        assert (cells[date(2026, 2, 12)].visits, cells[date(2026, 2, 12)].late) == (1, 1)
        assert cells[date(2026, 2, 20)].off
        assert not cells[date(2026, 2, 14)].off
        assert [note.words for note in cells[date(2026, 2, 25)].notes] == [
            f"{cast.here.key} · closed: ward is painted"
        ]
        assert {len(week) for week in weeks} == {7}
        assert calendar_day(cast.coordinator, day=date(2026, 2, 24), chosen=Filters()).total == 2
        assert calendar_day(cast.coordinator, day=date(2026, 2, 26), chosen=Filters()).total == 0
    client.force_login(cast.coordinator)
    page = client.get("/calendar/?view=month&from=2026-02-24").content.decode()
    assert "Spring Festival" in page
    assert "make-up workday" in page
    assert "2 visits" in page
    assert client.get("/calendar/?view=day&from=2026-02-24").content.decode().count("fever") <= 2
    client.force_login(cast.stranger)
    assert "2 visits" not in client.get("/calendar/?view=month&from=2026-02").content.decode()


def test_the_month_asks_as_often_for_many_visits_as_for_one(
    client: Client, cast: Cast, subject: Subject
) -> None:
    client.force_login(cast.coordinator)

    def queries() -> int:
        client.get("/calendar/?view=month&from=2026-02")
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get("/calendar/?view=month&from=2026-02")
        return len(found)

    visit_on(cast, subject, date(2026, 2, 24))
    few = queries()
    for number in range(5):
        visit_on(cast, bare_subject(cast), date(2026, 2, 20 + number))
    assert queries() == few


# Feeds


def feed(cast: Cast, who: User) -> str:
    with acting(user=who):
        return open_feed(by=who)


def test_a_feed_holds_visits_without_identity(client: Client, cast: Cast, subject: Subject) -> None:
    visit_on(cast, subject, date(2026, 2, 24))
    secret = feed(cast, cast.coordinator)
    answer = client.get(f"/calendar/feeds/{secret}.ics")
    assert answer["Content-Type"].startswith("text/calendar")
    events = {str(one["uid"]): one for one in Calendar.from_ical(answer.content).walk("VEVENT")}
    one = events[f"{subject.pk}.UNS.1@blina-trials"]
    assert one["dtstart"].dt == date(2026, 2, 24)
    assert one["dtend"].dt == date(2026, 2, 25)
    assert str(one["summary"]) == f"BLINA-FULL · {subject.number} · Unscheduled visit"
    assert "Window: 2026-02-24 to 2026-02-24" in str(one["description"])
    assert int(one["sequence"]) > 0
    assert "王小明" not in answer.content.decode()
    assert secret not in str(list(CalendarFeed.objects.values()))
    with acting(role="system"):
        assert Event.objects.filter(kind="calendar_feed.opened", user_id=cast.coordinator.pk).count() == 1


def test_a_feed_speaks_its_persons_language_and_suggests_days(
    client: Client, cast: Cast, subject: Subject
) -> None:
    with acting(user=cast.coordinator):
        Subject.objects.filter(pk=subject.pk).update(screened_on=date(2026, 2, 21))
        User.objects.filter(pk=cast.coordinator.pk).update(language="zh-hans")
    text = client.get(f"/calendar/feeds/{feed(cast, cast.coordinator)}.ics").content.decode()
    (one,) = Calendar.from_ical(text).walk("VEVENT")
    assert one["dtstart"].dt == date(2026, 2, 24)
    assert "筛选期" in str(one["summary"])
    assert "目标日期" in str(one["description"])


def test_a_feed_opens_what_its_person_may_see_now(client: Client, cast: Cast, subject: Subject) -> None:
    visit_on(cast, subject, date(2026, 2, 24))
    theirs = client.get(f"/calendar/feeds/{feed(cast, cast.stranger)}.ics").content.decode()
    assert subject.number not in theirs
    secret = feed(cast, cast.coordinator)
    with acting(role="system"):
        User.objects.filter(pk=cast.coordinator.pk).update(is_active=False)
    assert client.get(f"/calendar/feeds/{secret}.ics").status_code == 404


def test_a_new_address_closes_the_old_one(client: Client, cast: Cast, subject: Subject) -> None:
    old, new = feed(cast, cast.coordinator), feed(cast, cast.coordinator)
    assert reader_of(old) is None
    assert client.get(f"/calendar/feeds/{old}.ics").status_code == 404
    assert client.get("/calendar/feeds/unknown.ics").status_code == 404
    assert client.get(f"/calendar/feeds/{new}.ics").status_code == 200
    with acting(user=cast.coordinator):
        assert close_feed(by=cast.coordinator)
        assert not close_feed(by=cast.coordinator)
    assert client.get(f"/calendar/feeds/{new}.ics").status_code == 404


def test_the_page_of_the_feed_shows_its_address_once(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    made = client.post("/calendar/feed/").content.decode()
    address = made.split("<code>")[1].split("</code>")[0]
    assert address.startswith("http://testserver/calendar/feeds/")
    assert address not in client.get("/calendar/feed/").content.decode()
    assert client.get(address).status_code == 200
    client.post("/calendar/feed/close/")
    assert client.get(address).status_code == 404
