"""A write that is sent again with its Idempotency-Key is answered again and done once."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import Cast, bare_subject
from tests.integration.exchange.desk import VITALS, api
from tests.integration.exchange.test_problems import told
from trialsite.access.encryption import fingerprint
from trialsite.audit import acting
from trialsite.casebook.slots import Slot
from trialsite.exchange.idempotency import KeyedWrites
from trialsite.exchange.lists import router
from trialsite.exchange.models import KeptAnswer
from trialsite.exchange.tasks import forget
from trialsite.review.models import Query

KEY = {"Idempotency-Key": "entry-0001"}


@pytest.fixture
def slot(cast: Cast) -> Slot:
    return Slot(bare_subject(cast).pk, "SCR", "VS")


@pytest.fixture
def desk(client: Client, cast: Cast) -> Client:
    client.force_login(cast.coordinator)
    return client


def send(desk: Client, slot: Slot, fields: dict[str, Any], headers: dict[str, str] = KEY, **more: Any) -> Any:
    return desk.put(api(slot), {"fields": fields, **more}, content_type="application/json", headers=headers)


def test_a_write_sent_again_is_answered_as_the_first_and_done_once(desk: Client, slot: Slot) -> None:
    first, again = send(desk, slot, VITALS), send(desk, slot, VITALS)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again["ETag"]) == (first.content, first["ETag"])
    assert ("Idempotency-Replayed" in first.headers, again["Idempotency-Replayed"]) == (False, "true")
    assert desk.get(api(slot)).json()["version"] == 1


def test_a_query_is_asked_once(client: Client, cast: Cast, slot: Slot) -> None:
    client.force_login(cast.coordinator)
    send(client, slot, VITALS)
    client.force_login(cast.monitor)
    body = {
        "subject": str(slot.subject_id),
        "visit": "SCR.1",
        "form": "VS.1",
        "item": "weight",
        "text": "Why?",
    }
    ids = {
        client.post("/api/v1/queries/", body, content_type="application/json", headers=KEY).json()["id"]
        for _ in range(2)
    }
    with acting(user=cast.monitor):
        assert (len(ids), Query.objects.count()) == (1, 1)


def test_the_key_with_another_body_is_refused(desk: Client, slot: Slot) -> None:
    send(desk, slot, VITALS)
    told(send(desk, slot, VITALS | {"weight": "71"}), 422, "key-reused")


def test_the_key_with_another_address_is_refused(desk: Client, slot: Slot) -> None:
    send(desk, slot, VITALS)
    told(send(desk, Slot(slot.subject_id, "SCR", "PE"), VITALS), 422, "key-reused")


def test_a_refused_write_is_judged_anew(desk: Client, slot: Slot) -> None:
    assert send(desk, slot, VITALS | {"weight": "much"}).status_code == 400
    assert send(desk, slot, VITALS).status_code == 201


def test_another_persons_key_is_another_key(client: Client, cast: Cast, slot: Slot) -> None:
    client.force_login(cast.coordinator)
    send(client, slot, VITALS)
    client.force_login(cast.investigator)
    assert "Idempotency-Replayed" not in send(client, slot, VITALS).headers
    assert KeptAnswer.objects.count() == 2


def test_without_a_key_nothing_is_kept(desk: Client, slot: Slot) -> None:
    send(desk, slot, VITALS, headers={})
    assert not KeptAnswer.objects.exists()


def test_a_key_has_a_length(desk: Client, slot: Slot) -> None:
    told(send(desk, slot, VITALS, {"Idempotency-Key": "x" * 256}), 400, "invalid")
    assert send(desk, slot, VITALS, {"Idempotency-Key": "x" * 255}).status_code == 201


def test_who_asks_while_the_first_is_answered_is_told_to_wait(desk: Client, cast: Cast, slot: Slot) -> None:
    answering = fingerprint(f"key\n{cast.coordinator.pk}\n{KEY['Idempotency-Key']}")
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [answering])
        told(send(desk, slot, VITALS), 409, "conflict")
        other.rollback()
        assert send(desk, slot, VITALS).status_code == 201
    finally:
        other.close()


def test_what_is_kept_tells_nothing_by_itself_and_is_forgotten_after_a_day(desk: Client, slot: Slot) -> None:
    send(desk, slot, VITALS)
    kept = KeptAnswer.objects.get()
    assert "weight" not in kept.content
    assert "entry" not in kept.key_hash
    with time_machine.travel(timezone.now() + timedelta(hours=23, minutes=59)):
        assert forget() == 0
    with time_machine.travel(timezone.now() + timedelta(hours=24, minutes=1)):
        assert forget() == 1


def test_every_view_of_the_api_that_writes_takes_a_key() -> None:
    for _name, view, _basename in router.registry:
        writes = {"create", "update", "destroy"} & set(dir(view)) or any(
            {"post", "put", "delete"} & set(one.mapping) for one in view.get_extra_actions()
        )
        assert not writes or issubclass(view, KeyedWrites), view
