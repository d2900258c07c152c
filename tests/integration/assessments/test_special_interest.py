"""Special interest: a pregnancy has a clock as an SAE has, the others are marked; the adverse events of a study."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import AdverseEvent, SaeClock
from assessments.sae.notices import send_notices
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate

from .sae_entries import AWARE, ONSET, SHANGHAI, event, log, report

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI)
OTHER = "Pregnancy, puerperium and perinatal conditions - Other, specify"


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    """Half an hour after the site knows, on a Friday."""
    with time_machine.travel(NOW, tick=False):
        yield


def pregnancy(cast: Cast, subject: Subject, **values: Any) -> AdverseEvent:
    given = {"term": OTHER, "specified": "Pregnancy", "grade": 1, "serious": False, "site_aware_at": AWARE}
    return event(cast, subject, **(given | {"special_interest": "PREGNANCY"} | values))


def clocks(cast: Cast, subject: Subject) -> dict[str, SaeClock]:
    with acting(user=cast.data_manager):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        return {row.kind: row for row in SaeClock.objects.filter(subject=subject)}


def interest_work(user: User) -> list[str]:
    with acting(user=user):
        return [str(line.standing_words) for line in work_of(user, kind="sae-interest").lines]


def page(client: Client, user: User, url: str) -> str:
    client.force_login(user)
    return client.get(url, follow=True).content.decode()


def test_a_pregnancy_counts_down_and_the_fact_stops_it(cast: Cast, subject: Subject) -> None:
    found = pregnancy(cast, subject)
    row = clocks(cast, subject)["interest"]
    assert (row.record_id, row.form_key, row.due_at) == (found.pk, "AE", AWARE + timedelta(hours=24))
    assert interest_work(cast.coordinator) == ["23 h left"]
    with time_machine.travel(AWARE + timedelta(hours=29), tick=False):
        assert interest_work(cast.coordinator) == ["overdue by 5 h"]
    values = {
        item: getattr(found, item)
        for item in ("performed_on", "onset", "term", "specified", "grade", "serious", "special_interest")
    }
    log(cast, subject, "AE", at=1, **values, site_aware_at=AWARE, sponsor_told_at=NOW)
    assert clocks(cast, subject)["interest"].done_at == NOW
    assert interest_work(cast.coordinator) == []


def test_its_sae_report_to_the_sponsor_is_one_too(cast: Cast, subject: Subject) -> None:
    pregnancy(cast, subject, serious=True)
    assert set(clocks(cast, subject)) == {"form", "interest"}
    report(cast, subject, sponsor_told_at=NOW)
    found = clocks(cast, subject)
    assert "form" not in found
    assert found["interest"].done_at == NOW


def test_other_special_interest_runs_no_clock(cast: Cast, subject: Subject) -> None:
    event(cast, subject, serious=False, special_interest="INFECTION")
    assert clocks(cast, subject) == {}


def test_whoever_says_pregnancy_is_asked_when_the_site_knew(cast: Cast, subject: Subject) -> None:
    slot = Slot(subject.pk, LOG, "AE", 1, 1)
    values = {"term": OTHER, "specified": "Pregnancy", "special_interest": "PREGNANCY", "performed_on": ONSET}
    with acting(user=cast.coordinator), pytest.raises(Asked) as asked:
        submit_form(slot=slot, values=values, by=cast.coordinator, ask_about_soft=True)
    (fired,) = (one for one in asked.value.fired if one.item == "site_aware_at")
    assert fired.message_en == "The sponsor is told of this within 24 hours: when did the site know?"
    assert fired.message_zh.startswith("此类事件须在24小时内报告申办者")


@pytest.mark.parametrize(
    ("values", "item"),
    [
        ({"site_aware_at": NOW + timedelta(minutes=1)}, "site_aware_at"),
        ({"sponsor_told_at": AWARE - timedelta(minutes=1)}, "sponsor_told_at"),
        ({"sponsor_told_at": NOW + timedelta(minutes=1)}, "sponsor_told_at"),
    ],
)
def test_instants_out_of_order_are_refused(cast: Cast, subject: Subject, values, item: str) -> None:
    with pytest.raises(CheckFailed) as refused:
        pregnancy(cast, subject, **values)
    assert set(refused.value.messages) == {item}


def test_the_investigator_is_written_to(cast: Cast, subject: Subject) -> None:
    pregnancy(cast, subject)
    with acting(user=cast.investigator):
        assert send_notices(by=cast.investigator, now_at=NOW) == 1
        assert send_notices(by=cast.investigator, now_at=NOW) == 0
    assert "Report of special interest to the sponsor: 23 h left" in mail.outbox[0].body
    assert "0001-" not in mail.outbox[0].body


def test_the_form_shows_the_clock(client: Client, cast: Cast, subject: Subject) -> None:
    pregnancy(cast, subject)
    url = Slot(subject.pk, LOG, "AE", 1, 1).url()
    found = page(client, cast.coordinator, url)
    for one in ("Event of special interest", "Report of special interest to the sponsor", "23 h left"):
        assert one in found
    reads_chinese(client, cast.coordinator)
    found = page(client, cast.coordinator, url)
    for one in ("特别关注的不良事件", "特别关注事件报告申办者", "剩余"):
        assert one in found


def test_no_line_of_an_sae_prints_a_day_that_is_none(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)  # not sent: the sponsor's clock waits for its start
    found = page(client, cast.data_manager, reverse("inbox"))
    assert "Assess an SAE for the sponsor" in found
    for wrong in ("0001-", "1-01-01", "9999-", "None"):
        assert wrong not in found


# The events of a study


def reads_chinese(client: Client, user: User) -> None:
    with acting(role="system"):
        user.language = "zh-hans"
        user.save()
    client.cookies["django_language"] = "zh-hans"


def study_page(client: Client, user: User, subject: Subject, query: str = "") -> str:
    return page(client, user, reverse("study-events", args=[subject.study.key]) + query)


def test_the_list_is_narrowed_and_counted(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    log(
        cast, subject, "AE", term="Headache", grade=1, onset=PartialDate.of(ONSET), performed_on=ONSET,
        special_interest="NEUROTOXICITY", serious=False,
    )  # fmt: skip
    both = study_page(client, cast.data_manager, subject)
    assert "2 terms by worst grade" in both
    assert "Neurotoxicity, seizure</span>" in both
    site = subject.site.key
    for query, wanted in (
        ("?term=febrile", "Febrile"), ("?term=发热", "Febrile"), ("?grade=2", "Febrile"), ("?grade=4", "Febrile"),
        ("?serious=yes", "Febrile"), ("?special=NEUROTOXICITY", "Headache"), ("?special=any", "Headache"),
        (f"?term=head&site={site}", "Headache"),
    ):  # fmt: skip
        found = study_page(client, cast.data_manager, subject, query)
        assert "1 term by worst grade" in found, query
        assert f">{wanted}" in found, query
    for query in ("?grade=5", "?site=nowhere", "?special=PREGNANCY"):
        assert "No event is of this kind" in study_page(client, cast.data_manager, subject, query)
    for query in ("?grade=x", "?special=x"):
        assert "2 terms by worst grade" in study_page(client, cast.data_manager, subject, query)


def test_a_stranger_sees_no_event_of_another_site(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    client.force_login(cast.stranger)
    answer = client.get(reverse("study-events", args=[subject.study.key]))
    assert answer.status_code == 404 or ">Febrile neutropenia</a>" not in answer.content.decode()
    assert ">Febrile neutropenia</a>" in study_page(client, cast.coordinator, subject)


def test_the_list_speaks_chinese(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject, special_interest="INFECTION")
    reads_chinese(client, cast.data_manager)
    found = study_page(client, cast.data_manager, subject)
    for words in ("发热性中性粒细胞减少", "最高分级", "感染"):
        assert words in found


def test_more_events_ask_no_more_queries(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    study_page(client, cast.data_manager, subject)
    with CaptureQueriesContext(connection) as one:
        study_page(client, cast.data_manager, subject)
    for _more in range(3):
        event(cast, bare_subject(cast), term="Sepsis")
    study_page(client, cast.data_manager, subject)
    with CaptureQueriesContext(connection) as many:
        assert "Sepsis" in study_page(client, cast.data_manager, subject)
    assert len(many) == len(one)
