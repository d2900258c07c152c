"""Webhooks: signed messages of ids and kinds, in their order, again and again until they arrive, to own addresses."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.exchange.test_changes import vitals
from tests.integration.reminders.test_deliveries import Receiver
from trialsite.access.encryption import decrypted, encrypted
from trialsite.access.identity import rotate_keys
from trialsite.access.models import Membership, User
from trialsite.access.services import end_role
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.celery import app
from trialsite.exchange import deliveries
from trialsite.exchange.deliveries import IN_HAND, PAUSES, active_webhooks, deliver_changes, forget_deliveries
from trialsite.exchange.models import Delivery, Webhook
from trialsite.exchange.tasks import tell_webhooks
from trialsite.exchange.webhooks import (
    end_webhook,
    make_webhook,
    new_secret,
    resume_webhook,
    send_again,
    why_not,
)
from trialsite.reminders.webhooks import signature_of

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "use-the-api.md"
REFUSED = (500, b"")
TAKEN = (204, b"")


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    settings.WEBHOOK_HOSTS, settings.WEBHOOK_PRIVATE = ("127.0.0.1",), True
    found = Receiver()
    found.answers = [TAKEN]
    thread = threading.Thread(target=found.serve_forever, args=(0.05,))
    thread.start()
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


@pytest.fixture
def trial(committed_db: str) -> Iterator[Cast]:
    yield make_cast()
    connections.close_all()


@pytest.fixture
def subject(trial: Cast) -> Subject:
    return bare_subject(trial)


def made(trial: Cast, receiver: Receiver, by: User | None = None, kinds: Any = ()) -> tuple[Webhook, str]:
    by = by or trial.data_manager
    with acting(user=by):
        return make_webhook(study=trial.study, name="warehouse", address=receiver.url, kinds=kinds, by=by)


def run(at: datetime | None = None) -> int:
    """One look of the clock; how many messages arrived."""
    return sum(deliver_changes(one, at) for one in active_webhooks())


def kept(**wanted: Any) -> list[Delivery]:
    with acting(role="system"):
        return list(Delivery.objects.filter(**wanted).select_related("webhook"))


def again(webhook: Webhook) -> Webhook:
    with acting(role="system"):
        return Webhook.objects.select_related("made_by").get(pk=webhook.pk)


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(body) for _headers, body in receiver.got]


def test_a_message_is_signed_and_holds_ids_and_kinds_only(
    trial: Cast, subject: Subject, receiver: Receiver
) -> None:
    webhook, secret = made(trial, receiver)
    form = vitals(subject, trial, ecog=1)
    assert run() == 1
    ((headers, body),) = receiver.got
    assert (
        headers["X-Trials-Signature"] == f"sha256={signature_of(secret, headers['X-Trials-Timestamp'], body)}"
    )
    (sent,) = kept()
    assert headers["X-Trials-Delivery"] == str(sent.pk)
    told = json.loads(body)
    assert (told["webhook"], told["study"]) == (str(webhook.pk), "BLINA-FULL")
    (change,) = [one for one in told["changes"] if one["kind"] == "forms/VS"]
    assert (change["id"], change["action"], change["version"]) == (str(form.pk), "created", 1)
    assert change.keys() == {
        "kind", "id", "record", "study", "site", "subject", "visit", "form", "action", "version", "at", "trail",
    }  # fmt: skip
    assert "王小明" not in body.decode()
    assert run() == 0
    assert len(receiver.got) == 1  # told once


def test_the_guides_own_lines_take_what_is_genuine_and_fresh_and_nothing_else(
    trial: Cast, subject: Subject, receiver: Receiver
) -> None:
    (snippet,) = [
        one
        for one in re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
        if "hmac" in one
    ]
    guide: dict[str, Any] = {}
    exec(snippet, guide)
    genuine = guide["genuine"]
    _webhook, secret = made(trial, receiver)
    vitals(subject, trial, ecog=1)
    assert run() == 1
    ((headers, body),) = receiver.got
    assert genuine(headers, body, secret)
    assert not genuine(headers, body + b" ", secret)
    assert not genuine(headers, body, "another secret")
    assert not genuine(
        headers | {"X-Trials-Timestamp": str(int(headers["X-Trials-Timestamp"]) + 1)}, body, secret
    )
    assert not genuine({}, body, secret)
    sent_at = datetime.fromtimestamp(int(headers["X-Trials-Timestamp"]), UTC)
    for seconds, fresh in ((-301, False), (-300, True), (300, True), (301, False)):
        with time_machine.travel(sent_at + timedelta(seconds=seconds), tick=False):
            assert genuine(headers, body, secret) is fresh


def test_what_was_told_goes_on_in_the_feed(
    client: Client, trial: Cast, subject: Subject, receiver: Receiver
) -> None:
    made(trial, receiver)
    vitals(subject, trial, ecog=1)
    run()
    client.force_login(trial.data_manager)
    page = client.get("/api/v1/changes/", {"since": bodies(receiver)[0]["cursor"]}).json()
    assert [one for one in page["results"] if one["kind"].startswith("forms")] == []
    vitals(subject, trial, ecog=2, version=1, reason="typing error")
    assert [one["action"] for one in client.get(page["next"]).json()["results"]] == ["corrected"]


def test_a_webhook_is_told_of_its_kinds_alone(trial: Cast, subject: Subject, receiver: Receiver) -> None:
    webhook, _secret = made(trial, receiver, kinds=["queries"])
    before = again(webhook)
    vitals(subject, trial, ecog=1)
    assert run() == 0
    assert receiver.got == []
    assert again(webhook).seen_number > before.seen_number  # what is not told is not read again


def test_who_sees_one_site_has_programs_told_of_that_site(
    trial: Cast, subject: Subject, receiver: Receiver
) -> None:
    made(trial, receiver, by=trial.stranger)
    vitals(subject, trial, ecog=1)
    assert run() == 0


def test_many_changes_come_in_messages_in_their_order(
    trial: Cast, subject: Subject, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "IN_ONE", 1)
    made(trial, receiver, kinds=["forms/VS"])
    vitals(subject, trial, ecog=1)
    for version in (1, 2):
        vitals(subject, trial, ecog=version + 1, version=version, reason="typing error")
    assert run() == 3
    assert [change["version"] for body in bodies(receiver) for change in body["changes"]] == [1, 2, 3]


def test_it_is_tried_again_after_growing_pauses_and_then_paused(
    trial: Cast, subject: Subject, receiver: Receiver
) -> None:
    receiver.answers = [REFUSED]
    webhook, _secret = made(trial, receiver)
    vitals(subject, trial, ecog=1)
    at = timezone.now()
    assert run(at) == 0
    for number, pause in enumerate(PAUSES, start=1):
        assert run(at + pause - timedelta(seconds=1)) == 0
        assert len(receiver.got) == number  # not before its pause is over
        at += pause
        assert again(webhook).paused_at is None
        run(at)
    (waits,) = kept()
    assert (waits.state, waits.attempts, waits.failure) == ("waiting", 7, "answered with status 500")
    assert (again(webhook).paused_at, again(webhook).paused_why) == (at, "failed")
    assert len({headers["X-Trials-Delivery"] for headers, _body in receiver.got}) == 1
    (sent,) = mail.outbox
    assert sent.to == ["data_manager@hospital.invalid"]
    assert f"/exports/webhooks/{webhook.pk}/" in sent.body
    assert run(at + timedelta(days=9)) == 0
    assert len(receiver.got) == 7
    receiver.answers = [TAKEN]
    vitals(subject, trial, ecog=2, version=1, reason="typing error")
    with acting(user=trial.data_manager):
        resume_webhook(webhook=webhook, by=trial.data_manager)
    assert run() == 2  # what waited, and what came meanwhile
    told = [one for body in bodies(receiver)[-2:] for one in body["changes"] if one["kind"] == "forms/VS"]
    assert [one["version"] for one in told] == [1, 2]


def test_what_a_dead_worker_had_in_hand_is_sent_by_another(
    trial: Cast, subject: Subject, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(trial, receiver)
    vitals(subject, trial, ecog=1)
    at = timezone.now()

    def dies(**_told: Any) -> Any:
        raise SystemExit

    with monkeypatch.context() as dying:
        dying.setattr(deliveries, "post_signed", dies)
        with pytest.raises(SystemExit):
            run(at)
    assert run(at + IN_HAND - timedelta(seconds=1)) == 0  # somebody may still be about to
    assert run(at + IN_HAND) == 1


def test_two_workers_at_once_send_a_message_once(trial: Cast, subject: Subject, receiver: Receiver) -> None:
    made(trial, receiver)
    vitals(subject, trial, ecog=1)
    arrived: list[int] = []

    def work() -> None:
        arrived.append(run())
        connections.close_all()

    workers = [threading.Thread(target=work) for _number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(arrived) == 1
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("status", "failure"), [(302, "answered with status 302"), (404, "answered with status 404")]
)
def test_no_redirection_is_followed(
    trial: Cast, subject: Subject, receiver: Receiver, status: int, failure: str
) -> None:
    receiver.answers = [(status, b"")]
    made(trial, receiver)
    vitals(subject, trial, ecog=1)
    assert run() == 0
    assert [one.failure for one in kept()] == [failure]
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://data.hospital.cn/changes", True),
        ("http://data.hospital.cn/changes", False),
        ("https://elsewhere.example/changes", False),
        ("https://data.hospital.cn:8443/changes", False),
        ("https://me:secret@data.hospital.cn/changes", False),
        ("", False),
    ],
)
def test_an_address_is_https_at_a_host_that_is_allowed(
    settings: Settings, address: str, allowed: bool
) -> None:
    settings.WEBHOOK_HOSTS, settings.WEBHOOK_PRIVATE = (".hospital.cn",), False
    assert (why_not(address) == "") is allowed


def test_an_address_in_the_own_network_is_not_reached(
    trial: Cast, subject: Subject, receiver: Receiver, settings: Settings
) -> None:
    made(trial, receiver)
    settings.WEBHOOK_HOSTS, settings.WEBHOOK_PRIVATE = ("localhost",), False
    with acting(role="system"):
        Webhook.objects.update(address=encrypted("https://localhost/changes"))
    vitals(subject, trial, ecog=1)
    assert run() == 0
    assert [one.failure for one in kept()] == ["the host is not on the public internet"]


def test_a_role_that_ends_ends_what_is_told(trial: Cast, subject: Subject, receiver: Receiver) -> None:
    webhook, _secret = made(trial, receiver)
    vitals(subject, trial, ecog=1)
    with acting(user=trial.administrator):
        membership = Membership.objects.get(user=trial.data_manager)
        end_role(membership=membership, by=trial.administrator)
    assert run() == 0
    assert receiver.got == []
    assert again(webhook).paused_why == "rights"


def test_only_who_pulls_exports_makes_one_and_wrong_things_are_said_at_their_fields(
    trial: Cast, receiver: Receiver
) -> None:
    with pytest.raises(PermissionDenied):
        made(trial, receiver, by=trial.inspector)
    with acting(user=trial.data_manager), pytest.raises(CheckFailed) as refused:
        make_webhook(
            study=trial.study, name=" ", address="ftp://x", kinds=["forms/NONE"], by=trial.data_manager
        )
    assert refused.value.messages.keys() == {"name", "address", "kinds"}


def test_the_secret_is_kept_encrypted_turns_with_the_keys_and_is_forgotten_at_the_end(
    trial: Cast, subject: Subject, receiver: Receiver, settings: Settings
) -> None:
    webhook, secret = made(trial, receiver)
    stored = again(webhook)
    assert secret not in stored.secret
    assert receiver.url not in stored.address
    settings.IDENTITY_KEYS = ("another key of the tests that is long enough", *settings.IDENTITY_KEYS)
    with acting(role="system"):
        rotate_keys()
    settings.IDENTITY_KEYS = settings.IDENTITY_KEYS[:1]
    assert decrypted(again(webhook).secret) == secret
    with acting(user=trial.data_manager):
        other = new_secret(webhook=webhook, by=trial.data_manager)
    vitals(subject, trial, ecog=1)
    assert run() == 1
    headers, body = receiver.got[0]
    assert (
        headers["X-Trials-Signature"] == f"sha256={signature_of(other, headers['X-Trials-Timestamp'], body)}"
    )
    with acting(user=trial.data_manager):
        end_webhook(webhook=webhook, by=trial.data_manager)
        assert (again(webhook).address, again(webhook).secret) == ("", "")
        with pytest.raises(Refused, match="has ended"):
            new_secret(webhook=webhook, by=trial.data_manager)
    assert run() == 0
    with acting(role="system"):
        kinds = list(
            Event.objects.filter(kind__startswith="webhook.").order_by("id").values_list("kind", flat=True)
        )
    assert kinds == ["webhook.made", "webhook.secret", "webhook.sent", "webhook.ended"]


def test_a_message_is_sent_again_when_asked_for(trial: Cast, subject: Subject, receiver: Receiver) -> None:
    made(trial, receiver)
    vitals(subject, trial, ecog=1)
    assert run() == 1
    (first,) = kept()
    with acting(user=trial.data_manager):
        send_again(delivery=first, by=trial.data_manager)
    assert run() == 1
    assert receiver.got[0][1] == receiver.got[1][1]
    assert run() == 0


def test_the_clock_asks_for_each_webhook_and_old_messages_are_forgotten(
    trial: Cast, subject: Subject, receiver: Receiver, settings: Settings
) -> None:
    app.conf.task_always_eager = True
    try:
        made(trial, receiver)
        vitals(subject, trial, ecog=1)
        assert tell_webhooks() == 1
    finally:
        app.conf.task_always_eager = False
    assert len(receiver.got) == 1
    for days, forgotten in ((29, 0), (31, 1)):
        with time_machine.travel(datetime.now(UTC) + timedelta(days=days)), acting(role="system"):
            assert forget_deliveries() == forgotten


def test_the_pages_make_show_and_end_a_webhook(
    client: Client, trial: Cast, subject: Subject, receiver: Receiver
) -> None:
    client.force_login(trial.data_manager)
    wrong = {
        "study": trial.study.pk,
        "name": "warehouse",
        "address": "https://elsewhere.example",
        "kinds": "forms/VS",
    }
    refused = client.post(reverse("webhooks"), wrong)
    assert refused.status_code == 422
    assert "Messages go to these hosts only: 127.0.0.1." in refused.content.decode()
    assert 'value="warehouse"' in refused.content.decode()
    shown = client.post(reverse("webhooks"), wrong | {"address": receiver.url}).content.decode()
    with acting(role="system"):
        webhook = Webhook.objects.get()
    assert decrypted(webhook.secret) in shown
    page = reverse("webhook", args=[webhook.pk])
    assert decrypted(webhook.secret) not in client.get(page).content.decode()
    receiver.answers = [REFUSED]
    vitals(subject, trial, ecog=1)
    run()
    assert "answered with status 500" in client.get(page).content.decode()
    assert "1 message waits" in client.get(reverse("webhooks")).content.decode()
    (waits,) = kept()
    receiver.answers = [TAKEN]
    assert client.post(reverse("webhook-send-again", args=[webhook.pk, waits.pk])).status_code == 302
    assert run() == 1
    assert "up to date" in client.get(reverse("webhooks")).content.decode()
    client.force_login(trial.statistician)
    assert client.get(page).status_code == 404
    assert client.post(reverse("webhook-end", args=[webhook.pk])).status_code == 404
    client.force_login(trial.inspector)
    assert client.get(reverse("webhooks")).status_code == 403
    client.force_login(trial.data_manager)
    assert client.post(reverse("webhook-secret", args=[webhook.pk])).status_code == 200
    assert client.post(reverse("webhook-end", args=[webhook.pk])).status_code == 302
    assert client.get(page).status_code == 404
