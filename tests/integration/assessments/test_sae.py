"""Serious adverse events: versions, clocks, the sponsor's assessment, stays, the inbox, pages and the API."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.sae import ClockKind, Criterion
from assessments.models import (
    AdmissionDecision,
    AdverseEvent,
    SaeAssessment,
    SaeClock,
    SaeVersion,
    SeriousEvent,
)
from assessments.sae.checks import report_complete
from assessments.sae.services import (
    assess_sae,
    decline_proposal,
    draft_from_stay,
    draft_report,
    restored,
)
from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import Asked, CheckFailed, Refused
from trialsite.casebook.models import LOG, Draft, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import change_state, next_repeat, submit_form
from trialsite.casebook.slots import Slot

from .sae_entries import AWARE, ONSET, SHANGHAI, event, log, report, report_values, stay

NOW = datetime(2026, 11, 20, 17, 0, tzinfo=SHANGHAI)


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    """Half an hour after the site knows, on a Friday."""
    with time_machine.travel(NOW, tick=False):
        yield


def clocks(cast: Cast, subject: Subject) -> dict[str, SaeClock]:
    with acting(user=cast.data_manager):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        return {row.kind: row for row in SaeClock.objects.filter(subject=subject)}


def said(**values: Any) -> dict[str, Any]:
    causes = dict.fromkeys(("chemo", "blinatumomab", "venetoclax", "car_t", "hsct"), "NA")
    given = {f"cause_{one}": code for one, code in causes.items()} | {
        "cause_blinatumomab": "POSSIBLE",
        "sponsor_aware_at": AWARE,
        "expectedness": "UNEXPECTED",
        "reference": "Investigator's Brochure 12",
    }
    return given | values


def assess(by: User, sae: SeriousEvent, **values: Any) -> SaeAssessment:
    with acting(user=by):
        return assess_sae(sae_id=sae.pk, values=said(**values), by=by)


def work(user: User, kind: str = "") -> list[tuple[str, str]]:
    with acting(user=user):
        return [
            (line.kind, str(line.standing_words))
            for line in work_of(user, kind=kind).lines
            if line.kind.startswith("sae")
        ]


# Clocks


def test_a_serious_event_without_a_report_runs_its_own_clock(cast: Cast, subject: Subject) -> None:
    found = event(cast, subject)
    row = clocks(cast, subject)["form"]
    assert (row.record_id, row.form_key, row.event) == (found.pk, "AE", 1)
    assert row.due_at - row.started_at == timedelta(hours=24)
    with time_machine.travel(row.started_at, tick=False):  # keys are made by the clock of the machine
        assert work(cast.coordinator) == [("sae-form", "24 h left")]
    report(cast, subject)
    assert "form" not in clocks(cast, subject)


def test_an_event_that_is_not_serious_runs_none(cast: Cast, subject: Subject) -> None:
    event(cast, subject, serious=False)
    event(cast, subject, serious=None)
    assert clocks(cast, subject) == {}


def test_s01_the_inbox_counts_down_and_the_fact_stops_it(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    assert clocks(cast, subject)["sponsor"].due_at == AWARE + timedelta(hours=24)
    assert work(cast.coordinator) == [("sae-ethics", "23 h left"), ("sae-sponsor", "23 h left")] or work(
        cast.coordinator
    ) == [("sae-sponsor", "23 h left"), ("sae-ethics", "23 h left")]
    with time_machine.travel(AWARE + timedelta(hours=29), tick=False):
        assert work(cast.coordinator, "sae-sponsor") == [("sae-sponsor", "overdue by 5 h")]
    told = report_values(1, sponsor_told_at=NOW, ethics_told_at=NOW)
    log(cast, subject, "SAE", at=sae.form_repeat, **told)
    assert work(cast.coordinator) == []


def test_the_first_line_of_the_inbox_is_the_pressing_clock(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)
    with acting(user=cast.coordinator):
        lines = work_of(cast.coordinator).lines
    assert any(line.kind == "visits" or not line.kind.startswith("sae") for line in lines)
    assert lines[0].kind.startswith("sae")


def test_s02_a_fatal_susar_has_7_days_and_its_follow_up_8_more(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject, 1, Criterion.DEATH)
    assess(cast.data_manager, sae)
    regulator = clocks(cast, subject)["regulator"]
    assert not regulator.provisional
    assert regulator.due_at.astimezone(SHANGHAI).date() == date(2026, 11, 27)
    assert work(cast.data_manager) == [("sae-regulator", "7 days left")]
    with time_machine.travel(datetime(2026, 11, 27, 12, 0, tzinfo=SHANGHAI), tick=False):
        told = datetime(2026, 11, 27, 10, 0, tzinfo=SHANGHAI)
        assess(cast.data_manager, sae, regulator_told_at=told)
        follow_up = clocks(cast, subject)["follow_up"]
        assert follow_up.due_at.astimezone(SHANGHAI).date() == date(2026, 12, 5)
        assert work(cast.data_manager) == [("sae-follow-up", "8 days left")]


def test_s05_one_judge_is_enough(cast: Cast, subject: Subject) -> None:
    event(cast, subject, cause_blinatumomab="NOT_RELATED")
    sae = report(cast, subject, 1, Criterion.HOSPITALISATION)
    assert clocks(cast, subject)["regulator"].susar == "UNKNOWN"
    assess(cast.monitor, sae, cause_blinatumomab="POSSIBLE")
    row = clocks(cast, subject)["regulator"]
    assert (row.susar, row.provisional) == ("TRUE", False)
    assert row.due_at.astimezone(SHANGHAI).date() == date(2026, 12, 5)
    assess(cast.monitor, sae, expectedness="EXPECTED")
    assert "regulator" not in clocks(cast, subject)


def test_while_it_is_undecided_the_sponsors_side_is_asked(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject, sponsor_told_at=NOW, ethics_told_at=NOW)
    assert work(cast.data_manager) == [("sae-assess", "7 days left")]
    assert work(cast.coordinator) == []
    assert work(cast.stranger) == []


# Versions


def test_each_saved_report_is_kept_with_its_event(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    more = {"report_kind": "FOLLOW_UP", "follow_up_number": 1, "what_changed": "Blood culture: E. coli."}
    log(cast, subject, "SAE", at=1, **report_values(1, **more))
    with acting(user=cast.coordinator):
        first, second = SaeVersion.objects.filter(record=sae)
        assert (first.kind, second.kind, second.follow_up_number) == ("INITIAL", "FOLLOW_UP", 1)
        old = restored(SeriousEvent, first.content)
        assert (old.what_changed, old.site_aware_at, old.death, old.life_threatening) == (
            "",
            AWARE,
            False,
            True,
        )
        assert restored(AdverseEvent, first.event_content).onset.text == ONSET.isoformat()


def test_a_version_out_of_order_is_refused_and_nothing_is_kept(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    with pytest.raises(CheckFailed) as refused:
        report(cast, subject, report_kind="FOLLOW_UP", follow_up_number=1, what_changed="x")
    assert set(refused.value.messages) == {"report_kind"}
    with acting(user=cast.coordinator):
        assert not SaeVersion.objects.exists()
        assert not SeriousEvent.objects.exists()


def test_a_report_names_an_event_of_its_own_subject(cast: Cast, subject: Subject) -> None:
    found = event(cast, subject)
    other = bare_subject(cast)
    with pytest.raises(CheckFailed) as refused:
        report(cast, subject, 2)  # only number 1 stands
    assert refused.value.messages == {"event": "This subject has no adverse event of that number."}
    with pytest.raises(CheckFailed):
        report(cast, other, 1)  # another subject's
    with acting(user=cast.coordinator):
        assert not SeriousEvent.objects.exists()
        assert not SaeVersion.objects.exists()
    assert report(cast, subject, 1).event == found.form_repeat


def test_a_voided_event_is_none_to_report(cast: Cast, subject: Subject) -> None:
    found = event(cast, subject)
    with acting(user=cast.coordinator):
        change_state(record=found, action="void", by=cast.coordinator, reason="entered twice")
    with pytest.raises(CheckFailed) as refused:
        report(cast, subject, 1)
    assert set(refused.value.messages) == {"event"}


@pytest.mark.parametrize(
    ("values", "item"),
    [
        ({"sponsor_told_at": AWARE - timedelta(minutes=1)}, "sponsor_told_at"),
        ({"ethics_told_at": NOW + timedelta(minutes=1)}, "ethics_told_at"),
        ({"site_aware_at": NOW + timedelta(minutes=1)}, "site_aware_at"),
        ({"life_threatening": False}, "death"),
    ],
)
def test_what_cannot_be_is_refused_at_its_item(cast: Cast, subject: Subject, values, item: str) -> None:
    event(cast, subject)
    with pytest.raises(CheckFailed) as refused:
        report(cast, subject, **values)
    assert set(refused.value.messages) == {item}


def test_what_just_can_be_is_taken(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    assert report(cast, subject, sponsor_told_at=AWARE, ethics_told_at=NOW).pk


# The sponsor's side


@pytest.mark.parametrize(
    ("values", "item"),
    [
        ({"sponsor_aware_at": AWARE - timedelta(minutes=1)}, "sponsor_aware_at"),
        ({"regulator_told_at": AWARE - timedelta(minutes=1)}, "regulator_told_at"),
        ({"follow_up_told_at": NOW}, "regulator_told_at"),
        ({"regulator_told_at": NOW + timedelta(minutes=1)}, "regulator_told_at"),
        ({"reference": " "}, "reference"),
        ({"comment": "Call 13912345678"}, "comment"),
    ],
)
def test_an_assessment_that_cannot_be_is_refused(cast: Cast, subject: Subject, values, item: str) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    with pytest.raises(CheckFailed) as refused:
        assess(cast.data_manager, sae, **values)
    assert set(refused.value.messages) == {item}


@pytest.mark.parametrize("who", ["coordinator", "investigator", "statistician", "inspector"])
def test_only_the_sponsors_side_assesses(cast: Cast, subject: Subject, who: str) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    with pytest.raises(PermissionDenied):
        assess(cast.people()[who], sae)


def test_what_was_assessed_before_is_kept(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    assess(cast.data_manager, sae, expectedness="EXPECTED")
    assess(cast.data_manager, sae)
    with acting(user=cast.data_manager):
        assert [one.expectedness for one in sae.assessments.all()] == ["EXPECTED", "UNEXPECTED"]


# Stays


def test_s04_a_planned_admission_is_no_sae(cast: Cast, subject: Subject) -> None:
    stay(cast, subject)
    assert clocks(cast, subject) == {}


def test_an_unplanned_admission_proposes_and_the_report_answers(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)
    admitted = stay(cast, subject, performed_on=ONSET, reason="ADVERSE_EVENT", planned=False, event=1)
    row = clocks(cast, subject)["admission"]
    assert row.criterion == "hospitalisation"
    with time_machine.travel(row.started_at, tick=False):
        assert ("sae-admission", "24 h left") in work(cast.coordinator)
    with acting(user=cast.coordinator):
        slot = draft_from_stay(admission_id=admitted.pk, criterion="hospitalisation", by=cast.coordinator)
        draft = Draft.objects.get(author=cast.coordinator)
    assert (slot.form_key, slot.form_repeat) == ("SAE", 2)
    assert draft.typed == {
        "event": ["1"],
        "report_kind": ["INITIAL"],
        "performed_on": [ONSET.isoformat()],
        "hospitalisation": ["yes"],
    }
    values = report_values(1, Criterion.LIFE_THREATENING, Criterion.HOSPITALISATION)
    log(cast, subject, "SAE", at=1, **values)
    assert "admission" not in clocks(cast, subject)


def test_of_several_events_of_a_longer_stay_one_is_chosen(
    client: Client, cast: Cast, subject: Subject
) -> None:
    event(cast, subject)
    event(cast, subject, term="Sepsis")
    admitted = stay(cast, subject, planned_days=17)
    told = {"admission_id": admitted.pk, "criterion": "prolongation", "by": cast.coordinator}
    for wrong in (None, 3):
        with acting(user=cast.coordinator), pytest.raises(CheckFailed) as refused:
            draft_from_stay(**told, event=wrong)
        assert set(refused.value.messages) == {"event"}
    found = page(client, cast.coordinator, Slot(subject.pk, LOG, "ADM", 1, 1).url())
    assert "More than one event began in these days" in found
    assert found.count('name="event"') >= 2
    with acting(user=cast.coordinator):
        draft_from_stay(**told, event=2)
        draft = Draft.objects.get(author=cast.coordinator, form_key="SAE")
    assert draft.typed["event"] == ["2"]
    assert draft.typed["prolongation"] == ["yes"]


def test_a_declined_proposal_stays_declined_with_its_reason(cast: Cast, subject: Subject) -> None:
    admitted = stay(cast, subject, reason="OTHER", planned=False)
    told = {"admission_id": admitted.pk, "criterion": "hospitalisation", "by": cast.coordinator}
    with acting(user=cast.coordinator):
        with pytest.raises(CheckFailed):
            decline_proposal(**told, reason=" ")
        decline_proposal(**told, reason="Observed for one night after a puncture.")
        with pytest.raises(Refused):
            decline_proposal(**told, reason="again")
        with pytest.raises(Refused):
            draft_from_stay(**told)
        assert AdmissionDecision.objects.count() == 1
    assert clocks(cast, subject) == {}


def test_a_stay_that_goes_on_is_asked_about_from_the_day_after_its_planned_end(
    cast: Cast, subject: Subject
) -> None:
    today = datetime.now(SHANGHAI).date()
    asked_on = datetime.combine(today + timedelta(days=24), time(), SHANGHAI)
    event(cast, subject, serious=False)
    stay(cast, subject, performed_on=today - timedelta(days=5))  # 28 days are planned
    assert clocks(cast, subject)["admission"].started_at == asked_on
    with time_machine.travel(asked_on - timedelta(minutes=1), tick=False):
        assert work(cast.coordinator) == []
    with time_machine.travel(asked_on, tick=False):
        assert work(cast.coordinator) == [("sae-admission", "24 h left")]


def test_a_discharge_before_the_admission_is_refused(cast: Cast, subject: Subject) -> None:
    with pytest.raises(CheckFailed) as refused:
        stay(cast, subject, left_on=date(2026, 11, 1))
    assert set(refused.value.messages) == {"left_on"}
    assert stay(cast, subject, left_on=date(2026, 11, 2)).pk


def test_admission_as_criterion_of_a_planned_stay_is_asked_about(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    stay(cast, subject)
    slot = Slot(subject.pk, LOG, "SAE", 1, next_repeat(subject=subject, form_key="SAE"))
    values = report_values(1, Criterion.HOSPITALISATION)
    with acting(user=cast.coordinator), pytest.raises(Asked) as asked:
        submit_form(slot=slot, values=values, by=cast.coordinator, ask_about_soft=True)
    (fired,) = [one for one in asked.value.fired if one.item == "hospitalisation"]
    assert fired.message_en.startswith("Being admitted as planned is no SAE. Admitted on 2026-11-02.")
    assert fired.message_zh.startswith("按计划入院本身不属于SAE")


@pytest.mark.parametrize(
    ("values", "asked_at"),
    [
        ({}, {"outcome", "reporter"}),
        ({"outcome": "RECOVERED"}, {"reporter"}),
        ({"reporter": "Ward physician, haematology"}, {"outcome"}),
        ({"outcome": "RECOVERED", "reporter": "Ward physician"}, set()),
    ],
)
def test_outcome_and_reporter_are_asked_for(
    cast: Cast, subject: Subject, values: dict[str, str], asked_at: set[str]
) -> None:
    event(cast, subject)
    with acting(user=cast.coordinator):
        found = report_complete(report_values(1) | values, {}, subject)
        assert {one.item for one in found} == asked_at


def test_a_begun_report_of_the_same_event_is_opened_again(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    event(cast, subject)
    with acting(user=cast.coordinator):
        slots = [draft_report(subject_id=subject.pk, event=n, by=cast.coordinator) for n in (1, 2, 1)]
    assert [slot.form_repeat for slot in slots] == [1, 2, 1]


# Pages


def page(client: Client, user: User, url: str) -> str:
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def sae_url(subject: Subject, number: int = 1) -> str:
    return Slot(subject.pk, LOG, "SAE", 1, number).url()


def test_the_report_shows_clocks_versions_and_the_verdict(
    client: Client, cast: Cast, subject: Subject
) -> None:
    event(cast, subject)
    report(cast, subject)
    text = page(client, cast.coordinator, sae_url(subject))
    for words in (
        "SUSAR not decided",
        "expectedness missing",
        "23 h left",
        "2026-11-21 16:30",
        "Initial report",
    ):
        assert words in text
    assert "Save the assessment" not in text
    assert "Save the assessment" in page(client, cast.monitor, sae_url(subject))


def test_what_asks_something_stands_above_the_items(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    url = Slot(subject.pk, LOG, "AE", 1, 1).url()
    text = page(client, cast.coordinator, url)
    assert text.index("Begin the SAE report") < text.index("CTCAE term") < text.index("Void this form")
    report(cast, subject)
    text = page(client, cast.monitor, sae_url(subject))
    assert text.index("Versions of this report") < text.index("What happened")
    assert text.index("Save the assessment") < text.index("What happened")
    stay(cast, subject, performed_on=ONSET, reason="OTHER", planned=False, event=1)
    text = page(client, cast.coordinator, Slot(subject.pk, LOG, "ADM", 1, 1).url())
    assert text.index("is it a serious adverse event?") < text.index("Hospital and ward")


def test_an_admission_without_a_stay_in_hospital_leads_to_one(
    client: Client, cast: Cast, subject: Subject
) -> None:
    event(cast, subject)
    report(cast, subject, 1, Criterion.HOSPITALISATION)
    new_stay = reverse("new-log-form", args=[subject.pk, "ADM"])
    assert new_stay in page(client, cast.coordinator, sae_url(subject))
    assert new_stay not in page(client, cast.monitor, sae_url(subject))
    stay(cast, subject, performed_on=ONSET, reason="OTHER", planned=False, event=1)
    assert new_stay not in page(client, cast.coordinator, sae_url(subject))


def test_a_report_without_admission_asks_for_no_stay(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)
    assert "no stay in hospital is recorded" not in page(client, cast.coordinator, sae_url(subject))


def test_a_longer_stay_says_that_it_waits_for_the_decision(
    client: Client, cast: Cast, subject: Subject
) -> None:
    event(cast, subject)
    admitted = stay(cast, subject, planned_days=17)
    url = Slot(subject.pk, LOG, "ADM", 1, 1).url()
    text = page(client, cast.coordinator, url)
    assert "The stay became longer than planned: is that a serious adverse event?" in text
    assert "waits for your decision" in text.lower()
    decline = reverse("admission-step", args=[admitted.pk, "decline"])
    client.post(decline, {"criterion": "prolongation", "reason": "Waiting for the ambulance."})
    assert "no sae, as decided" in page(client, cast.coordinator, url).lower()


def test_the_printed_report_tells_what_was_around_the_event(
    client: Client, cast: Cast, subject: Subject
) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    text = page(client, cast.investigator, reverse("sae-report", args=[sae.pk, 1]))
    for words in (
        "Age at the onset (years)",
        "Grades over the days",
        "2026-11-18 G4",
        "Treatment of the trial before the onset",
        "Other medicines at the onset",
    ):
        assert words in text


def test_the_pages_speak_chinese(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)
    with acting(role="system"):
        cast.data_manager.language = "zh-hans"
        cast.data_manager.save()
    client.cookies["django_language"] = "zh-hans"
    text = page(client, cast.data_manager, sae_url(subject))
    for words in ("严重不良事件", "无法判定：缺少预期性判断", "剩余23小时"):
        assert words in text


def test_an_assessment_is_typed_refused_and_kept(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    client.force_login(cast.data_manager)
    url = reverse("sae-assess", args=[sae.pk])
    typed = {"expectedness": "UNEXPECTED", "sponsor_aware_at": "2026-11-20 16:45", "comment": "Typed words"}
    answer = client.post(url, typed)
    assert answer.status_code == 422
    assert "Name the document with its version" in answer.content.decode()
    assert "Typed words" in answer.content.decode()
    answer = client.post(url, typed | {"sponsor_aware_at": "yesterday"})
    assert answer.status_code == 422
    assert "Write the day and the time" in answer.content.decode()
    assert client.post(url, typed | {"reference": "IB 12"}).status_code == 302
    with acting(user=cast.data_manager):
        assert sae.assessments.get().sponsor_aware_at == datetime(2026, 11, 20, 16, 45, tzinfo=SHANGHAI)


def test_a_report_is_printed_as_it_was(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    more = {"report_kind": "FOLLOW_UP", "follow_up_number": 1, "what_changed": "Culture grew E. coli."}
    log(cast, subject, "SAE", at=1, **report_values(1, **more))
    first = page(client, cast.investigator, reverse("sae-report", args=[sae.pk, 1]))
    assert "Initial report" in first
    assert "Culture grew" not in first
    assert "2026-11-20 16:30" in first
    assert "Febrile neutropenia" in first
    assert "王小明" not in first
    second = page(client, cast.investigator, reverse("sae-report", args=[sae.pk, 2]))
    assert "Follow-up report 1" in second
    assert "Culture grew E. coli." in second
    assert client.get(reverse("sae-report", args=[sae.pk, 3])).status_code == 404


def test_strangers_get_404(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    sae = report(cast, subject)
    admitted = stay(cast, subject, reason="OTHER", planned=False)
    client.force_login(cast.stranger)
    assert client.get(reverse("sae-report", args=[sae.pk, 1])).status_code == 404
    assert client.post(reverse("sae-assess", args=[sae.pk])).status_code == 404
    assert client.post(reverse("admission-step", args=[admitted.pk, "accept"])).status_code == 404
    assert client.post(reverse("sae-start", args=[subject.pk]), {"event": "1"}).status_code == 404
    assert "Febrile" not in page(client, cast.stranger, reverse("saes", args=[subject.study.key]))


def test_a_proposal_is_declined_or_accepted_on_its_page(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    admitted = stay(cast, subject, performed_on=ONSET, reason="OTHER", planned=False, event=1)
    text = page(client, cast.coordinator, Slot(subject.pk, LOG, "ADM", 1, 1).url())
    assert "An admission that was not planned makes its event serious." in text
    url = reverse("admission-step", args=[admitted.pk, "decline"])
    assert client.post(url, {"criterion": "hospitalisation"}).status_code == 422
    assert client.post(url, {"criterion": "nonsense", "reason": "x"}).status_code == 422
    answer = client.post(url.replace("decline", "accept"), {"criterion": "hospitalisation"})
    assert answer.status_code == 302
    assert "Febrile neutropenia" in page(client, cast.coordinator, answer.url)
    client.post(url, {"criterion": "hospitalisation", "reason": "One night of observation."})
    assert "One night of observation." in page(
        client, cast.coordinator, Slot(subject.pk, LOG, "ADM", 1, 1).url()
    )


def test_an_adverse_event_leads_to_its_report(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    url = Slot(subject.pk, LOG, "AE", 1, 1).url()
    assert "Begin the SAE report" in page(client, cast.coordinator, url)
    assert "Begin the SAE report" not in page(client, cast.monitor, url)
    client.force_login(cast.coordinator)
    answer = client.post(reverse("sae-start", args=[subject.pk]), {"event": "1"})
    assert answer.url == sae_url(subject)
    report(cast, subject)
    assert sae_url(subject) in page(client, cast.coordinator, url)


def test_the_list_filters_and_asks_no_more_queries_with_more_rows(
    client: Client, cast: Cast, subject: Subject
) -> None:
    event(cast, subject)
    report(cast, subject)
    url = reverse("saes", args=[subject.study.key])
    assert "Febrile neutropenia" in page(client, cast.data_manager, url)
    assert "Febrile neutropenia" in page(client, cast.data_manager, url + "?state=undecided")
    assert "Febrile neutropenia" not in page(client, cast.data_manager, url + "?state=susar")
    assert "Febrile neutropenia" not in page(client, cast.data_manager, url + "?state=overdue")
    assert "Febrile neutropenia" in page(client, cast.data_manager, url + "?state=running")
    with CaptureQueriesContext(
        connection,
    ) as one:
        page(client, cast.data_manager, url)
    for _more in range(3):
        other = bare_subject(cast)
        event(cast, other)
        report(cast, other)
    page(client, cast.data_manager, url)
    with CaptureQueriesContext(connection) as many:
        page(client, cast.data_manager, url)
    assert len(many) == len(one)


def test_the_inbox_asks_no_more_queries_with_more_rows(cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)
    work(cast.coordinator, "sae-sponsor")
    with CaptureQueriesContext(connection) as one:
        assert len(work(cast.coordinator, "sae-sponsor")) == 1
    for _more in range(3):
        other = bare_subject(cast)
        event(cast, other)
        report(cast, other)
    work(cast.coordinator)
    with CaptureQueriesContext(connection) as many:
        assert len(work(cast.coordinator, "sae-sponsor")) == 4
    assert len(many) == len(one)


def test_the_api_lists_clocks_and_takes_forms(client: Client, cast: Cast, subject: Subject) -> None:
    event(cast, subject)
    report(cast, subject)
    client.force_login(cast.coordinator)
    rows = client.get("/api/v1/sae-clocks/?kind=sponsor").json()["results"]
    assert [(row["kind"], row["state"], row["susar"]) for row in rows] == [("sponsor", "running", "UNKNOWN")]
    assert client.get("/api/v1/sae-clocks/?overdue=true").json()["results"] == []
    assert b"subject_number" in b"".join(client.get("/api/v1/sae-clocks/?format=csv").streaming_content)
    client.force_login(cast.stranger)
    assert client.get("/api/v1/sae-clocks/").json()["results"] == []


def test_a_clock_is_named_once_for_each_kind() -> None:
    assert {one.value for one in ClockKind} == {
        "form",
        "admission",
        "interest",
        "sponsor",
        "ethics",
        "regulator",
        "follow_up",
    }
