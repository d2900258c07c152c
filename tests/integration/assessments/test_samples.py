"""The log of samples: steps of the table, who may take them, lists that ship, what is waited for."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from assessments.models import AwaitedOfDisease, LoggedSample, SampleStep, Shipment
from assessments.samples.services import draw_sample, ship_samples, take_sample_step
from assessments.samples.states import SAMPLE_STEPS, SampleState, sample_step
from tests.cast import Cast, bare_subject
from tests.integration.test_api import token_of
from trialsite.access.models import User
from trialsite.access.permissions import ACTIONS as PERMISSIONS
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import CheckFailed, Held, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.selectors import work_of

DRAWN = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)  # 09:30 in Shanghai
ACTIONS = sorted({step.action for step in SAMPLE_STEPS if step.source})


def drawn(cast: Cast, subject: Subject, **told: Any) -> LoggedSample:
    told = {"method": "MFC", "specimen": "BM_FIRST_PULL", "drawn_at": DRAWN} | told
    with acting(user=cast.coordinator):
        return draw_sample(subject=subject, by=cast.coordinator, **told)


def shipped(cast: Cast, *samples: LoggedSample, hours: int = 2) -> Shipment:
    with acting(user=cast.coordinator):
        return ship_samples(
            study=cast.study,
            site=cast.here,
            sample_ids=[one.pk for one in samples],
            laboratory="Central",
            courier="SF",
            consignment="SF1",
            sent_at=DRAWN + timedelta(hours=hours),
            by=cast.coordinator,
        )


def step(by: User, sample: LoggedSample, action: str, hours: int = 30, **said: Any) -> LoggedSample:
    with acting(user=by):
        return take_sample_step(
            sample_id=sample.pk, action=action, happened_at=DRAWN + timedelta(hours=hours), by=by, **said
        )


def in_state(cast: Cast, subject: Subject, state: str) -> LoggedSample:
    sample = drawn(cast, subject)
    if state in ("sent", "received", "rejected", "reported"):
        shipped(cast, sample)
    if state in ("received", "reported"):
        step(cast.coordinator, sample, "receive", 10)
    if state == "rejected":
        step(cast.coordinator, sample, "reject", 10, reject_reason="CLOTTED")
    if state == "reported":
        step(cast.coordinator, sample, "report", 20)
    if state == "voided":
        step(cast.coordinator, sample, "void", reason="another tube")
    with acting(user=cast.coordinator):
        return LoggedSample.objects.get(pk=sample.pk)


@pytest.mark.parametrize(("state", "action"), list(itertools.product(SampleState.values, ACTIONS)))
def test_a_sample_takes_exactly_the_steps_of_the_table(
    cast: Cast, subject: Subject, state: str, action: str
) -> None:
    sample, allowed = in_state(cast, subject, state), sample_step(state, action)
    if allowed is None:
        with pytest.raises(Refused, match="not possible"):
            step(cast.coordinator, sample, action, reject_reason="LOST", reason="because")
    elif allowed.needs == "shipment":
        with pytest.raises(Refused, match="shipping list"):
            step(cast.coordinator, sample, action)
    else:
        moved = step(cast.coordinator, sample, action, reject_reason="LOST", reason="because")
        assert moved.state == allowed.target
        with acting(user=cast.coordinator):
            assert moved.steps.filter(action=action).count() >= 1


def test_every_step_names_a_permission_that_exists() -> None:
    assert {one.permission for one in SAMPLE_STEPS} <= set(PERMISSIONS)


def test_a_tube_without_a_code_gets_the_number_of_its_subject(cast: Cast, subject: Subject) -> None:
    assert [drawn(cast, subject).label for _ in range(2)] == [f"{subject.number}/01", f"{subject.number}/02"]


def test_two_tubes_of_a_study_do_not_share_a_code_unless_one_is_voided(cast: Cast, subject: Subject) -> None:
    first = drawn(cast, subject, label="A-1")
    with pytest.raises(CheckFailed) as refusal:
        drawn(cast, bare_subject(cast), label="A-1")
    assert "already" in refusal.value.messages["label"]
    step(cast.coordinator, first, "void", reason="typed twice")
    assert drawn(cast, subject, label="A-1").state == "drawn"


@pytest.mark.parametrize(
    ("told", "item"),
    [
        ({"method": ""}, "method"),
        ({"specimen": "HAIR"}, "specimen"),
        ({"drawn_at": None}, "drawn_at"),
        ({"drawn_at": datetime(2099, 1, 1, tzinfo=UTC)}, "drawn_at"),
        ({"label": "王小明"}, "label"),
        ({"purpose": "GIFT"}, "purpose"),
    ],
)
def test_what_cannot_be_is_said_at_its_item(cast: Cast, subject: Subject, told: dict, item: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        drawn(cast, subject, **told)
    assert list(refusal.value.messages) == [item]


@pytest.mark.parametrize(
    ("action", "said", "item"),
    [
        ("receive", {"hours": -1}, "happened_at"),
        ("receive", {"hours": 24 * 365 * 60}, "happened_at"),
        ("void", {}, "reason"),
    ],
)
def test_a_step_comes_after_what_is_recorded_and_says_why(
    cast: Cast, subject: Subject, action: str, said: dict, item: str
) -> None:
    sample = drawn(cast, subject)
    with pytest.raises(CheckFailed) as refusal:
        step(cast.coordinator, sample, action, **said)
    assert list(refusal.value.messages) == [item]


def test_a_rejection_has_a_coded_reason_and_another_one_words(cast: Cast, subject: Subject) -> None:
    sample = in_state(cast, subject, "sent")
    with pytest.raises(CheckFailed) as refusal:
        step(cast.coordinator, sample, "reject")
    assert list(refusal.value.messages) == ["reject_reason"]
    with pytest.raises(CheckFailed) as refusal:
        step(cast.coordinator, sample, "reject", reject_reason="OTHER")
    assert list(refusal.value.messages) == ["reason"]
    assert step(cast.coordinator, sample, "reject", reject_reason="OTHER", reason="wet").state == "rejected"


WHO = {
    "coordinator": True,
    "investigator": True,
    "data_manager": False,
    "monitor": False,
    "statistician": False,
}


@pytest.mark.parametrize(("part", "may"), WHO.items())
def test_site_staff_log_samples(cast: Cast, subject: Subject, part: str, may: bool) -> None:
    by = cast.people()[part]
    with acting(user=by):
        told = {"method": "MFC", "specimen": "PB", "drawn_at": DRAWN}
        if may:
            assert draw_sample(subject=subject, by=by, **told).state == "drawn"
        else:
            with pytest.raises(PermissionDenied):
                draw_sample(subject=subject, by=by, **told)


def test_the_data_manager_records_what_the_laboratory_says(cast: Cast, subject: Subject) -> None:
    sample = in_state(cast, subject, "sent")
    assert step(cast.data_manager, sample, "receive").state == "received"
    with pytest.raises(PermissionDenied):
        step(cast.data_manager, sample, "void", reason="because")


def test_a_stranger_sees_and_moves_nothing(client: Client, cast: Cast, subject: Subject) -> None:
    sample = in_state(cast, subject, "sent")
    with pytest.raises(LoggedSample.DoesNotExist):
        step(cast.stranger, sample, "receive")
    with acting(user=cast.stranger):
        assert not LoggedSample.objects.exists()
        assert not SampleStep.objects.exists()
        assert not Shipment.objects.exists()
    client.force_login(cast.stranger)
    assert client.get(reverse("subject-samples", args=[subject.pk])).status_code == 404
    assert client.post(reverse("sample-step", args=[sample.pk])).status_code == 404
    assert client.get(reverse("shipment", args=[sample.shipment_id])).status_code == 404
    assert subject.number not in client.get(reverse("samples")).content.decode()
    rows = client.get("/api/v1/samples/", headers=token_of(cast.stranger)).json()["results"]
    assert rows == []


def test_a_hold_on_the_subject_stops_every_step(cast: Cast, subject: Subject) -> None:
    sample = drawn(cast, subject)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="freeze", by=cast.data_manager)
    for write in (
        lambda: drawn(cast, subject),
        lambda: shipped(cast, sample),
        lambda: step(cast.coordinator, sample, "receive"),
    ):
        with pytest.raises(Held):
            write()


def test_every_change_is_in_the_trail_of_the_subject(cast: Cast, subject: Subject) -> None:
    in_state(cast, subject, "received")
    with acting(role="system"):
        tables = set(Trail.objects.filter(chain=f"subject:{subject.pk}").values_list("table_name", flat=True))
    assert {LoggedSample._meta.db_table, SampleStep._meta.db_table} <= tables


# Shipments


def test_a_shipping_list_holds_codes_and_no_identity(client: Client, cast: Cast, subject: Subject) -> None:
    samples = [drawn(cast, subject), drawn(cast, subject, method="NGS_IG_TR")]
    client.force_login(cast.coordinator)
    answer = client.post(
        reverse("samples-ship"),
        {
            "items": [str(one.pk) for one in samples],
            "laboratory": "Central",
            "courier": "SF",
            "consignment": "SF123",
            "sent_at": "2026-03-02 11:00",
        },
    )
    assert answer.status_code == 302
    page = client.get(answer.url).content.decode()
    for words in (samples[0].label, samples[1].label, subject.number, "SF123", "2026-03-02 09:30", "Central"):
        assert words in page
    assert "王小明" not in page
    with acting(user=cast.coordinator):
        assert set(LoggedSample.objects.values_list("state", flat=True)) == {"sent"}


def test_a_list_is_sent_whole_or_not_at_all(cast: Cast, subject: Subject) -> None:
    first, second = drawn(cast, subject), in_state(cast, subject, "received")
    with pytest.raises(Refused, match="not possible"):
        shipped(cast, first, second)
    with acting(user=cast.coordinator):
        first.refresh_from_db()
        assert (first.state, Shipment.objects.count()) == ("drawn", 1)  # that of the other one


def test_nothing_leaves_before_it_was_drawn(cast: Cast, subject: Subject) -> None:
    with pytest.raises(CheckFailed) as refusal:
        shipped(cast, drawn(cast, subject), hours=-1)
    assert "2026-03-02 09:30" in refusal.value.messages["sent_at"]


def test_what_was_typed_stands_again_beside_what_is_missing(
    client: Client, cast: Cast, subject: Subject
) -> None:
    sample = drawn(cast, subject)
    client.force_login(cast.coordinator)
    answer = client.post(
        reverse("samples-ship"), {"items": [str(sample.pk)], "courier": "顺丰", "sent_at": "soon"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="顺丰"' in page
    assert 'value="soon"' in page
    assert "2026-03-05 14:30" in page
    answer = client.post(reverse("sample-draw", args=[subject.pk]), {"label": "张三"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="张三"' in page
    assert "Choose the method." in page


# What is waited for


def awaited(cast: Cast, subject: Subject) -> list[tuple[str, str]]:
    with acting(user=cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=subject.pk))
        rows = AwaitedOfDisease.objects.filter(subject=subject).order_by("latest", "kind")
        return [(one.kind, one.latest.isoformat()) for one in rows]


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        ("drawn", [("sample-send", "2026-03-03")]),
        ("sent", [("sample-receipt", "2026-03-05")]),
        ("received", [("sample-report", "2026-03-16")]),
        ("rejected", [("sample-redraw", "2026-03-02")]),
        ("reported", []),
        ("voided", []),
    ],
)
def test_each_state_waits_for_its_next_step(
    cast: Cast, subject: Subject, state: str, waits: list[tuple[str, str]]
) -> None:
    in_state(cast, subject, state)
    assert awaited(cast, subject) == waits


def test_a_rejected_sample_waits_until_another_is_drawn(cast: Cast, subject: Subject) -> None:
    in_state(cast, subject, "rejected")
    drawn(cast, subject, drawn_at=DRAWN + timedelta(days=3))
    assert awaited(cast, subject) == [("sample-send", "2026-03-06")]


def test_the_inbox_asks_who_can_do_it(cast: Cast, subject: Subject) -> None:
    sample = in_state(cast, subject, "sent")
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="sample-receipt").lines
    assert str(line.verb) == "Ask whether the sample arrived"
    assert sample.label in str(line.detail)
    assert line.standing == "late"
    with translation.override("zh-hans"), acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="sample-receipt").lines
        assert str(line.verb) == "询问标本是否送达"
    with acting(user=cast.stranger):
        assert not work_of(cast.stranger, kind="sample-receipt").lines


# Pages and API


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_page_of_a_subject_shows_log_plan_and_steps(
    client: Client, cast: Cast, subject: Subject, language: str
) -> None:
    sample = in_state(cast, subject, "sent")
    client.force_login(cast.coordinator)
    client.cookies["django_language"] = language
    page = client.get(reverse("subject-samples", args=[subject.pk])).content.decode()
    assert sample.label in page
    assert ("送达" if language == "zh-hans" else "arrival") in page
    assert "2026-03-02 11:30" in strip_tags(page)
    for key in ("BM_FIRST_PULL", "sample-receipt"):
        assert f">{key}<" not in page


def test_steps_are_recorded_from_the_page(client: Client, cast: Cast, subject: Subject) -> None:
    sample = in_state(cast, subject, "sent")
    client.force_login(cast.coordinator)
    url = reverse("sample-step", args=[sample.pk])
    assert client.post(url, {}).status_code == 422
    refused = client.post(url, {"action": "reject", "happened_at": "2026-03-03 10:00"})
    assert refused.status_code == 422
    assert "Choose why the laboratory rejected it." in refused.content.decode()
    done = client.post(
        url, {"action": "reject", "happened_at": "2026-03-03 10:00", "reject_reason": "TOO_OLD"}
    )
    assert done.status_code == 302
    with acting(user=cast.coordinator):
        sample.refresh_from_db()
    assert (sample.state, sample.reject_reason) == ("rejected", "TOO_OLD")


def test_the_queries_of_list_and_api_do_not_grow_with_the_samples(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    who, counts = token_of(cast.coordinator), []
    client.get(reverse("samples"))  # what is read once in a process
    for _ in range(2):
        for _ in range(4):
            drawn(cast, bare_subject(cast))
        with CaptureQueriesContext(connection) as pages:
            assert client.get(reverse("samples")).status_code == 200
        with CaptureQueriesContext(connection) as rows:
            assert client.get("/api/v1/samples/", headers=who).status_code == 200
        counts.append((len(pages), len(rows)))
    assert counts[0] == counts[1]


def test_the_api_gives_each_tube_with_its_shipment(client: Client, cast: Cast, subject: Subject) -> None:
    in_state(cast, subject, "rejected")
    (row,) = client.get("/api/v1/samples/", headers=token_of(cast.statistician)).json()["results"]
    assert (row["state"], row["reject_reason"], row["laboratory"], row["consignment"]) == (
        "rejected",
        "CLOTTED",
        "Central",
        "SF1",
    )
