"""One digest a day for each coordinator, from 06:00 at the site, never twice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail

from assessments.models import ReminderSent
from assessments.tasks import coordinators, remind_coordinator
from tests.cast import Cast, bare_subject, make_cast
from trialsite.access.models import User
from trialsite.audit import acting

SHANGHAI = ZoneInfo("Asia/Shanghai")


def run(who: User, text: str, zone: ZoneInfo = SHANGHAI) -> bool:
    """The task at a local time."""
    with time_machine.travel(datetime.fromisoformat(text).replace(tzinfo=zone), tick=False):
        return remind_coordinator(str(who.pk))


@pytest.fixture
def committed_cast(committed_db: str) -> Cast:
    return make_cast()


def test_a_digest_names_numbers_visits_and_windows_and_no_person(committed_cast: Cast) -> None:
    subject = bare_subject(committed_cast)
    assert run(committed_cast.coordinator, "2026-01-22T06:00")
    (sent,) = mail.outbox
    assert sent.to == ["coordinator@hospital.invalid"]
    assert sent.subject == "1 visit due, 1 late"
    assert f"{subject.number} · Screening · 2026-01-05 – 2026-01-19 · 3 days late" in sent.body
    assert "王小明" not in sent.body


def test_running_twice_sends_nothing_twice(committed_cast: Cast) -> None:
    bare_subject(committed_cast)
    assert [
        run(committed_cast.coordinator, f"2026-01-10T{hour}:00") for hour in ("06", "06", "07", "23")
    ] == [
        True,
        False,
        False,
        False,
    ]
    assert len(mail.outbox) == 1
    assert run(committed_cast.coordinator, "2026-01-11T06:00")
    assert len(mail.outbox) == 2
    with acting(user=committed_cast.coordinator):
        assert ReminderSent.objects.count() == 2


@pytest.mark.parametrize(("time", "sent"), [("05:59", False), ("06:00", True)])
def test_nothing_leaves_before_six_in_the_morning_at_the_site(
    committed_cast: Cast, time: str, sent: bool
) -> None:
    bare_subject(committed_cast)
    assert run(committed_cast.coordinator, f"2026-01-10T{time}") is sent
    assert len(mail.outbox) == int(sent)


def test_two_sites_have_their_own_mornings(committed_cast: Cast) -> None:
    with acting(role="system"):
        committed_cast.elsewhere.timezone = "America/New_York"
        committed_cast.elsewhere.save()
    bare_subject(committed_cast)
    bare_subject(committed_cast, site=committed_cast.elsewhere)
    assert run(committed_cast.coordinator, "2026-01-10T06:30")
    assert run(committed_cast.stranger, "2026-01-10T06:30", ZoneInfo("America/New_York"))
    with acting(user=committed_cast.stranger):
        assert {one.day.isoformat() for one in ReminderSent.objects.all()} == {"2026-01-10"}
    assert not run(committed_cast.stranger, "2026-01-11T18:30")  # 05:30 in New York


def test_with_nothing_due_nothing_is_sent_or_noted(committed_cast: Cast) -> None:
    bare_subject(committed_cast)
    assert not run(committed_cast.coordinator, "2025-12-28T06:00")
    assert mail.outbox == []
    with acting(user=committed_cast.coordinator):
        assert not ReminderSent.objects.exists()


def test_the_digest_is_in_the_language_of_its_reader(committed_cast: Cast) -> None:
    bare_subject(committed_cast)
    with acting(role="system"):
        committed_cast.coordinator.language = "zh-hans"
        committed_cast.coordinator.save()
    assert run(committed_cast.coordinator, "2026-01-10T06:00")
    assert "筛选期" in mail.outbox[0].body


def test_only_coordinators_are_reminded(committed_cast: Cast) -> None:
    with acting(role="system"):
        names = {person.username for person in coordinators()}
    assert names == {"coordinator", "stranger"}
