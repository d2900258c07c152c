"""What a token opens: its scopes, one study, and the profile under which the record leaves through it."""

import csv
import io
import json
import re

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.exchange.desk import VITALS, put
from tests.integration.exchange.test_problems import told
from tests.integration.test_api import token_of
from trialsite.access.errors import AccessRefused
from trialsite.access.models import Profile, Scope, Token
from trialsite.casebook.slots import Slot
from trialsite.exchange.lists import router
from trialsite.exchange.profiles import offset_days, shifted
from trialsite.exchange.tokens import TokenOpens

CODED = {"profile": Profile.CODED, "scopes": [Scope.READ, Scope.EXPORT]}
SHIFTED = CODED | {"profile": Profile.DATE_SHIFTED}
FORM = "/api/v1/forms/VS/"


@pytest.fixture
def slot(cast: Cast, client: Client) -> Slot:
    slot = Slot(bare_subject(cast).pk, "SCR", "VS")
    client.force_login(cast.coordinator)
    assert put(client, slot, VITALS).status_code == 201
    birth = {"performed_on": "2026-01-06", "birth_date": "1990-05", "sex": "F"}
    assert put(client, Slot(slot.subject_id, "SCR", "DM"), birth).status_code == 201
    findings = {"performed_on": "2026-01-06", "findings": "walks with her sister"}
    assert put(client, Slot(slot.subject_id, "SCR", "PE"), findings).status_code == 201
    client.logout()
    return slot


@pytest.mark.parametrize(
    ("scopes", "page", "whole", "write"),
    [
        ([Scope.READ], 200, 403, 403),
        ([Scope.EXPORT], 403, 200, 403),
        ([Scope.WRITE], 403, 403, 409),
        (list(Scope), 200, 200, 409),
    ],
)
def test_a_token_is_for_what_it_says(
    client: Client, cast: Cast, slot: Slot, scopes, page, whole, write
) -> None:
    headers = token_of(cast.coordinator, scopes=scopes)
    statuses = (
        client.get(FORM, headers=headers).status_code,
        client.get(f"{FORM}?format=csv", headers=headers).status_code,
        client.delete(
            f"/api/v1{Slot(slot.subject_id, 'SCR', 'HEM').url()}",
            {"reason": "x"},
            content_type="application/json",
            headers=headers,
        ).status_code,
    )
    assert statuses == (page, whole, write)


def test_a_token_of_one_study_opens_no_other(client: Client, cast: Cast, slot: Slot) -> None:
    own = token_of(cast.coordinator, study_id=cast.study.pk)
    assert len(client.get(FORM, headers=own).json()["results"]) == 1
    other = token_of(cast.coordinator, study_id=cast.other_study.pk) if hasattr(cast, "other_study") else None
    if other:
        told(client.get(FORM, headers=other), 403, "not-allowed")


def test_a_token_opens_no_page(client: Client, cast: Cast) -> None:
    assert client.get("/subjects/", headers=token_of(cast.coordinator)).status_code == 403


def test_who_writes_reads_the_record_as_recorded(cast: Cast) -> None:
    with pytest.raises(AccessRefused, match="Who writes"):
        token_of(cast.coordinator, profile=Profile.CODED)
    with pytest.raises(AccessRefused, match="what the token is for"):
        token_of(cast.coordinator, scopes=[])


def test_a_coded_token_gets_neither_birth_date_nor_free_text(client: Client, cast: Cast, slot: Slot) -> None:
    coded, whole = token_of(cast.data_manager, **CODED), token_of(cast.data_manager)
    for form, item in (("DM", "birth_date"), ("PE", "findings")):
        address = f"/api/v1/forms/{form}/"
        (recorded,) = client.get(address, headers=whole).json()["results"]
        answer = client.get(address, headers=coded)
        (row,) = answer.json()["results"]
        assert recorded[item]
        assert recorded.keys() - row.keys() == {item}
        assert answer["X-Left-Out"] == item
        single = client.get(f"{address}{row['id']}/", headers=coded).json()
        assert single == row
        table = b"".join(client.get(f"{address}?format=csv", headers=coded).streaming_content).decode(
            "utf-8-sig"
        )
        (header, _line) = csv.reader(io.StringIO(table))
        assert not [name for name in header if name.startswith(item)]
        assert "sister" not in table


def test_shifted_dates_move_together_and_nothing_tells_by_how_much(
    client: Client, cast: Cast, slot: Slot
) -> None:
    days = offset_days(slot.subject_id)
    headers = token_of(cast.statistician, **SHIFTED)
    (row,) = client.get(FORM, headers=headers).json()["results"]
    assert row["performed_on"] == shifted("2026-01-06", days) != "2026-01-06"
    assert row["subject"] == client.get("/api/v1/subjects/", headers=headers).json()["results"][0]["id"]
    assert row["subject"] != str(slot.subject_id)
    told(client.get(f"{FORM}?performed_from=2026-01-06", headers=headers), 400, "invalid")
    told(client.get(f"{FORM}?as_of=2026-01-06T00:00Z", headers=headers), 403, "not-allowed")


