"""Mail about serious events: at once, at half of the time, overdue; once each; again where the server was down."""

from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
import time_machine
from celery.exceptions import Retry
from django.core import mail

from assessments.models import SaeNotice
from assessments.sae import notices
from assessments.sae.tasks import notify_of_saes, people_told
from tests.cast import Cast, bare_subject, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject

from .sae_entries import AWARE, SHANGHAI, event, report

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI)


@pytest.fixture
def committed_cast(committed_db: str) -> Cast:
    return make_cast()


@pytest.fixture
def subject(committed_cast: Cast) -> Subject:
    with time_machine.travel(NOW, tick=False):
        found = bare_subject(committed_cast)
        event(committed_cast, found)
        report(committed_cast, found)
    return found


def run(who: User, at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return notify_of_saes(str(who.pk))


def test_the_site_and_the_sponsors_side_are_told_at_once(committed_cast: Cast, subject: Subject) -> None:
    assert run(committed_cast.investigator, NOW) == 2
    assert run(committed_cast.data_manager, NOW) == 1
    to_site, to_sponsor = mail.outbox
    assert to_site.to == ["investigator@hospital.invalid"]
    assert "Report to the sponsor: 23 h left" in to_site.body
    assert "Report to the ethics committee: 23 h left" in to_site.body
    assert subject.number in to_sponsor.body
    for sent in mail.outbox:
        assert "王小明" not in sent.body + sent.subject
        assert "Febrile" not in sent.body + sent.subject


def test_nobody_is_told_twice_and_each_point_once(committed_cast: Cast, subject: Subject) -> None:
    times = [
        (NOW, 2),
        (NOW, 0),
        (AWARE + timedelta(hours=12) - timedelta(minutes=1), 0),
        (AWARE + timedelta(hours=12), 2),
        (AWARE + timedelta(hours=24), 0),
        (AWARE + timedelta(hours=24, minutes=1), 2),
        (AWARE + timedelta(days=3), 0),
    ]
    assert [run(committed_cast.investigator, at) for at, _told in times] == [told for _at, told in times]
    assert mail.outbox[-1].subject == "Serious adverse events: 2 notices, 2 overdue"


def test_a_mail_server_that_is_down_is_asked_again(
    committed_cast: Cast, subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_arguments: Any, **_options: Any) -> None:
        raise SMTPServerDisconnected

    with monkeypatch.context() as server:
        server.setattr(notices, "send_mail", down)
        with pytest.raises((Retry, SMTPServerDisconnected)):
            run(committed_cast.investigator, NOW)
    with acting(user=committed_cast.investigator):
        assert not SaeNotice.objects.exists()
    assert run(committed_cast.investigator, NOW) == 2
    assert len(mail.outbox) == 1


def test_strangers_are_told_nothing(committed_cast: Cast, subject: Subject) -> None:
    for who in (committed_cast.stranger, committed_cast.statistician, committed_cast.coordinator):
        assert run(who, NOW) == 0
    with acting(role="system"):
        names = {person.username for person in people_told()}
    assert names == {"investigator", "head_elsewhere", "data_manager", "monitor"}
    assert run(User.objects.get(username="head_elsewhere"), NOW) == 0
    assert mail.outbox == []


def test_old_events_are_no_news(committed_cast: Cast, subject: Subject) -> None:
    assert run(committed_cast.monitor, AWARE + timedelta(days=7, minutes=1)) == 0


def test_the_mail_is_in_the_language_of_its_reader(committed_cast: Cast, subject: Subject) -> None:
    with acting(role="system"):
        committed_cast.investigator.language = "zh-hans"
        committed_cast.investigator.save()
    assert run(committed_cast.investigator, NOW) == 2
    assert "报告申办者" in mail.outbox[0].body
