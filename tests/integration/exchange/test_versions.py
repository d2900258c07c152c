"""ETag and If-Match: who has read something writes only on what they have read."""

from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.exchange.desk import VITALS, api
from tests.integration.exchange.test_problems import told
from trialsite.audit import acting
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot

TYPO = {"reason": "typing error"}


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


@pytest.fixture
def slot(subject: Subject) -> Slot:
    return Slot(subject.pk, "SCR", "VS")


@pytest.fixture
def desk(client: Client, cast: Cast) -> Client:
    client.force_login(cast.coordinator)
    return client


def send(desk: Client, slot: Slot, fields: dict[str, Any], headers: dict[str, str], **more: Any) -> Any:
    body = {"fields": fields, **more}
    return desk.put(api(slot), body, content_type="application/json", headers=headers)


def test_who_has_the_version_is_not_sent_it_again(desk: Client, slot: Slot) -> None:
    tag = desk.get(api(slot))["ETag"]
    same = desk.get(api(slot), headers={"If-None-Match": tag})
    assert (same.status_code, same["ETag"], same.content) == (304, tag, b"")
    entered = send(desk, slot, VITALS, {})
    assert entered["ETag"] != tag
    changed = desk.get(api(slot), headers={"If-None-Match": tag})
    assert (changed.status_code, changed["ETag"]) == (200, entered["ETag"])


def test_a_hold_gives_another_tag_and_leaves_the_version(
    desk: Client, cast: Cast, slot: Slot, subject: Subject
) -> None:
    tag = send(desk, slot, VITALS, {})["ETag"]
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="freeze", by=cast.data_manager, reason="cut")
    frozen = desk.get(api(slot), headers={"If-None-Match": tag})
    assert (frozen.status_code, frozen.json()["held"], frozen.json()["version"]) == (200, "frozen", 1)


def test_if_match_stands_for_base_version(desk: Client, slot: Slot) -> None:
    first = send(desk, slot, VITALS, {"If-None-Match": "*"})
    assert first.status_code == 201
    second = send(desk, slot, {"weight": "71"}, {"If-Match": first["ETag"]}, **TYPO)
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert send(desk, slot, {"weight": "72"}, {"If-Match": "*"}, base_version=2, **TYPO).status_code == 200


def test_a_stale_tag_is_refused_with_both_versions(desk: Client, slot: Slot) -> None:
    old = send(desk, slot, VITALS, {})["ETag"]
    send(desk, slot, {"weight": "71"}, {"If-Match": old}, **TYPO)
    body = told(send(desk, slot, {"weight": "72"}, {"If-Match": old}, **TYPO), 412, "changed-since")
    (conflict,) = body["conflicts"]
    assert (body["version"], conflict["item"]) == (2, "weight")
    assert ("70" in conflict["base"], "71" in conflict["saved"], "72" in conflict["typed"]) == (True,) * 3


def test_a_stale_tag_is_refused_where_a_merge_could_be_had(desk: Client, slot: Slot) -> None:
    old = send(desk, slot, VITALS, {})["ETag"]
    send(desk, slot, {"weight": "71"}, {"If-Match": old}, **TYPO)
    body = told(send(desk, slot, {"ecog": "2"}, {"If-Match": old}, **TYPO), 412, "changed-since")
    assert body["conflicts"] == []
    now = desk.get(api(slot)).json()
    assert (now["version"], now["fields"]["ecog"]) == (2, "1")


@pytest.mark.parametrize("headers", [{"If-Match": '"0.empty"'}, {"If-None-Match": "*"}, {"If-Match": '"x"'}])
def test_a_slot_that_was_filled_meanwhile_is_not_overwritten(desk: Client, slot: Slot, headers) -> None:
    send(desk, slot, VITALS, {})
    told(send(desk, slot, {"weight": "72"}, headers, **TYPO), 412, "changed-since")


def test_nothing_is_there_to_match(desk: Client, slot: Slot) -> None:
    told(send(desk, slot, VITALS, {"If-Match": "*"}), 412, "changed-since")
    empty = desk.get(api(slot))["ETag"]
    assert send(desk, slot, VITALS, {"If-Match": empty}).status_code == 201


def test_a_form_is_voided_only_as_it_was_read(desk: Client, slot: Slot) -> None:
    old = send(desk, slot, VITALS, {})["ETag"]
    new = send(desk, slot, {"weight": "71"}, {"If-Match": old}, **TYPO)["ETag"]
    void = {"reason": "wrong visit"}
    for tag, status in ((old, 412), (new, 200)):
        answer = desk.delete(api(slot), void, content_type="application/json", headers={"If-Match": tag})
        assert answer.status_code == status


def test_a_single_record_has_a_tag_too(desk: Client, slot: Slot) -> None:
    record = send(desk, slot, VITALS, {}).json()["id"]
    address = f"/api/v1/forms/VS/{record}/"
    tag = desk.get(address)["ETag"]
    assert desk.get(address, headers={"If-None-Match": tag}).status_code == 304
    send(desk, slot, {"weight": "71"}, {}, base_version=1, **TYPO)
    assert desk.get(address, headers={"If-None-Match": tag}).status_code == 200
