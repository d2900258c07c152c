"""The REST API: the same permissions as the screens, stable pages, whole lists as CSV."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast, bare_subject
from tests.integration.casebook.test_forms import DAY, enter, weight
from trialsite.access.models import Profile, Scope, Token, User
from trialsite.access.services import issue_token, revoke_token
from trialsite.audit import acting
from trialsite.casebook.models import MissedReason
from trialsite.casebook.services import record_missed_visit, submit_form
from trialsite.casebook.slots import Slot
from trialsite.exchange.lists import router

WHOLE: dict[str, Any] = {"scopes": list(Scope), "profile": Profile.IDENTIFIED, "genetic": True}


def token_of(user: User, days: int = 1, **narrower: Any) -> dict[str, str]:
    """The header of a token that opens all that its user may see, or less."""
    with acting(user=user):
        ends = timezone.now() + timedelta(days=days)
        key = issue_token(user=user, name="test", expires_at=ends, by=user, **(WHOLE | narrower))
    return {"Authorization": f"Token {key}"}


@pytest.fixture
def record(cast: Cast):
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        return enter(subject, cast, "<70.50", missing={"pulse": "NOT_DONE"})


def test_a_token_reads_what_its_user_may_see(client: Client, cast: Cast, record) -> None:
    answer = client.get("/api/v1/forms/VS/", headers=token_of(cast.coordinator))
    (row,) = answer.json()["results"]
    assert row["weight"] == {
        "text": "<70.50",
        "comparator": "<",
        "value": "70.5",
        "unit": "kg",
        "canonical": "70.5",
    }
    assert row["missing"] == {"pulse": "NOT_DONE"}
    assert (row["study"], row["visit"], row["subject_number"]) == ("BLINA-FULL", "SCR", record.subject.number)


@pytest.mark.parametrize("address", ["subjects", "forms/VS", "sites", "studies"])
def test_lists_show_another_sites_staff_nothing_of_this_site(
    client: Client, cast: Cast, record, address
) -> None:
    rows = client.get(f"/api/v1/{address}/", headers=token_of(cast.stranger)).json()["results"]
    assert str(record.subject_id) not in str(rows)
    assert (rows == []) == (address in {"subjects", "forms/VS"})


def test_a_strangers_request_for_one_record_is_404(client: Client, cast: Cast, record) -> None:
    assert (
        client.get(f"/api/v1/subjects/{record.subject_id}/", headers=token_of(cast.stranger)).status_code
        == 404
    )


def test_an_administrator_is_refused(client: Client, cast: Cast) -> None:
    assert client.get("/api/v1/subjects/", headers=token_of(cast.administrator)).status_code == 403


def test_no_token_an_expired_one_and_a_revoked_one_are_401(client: Client, cast: Cast) -> None:
    assert client.get("/api/v1/subjects/").status_code == 401
    expired = token_of(cast.coordinator, days=-1)
    assert client.get("/api/v1/subjects/", headers=expired).status_code == 401
    good = token_of(cast.coordinator)
    with acting(user=cast.coordinator):
        revoke_token(token=Token.objects.latest("pk"), by=cast.coordinator)
    assert client.get("/api/v1/subjects/", headers=good).status_code == 401


def test_pages_follow_each_other_without_repeat_or_gap(client: Client, cast: Cast) -> None:
    made = {str(bare_subject(cast).pk) for _ in range(7)}
    seen, url = [], "/api/v1/subjects/?page_size=3"
    while url:
        page = client.get(url, headers=token_of(cast.coordinator)).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == 7
    assert set(seen) == made


def test_csv_is_the_whole_list_with_composite_columns(client: Client, cast: Cast, record) -> None:
    answer = client.get("/api/v1/forms/VS/?format=csv", headers=token_of(cast.coordinator))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert (row["weight.text"], row["weight.canonical"], row["missing"]) == (
        "<70.50",
        "70.5",
        "pulse=NOT_DONE",
    )


def test_csv_loses_nothing_when_the_first_record_lacks_an_item(client: Client, cast: Cast) -> None:
    first, second = bare_subject(cast), bare_subject(cast)
    with acting(user=cast.coordinator):
        for subject, values in ((first, {"ecog": 1}), (second, {"weight": weight("81.5")})):
            values |= {"performed_on": DAY}
            missing = {"weight": "NOT_DONE"} if subject is first else {}
            submit_form(
                slot=Slot(subject.pk, "SCR", "VS"), values=values, missing=missing, by=cast.coordinator
            )
    answer = client.get("/api/v1/forms/VS/?format=csv", headers=token_of(cast.coordinator))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row["weight.text"] for row in rows] == ["", "81.5"]
    assert [row["ecog"] for row in rows] == ["1", ""]


ELSEWHERE = {
    "dry-runs": "of a version that is named: test_dry_run",
    "recruitment": "figures of a study, no list: test_recruitment",
    "changes": "a feed that goes on from a cursor: test_changes",
}


def test_every_list_comes_whole_as_csv(client: Client, cast: Cast, record) -> None:
    who = token_of(cast.coordinator)
    addresses = client.get("/api/v1/", headers=who).json()
    for name, address in addresses.items():
        if name in ELSEWHERE:
            continue
        answer = client.get(f"{address}?format=csv", headers=who)
        lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) >= 1, address
        assert lines[0].split(",")[0], address


def test_filters_narrow_and_name_what_they_do_not_know(client: Client, cast: Cast, record) -> None:
    who = token_of(cast.coordinator)
    count = lambda query: len(client.get(f"/api/v1/forms/VS/?{query}", headers=who).json()["results"])  # noqa: E731
    assert count(f"subject={record.subject_id}") == 1
    assert count("visit=OTHER") == 0
    assert count("performed_from=2026-01-07") == 0
    refused = client.get("/api/v1/forms/VS/?state=nonsense", headers=who)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["state"])


def test_the_number_of_queries_does_not_grow_with_the_rows(client: Client, cast: Cast) -> None:
    who = token_of(cast.coordinator)
    counts = []
    for _ in range(2):
        for _ in range(4):
            subject = bare_subject(cast)
            with acting(user=cast.coordinator):
                enter(subject, cast)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api/v1/forms/VS/", headers=who).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_planned_visits_say_which_were_not_done_and_why(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    who = token_of(cast.coordinator)
    visits = lambda query: client.get(f"/api/v1/visits/?{query}", headers=who).json()["results"]  # noqa: E731
    assert [(row["missed"], row["missed_reason"], row["missed_text"]) for row in visits("key=SCR")] == [
        (False, "", "")
    ]
    with acting(user=cast.coordinator):
        record_missed_visit(
            subject_id=subject.pk, key="SCR", text="fever", by=cast.coordinator, reason=MissedReason.UNWELL
        )
    (row,) = visits("missed=true")
    assert (row["key"], row["missed"], row["missed_reason"], row["missed_text"]) == (
        "SCR",
        True,
        "UNWELL",
        "fever",
    )
    assert visits("key=SCR&open=true") == []
    assert [row["key"] for row in visits("open=false")] == ["SCR"]
    assert "SCR" not in {row["key"] for row in visits("missed=false")}


def test_the_openapi_document_describes_a_missed_visit(client: Client, cast: Cast) -> None:
    schemas = client.get("/api/v1/schema/?format=json").json()["components"]["schemas"]
    visit = schemas["PlannedVisit"]["properties"]
    assert "not done" in visit["missed"]["description"]
    assert "UNWELL" in str(visit["missed_reason"]) + str(schemas)
    assert visit["missed_text"]["description"]


def test_the_openapi_document_describes_every_form(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    text = client.get("/api/v1/schema/?format=json").json()
    assert "/api/v1/forms/VS/" in text["paths"]
    assert text["openapi"].startswith("3.1")


def test_the_page_and_the_root_name_every_list_of_the_api(client: Client, cast: Cast) -> None:
    client.force_login(cast.coordinator)
    page, root = client.get("/exports/").text, client.get("/api/v1/").json()
    for name, view, _basename in router.registry:
        assert name in root, name
        if name not in ELSEWHERE:
            assert f'<a href="/api/v1/{name}/?format=csv">' in page, name
        assert name.startswith("forms/") or name == "dry-runs" or view.title, name


@pytest.mark.parametrize("name", [name for name, _view, _basename in router.registry if name != "dry-runs"])
def test_every_list_refuses_a_filter_that_it_has_not_by_its_name(
    client: Client, cast: Cast, name: str
) -> None:
    refused = client.get(f"/api/v1/{name}/?subject_nr=1", headers=token_of(cast.data_manager))
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["subject_nr"])


def test_every_list_of_subjects_takes_a_number_as_well_as_an_id(client: Client, cast: Cast, record) -> None:
    other, who = bare_subject(cast), token_of(cast.data_manager)
    with acting(user=cast.coordinator):
        enter(other, cast)
    for name in ("forms/VS", "subjects", "visits"):
        listed = lambda value: client.get(f"/api/v1/{name}/?subject={value}", headers=who).json()["results"]  # noqa: B023, E731
        of_one = listed(record.subject.number)
        assert of_one, name
        assert of_one == listed(record.subject_id), name
        assert listed("X-999") == []
    for name, view, _basename in router.registry:
        if "subject" in getattr(getattr(view, "filterset_class", None), "base_filters", {}):
            answer = client.get(f"/api/v1/{name}/?subject={record.subject.number}", headers=who)
            assert answer.status_code == 200, name


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page_size=many", "page_size"),
        ("page_size=0", "page_size"),
        ("page_size=1001", "page_size"),
        ("missed=1", "missed"),
        ("missed=perhaps", "missed"),
    ],
)
def test_what_is_no_number_of_records_and_no_yes_or_no_is_refused_by_its_name(
    client: Client, cast: Cast, query: str, field: str
) -> None:
    answer = client.get(f"/api/v1/visits/?{query}", headers=token_of(cast.coordinator))
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("query", ["page_size=1", "page_size=1000", "missed=true", "missed=False", "missed="])
def test_numbers_of_records_and_yes_or_no_are_taken(client: Client, cast: Cast, query: str) -> None:
    assert client.get(f"/api/v1/visits/?{query}", headers=token_of(cast.coordinator)).status_code == 200


def test_a_cursor_that_is_none_is_not_there(client: Client, cast: Cast) -> None:
    who = token_of(cast.coordinator)
    for text in ("nonsense", "cD1ub25zZW5zZQ=="):  # the second is "p=nonsense", and no key
        assert client.get("/api/v1/subjects/", {"cursor": text}, headers=who).status_code == 404


def test_as_of_takes_any_offset_and_refuses_what_lies_outside_of_time(client: Client, cast: Cast) -> None:
    who = token_of(cast.coordinator)
    status = lambda text: client.get("/api/v1/subjects/", {"as_of": text}, headers=who).status_code  # noqa: E731
    assert status("2026-03-01T02:48:26-23:28") == status("2026-03-01T02:48:26Z")
    assert status("0001-01-01T00:00:00+14:00") == 400