def test_the_link_to_the_next_page_of_shifted_dates_holds_no_id(
    client: Client, cast: Cast, slot: Slot
) -> None:
    client.force_login(cast.coordinator)
    other = Slot(bare_subject(cast).pk, "SCR", "VS")
    put(client, other, VITALS)
    client.logout()
    headers = token_of(cast.statistician, **SHIFTED)
    first = client.get(f"{FORM}?page_size=1", headers=headers).json()
    second = client.get(first["next"], headers=headers).json()
    ids = {row["subject_number"] for page in (first, second) for row in page["results"]}
    assert (len(ids), second["next"]) == (2, None)
    assert client.get(f"{FORM}?cursor=nonsense", headers=headers).status_code == 404


@pytest.mark.parametrize("genetic", [True, False])
def test_genetic_items_leave_where_they_are_asked_for(
    client: Client, cast: Cast, slot: Slot, genetic
) -> None:
    client.force_login(cast.coordinator)
    found = {"performed_on": "2026-01-06", "dx": "BCP_ALL", "kmt2a_r": "no"}
    assert put(client, Slot(slot.subject_id, "SCR", "DX"), found).status_code == 201
    client.logout()
    headers = token_of(cast.data_manager, **CODED, genetic=genetic)
    (row,) = client.get("/api/v1/forms/DX/", headers=headers).json()["results"]
    assert ("kmt2a_r" in row, row["dx"]) == (genetic, "BCP_ALL")


@pytest.mark.parametrize("address", ["trail/", "dry-runs/?study=BLINA-FULL&version=1.0"])
def test_what_cannot_be_coded_is_refused(client: Client, cast: Cast, address) -> None:
    told(client.get(f"/api/v1/{address}", headers=token_of(cast.data_manager, **CODED)), 403, "not-allowed")
    assert client.get(f"/api/v1/{address}", headers=token_of(cast.data_manager)).status_code != 403


def test_no_list_tells_a_true_date_under_shifted_dates(client: Client, cast: Cast, slot: Slot) -> None:
    days = offset_days(slot.subject_id)
    whole, headers = token_of(cast.data_manager), token_of(cast.data_manager, **SHIFTED)
    moved = 0
    for name, view, _basename in router.registry:
        if Profile.DATE_SHIFTED not in getattr(view, "profiles", ()) or not view.of_subjects:
            continue
        before = json.dumps(client.get(f"/api/v1/{name}/", headers=whole).json()["results"])
        after = json.dumps(client.get(f"/api/v1/{name}/", headers=headers).json()["results"])
        dates = set(re.findall(r"\d{4}-\d\d-\d\d", after))
        allowed = {shifted(one, days) for one in re.findall(r"\d{4}-\d\d-\d\d", before)}
        assert dates <= allowed, name
        moved += len(dates)
    assert moved > 3


def test_every_list_asks_what_the_token_is_for() -> None:
    for name, view, _basename in router.registry:
        assert any(issubclass(one, TokenOpens) for one in view.permission_classes), name


def test_the_page_makes_a_token_and_keeps_what_was_typed_where_it_is_refused(
    client: Client, cast: Cast
) -> None:
    client.force_login(cast.data_manager)
    told_ = {"name": "R", "scopes": ["read", "write"], "profile": "coded"}
    refused = client.post("/exports/tokens/", told_)
    assert (refused.status_code, "Who writes has to see" in refused.content.decode()) == (422, True)
    assert 'value="R"' in refused.content.decode()
    made = client.post("/exports/tokens/", told_ | {"scopes": ["read"], "study": str(cast.study.pk)})
    assert "Copy this key now" in made.content.decode()
    token = Token.objects.get(user=cast.data_manager)
    assert (token.scopes, token.profile, token.genetic, token.study_id) == (
        ["read"], Profile.CODED, False, cast.study.pk,
    )  # fmt: skip


def test_a_whole_list_as_lines_of_json_is_what_its_pages_are(client: Client, cast: Cast, slot: Slot) -> None:
    headers = token_of(cast.data_manager, **CODED)
    for form in ("VS", "PE"):
        page = client.get(f"/api/v1/forms/{form}/", headers=headers).json()["results"]
        answer = client.get(f"/api/v1/forms/{form}/?format=ndjson", headers=headers)
        lines = b"".join(answer.streaming_content).decode().splitlines()
        assert (answer["Content-Type"], [json.loads(line) for line in lines]) == (
            "application/x-ndjson; charset=utf-8",
            page,
        )
    reads = token_of(cast.data_manager, scopes=[Scope.READ])
    told(client.get(f"{FORM}?format=ndjson", headers=reads), 403, "not-allowed")
