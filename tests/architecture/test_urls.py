"""Every address × everybody: strangers to the system are sent to log in, strangers to the site get 404."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import PASSWORD, Cast, bare_subject, document_of
from trialsite.access.models import Membership, Token, User
from trialsite.access.permissions import ACTIONS, Action
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Draft, Hold, Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.review.models import Query
from trialsite.review.queries import open_query
from trialsite.review.signatures import casebook_to_sign
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.registry_findings import registry_findings
from trialsite.studies.services import PROTOCOLS

PUBLIC = {"login", "login-code", "logout", "set_language", "feed"}  # the feed: a secret of its own
UNNAMED_API = ("api-",)


def named(resolver: URLResolver) -> list[URLPattern]:
    found = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            found += named(entry)
        elif entry.name:
            found.append(entry)
    return found


PATTERNS = {pattern.name: pattern for pattern in named(get_resolver())}
PARTS = [
    "coordinator",
    "investigator",
    "monitor",
    "data_manager",
    "statistician",
    "inspector",
    "adjudicator",
    "chair",
    "administrator",
]
SAMPLES = {
    "visit": "SCR.1",
    "form": "VS.1",
    "action": "void",
    "key": "BLINA-FULL",
    "endpoint": "RFS",
    "station": "screened",
    "topic": "ae",
    "format": "json",
    "day": "1",
    "number": "1",
    "arm": "ALL",
    "version": "1.0",
    "site": "SGH",
    "phase": "CONS1_HCVAD_A",
}


def address(name: str, subject: Subject | None = None) -> str:
    pattern = PATTERNS[name].pattern
    arguments = {}
    for parameter in pattern.converters:
        if parameter == "subject_id":
            arguments[parameter] = subject.pk if subject else uuid4()
        elif parameter.endswith("_id") or parameter == "pk":
            arguments[parameter] = uuid4()
        elif name == "new-log-form" and parameter == "form":
            arguments[parameter] = "VS"
        else:
            arguments[parameter] = SAMPLES[parameter]
    return reverse(name, kwargs=arguments)


PAGES = sorted(name for name in PATTERNS if name not in PUBLIC and not name.startswith(UNNAMED_API))
SUBJECT_PAGES = [name for name in PAGES if "subject_id" in PATTERNS[name].pattern.converters]


def test_there_are_pages_to_walk() -> None:
    assert {"inbox", "subjects", "subject", "form", "draft", "trail", "protocols"} <= set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_nobody_is_let_in_without_logging_in(name: str, client: Client, cast: Cast) -> None:
    for answer in (client.get(address(name)), client.post(address(name))):
        assert answer.status_code in {302, 401, 403, 405}, answer.status_code
        if answer.status_code == 302:
            assert answer.url.startswith("/login/")


@pytest.mark.parametrize("name", SUBJECT_PAGES)
def test_another_sites_staff_get_404(name: str, client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.stranger)
    url = address(name, subject)
    assert {client.get(url).status_code, client.post(url).status_code} <= {404, 405}


@pytest.mark.parametrize("name", SUBJECT_PAGES)
def test_an_administrator_gets_404_for_every_page_of_a_subject(name: str, client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.administrator)
    url = address(name, subject)
    assert {client.get(url).status_code, client.post(url).status_code} <= {404, 405}


STAFF_PAGES = [
    name for name in PAGES if "membership_id" in PATTERNS[name].pattern.converters and name != "end-role"
]


@pytest.mark.parametrize("name", STAFF_PAGES)
def test_another_sites_staff_get_404_for_the_logs_of_this_site(name: str, client: Client, cast: Cast) -> None:
    ids = {parameter: uuid4() for parameter in PATTERNS[name].pattern.converters}
    ids["membership_id"] = Membership.objects.get(user=cast.coordinator).pk
    client.force_login(cast.stranger)
    url = reverse(name, kwargs=ids)
    assert {client.get(url).status_code, client.post(url).status_code} <= {404, 405}


OWN_ACCOUNT = {
    "calendar-feed",
    "calendar-feed-close",
    "reminders",
    "reminder-secret",
    "change-password",
    "second-factor",
    "drop-second-factor",
    "stay-logged-in",
}  # everybody's own


@pytest.mark.parametrize("name", [name for name in PAGES if name not in OWN_ACCOUNT])
def test_an_inspector_writes_nowhere(name: str, client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.inspector)
    with acting(role="system"):
        before = Trail.objects.count()
    client.post(address(name, subject), {"press": "submit", "name": "x", "reason": "x"})
    with acting(role="system"):
        assert Trail.objects.count() == before
    with acting(user=cast.inspector):
        assert not Draft.objects.exists()
    assert not Token.objects.exists()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "part",
    PARTS,
)
def test_every_page_answers_every_role_without_failing(
    name: str, part: str, client: Client, cast: Cast
) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.people()[part])
    assert client.get(address(name, subject)).status_code in {200, 302, 403, 404, 405}


# Steps of a study's review → who may take them, whatever else they may.
STUDY_STEPS = {
    "activate-version": {"data_manager"},
    "protocol-findings": {"data_manager"},
    "protocol-sign-off": {"data_manager", "investigator"},
    "protocol-upload": {"data_manager"},
    "checks-activate": {"data_manager"},
    "cut-new": {"data_manager", "statistician"},
    "checks-dry-run": {"monitor", "data_manager"},
    "verification-plan-change": {"data_manager"},
}


@pytest.mark.parametrize("name", STUDY_STEPS)
@pytest.mark.parametrize("part", PARTS)
def test_a_step_of_a_studys_review_is_open_to_its_roles_only(
    name: str, part: str, client: Client, cast: Cast
) -> None:
    client.force_login(cast.people()[part])
    told = {"sample_percent": "10", "seed": "s"}
    refused = client.post(address(name), told).status_code in {403, 404}
    assert refused is (part not in STUDY_STEPS[name])


def test_activating_a_check_has_a_permission_of_its_own(
    monkeypatch: pytest.MonkeyPatch, client: Client, cast: Cast
) -> None:
    monkeypatch.setitem(ACTIONS, "source.plan", Action("plan", frozenset()))
    client.force_login(cast.data_manager)
    assert client.post(address("checks-activate")).status_code not in {403, 404}
    monkeypatch.setitem(ACTIONS, "check.activate", Action("activate", frozenset()))
    assert client.post(address("checks-activate")).status_code == 403


# Every write of the API → the roles that may take it; others are refused, and what follows the request is as before.
WRITES = {
    ("api-slot", "put"): {"coordinator", "investigator"},
    ("api-slot", "delete"): {"coordinator", "investigator"},
    ("api-query-list", "post"): {"monitor", "data_manager", "investigator"},
    ("api-query-take", "post"): {"monitor", "data_manager"},
    ("api-verification-list", "post"): {"monitor"},
    ("api-hold-list", "post"): {"data_manager"},
    ("api-hold-take", "post"): {"data_manager"},
    ("api-signature-list", "post"): {"investigator"},
}


# The same of a whole study: what it takes stands in a test of its own.
STUDY_WRITES = {("api-protocol-version-list", "post"): {"data_manager"}}

# Who may take these, and on what, is tried in tests/integration/exchange/test_decisions.py.
TRIED_APART = {
    ("api-screenings", "post"),
    ("api-confirmation", "post"),
    ("api-enrolment", "post"),
    ("api-randomisation", "post"),
    ("api-screen-failure", "post"),
    ("api-not-done", "put"),
    ("api-not-done", "delete"),
}


# What writes nothing of a subject that is named, or nothing of the record: tried in the tests of its room.
NO_RECORD = {("api-exports-list", "post"), ("api-imports-list", "post"), ("api-imports-take", "post")}


CHANGING = frozenset({"post", "put", "patch", "delete"})


def writes_of_the_api() -> set[tuple[str, str]]:
    """Name and method of every address of the API that writes."""
    found = set()
    for name, pattern in PATTERNS.items():
        view: Any = pattern.callback
        if hasattr(view, "cls"):  # of the REST framework
            methods = getattr(view, "actions", None) or {m for m in CHANGING if hasattr(view.cls, m)}
            found |= {(name, method) for method in CHANGING.intersection(methods)}
    return found


def test_every_write_of_the_api_is_in_the_table() -> None:
    assert writes_of_the_api() == {*WRITES, *STUDY_WRITES, *TRIED_APART, *NO_RECORD}


@pytest.mark.parametrize("part", [*PARTS, "stranger", "nobody"])
@pytest.mark.parametrize(("name", "method"), STUDY_WRITES)
def test_a_write_to_a_study_by_the_api_is_open_to_its_roles_only(
    name: str, method: str, part: str, client: Client, cast: Cast
) -> None:
    if part != "nobody":
        client.force_login(cast.people()[part])
    with acting(role="system"):
        before = Trail.objects.count()
    body = {"text": document_text("BLINA-VEN"), "seen": codes("BLINA-VEN"), "new_study": "BLINA-VEN"}
    answer = getattr(client, method)(address(name), body, content_type="application/json")
    allowed = part in STUDY_WRITES[name, method]
    assert answer.status_code == (201 if allowed else 401 if part == "nobody" else 403), answer.content
    with acting(role="system"):
        assert (Trail.objects.count() > before) is allowed


def document_text(key: str) -> str:
    return (PROTOCOLS / f"{key}.yaml").read_text(encoding="utf-8")


def codes(key: str) -> list[str]:
    return [one.code for one in registry_findings(Protocol.from_document(document_of(key)))]


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """With a form, a query on it, and a freeze elsewhere."""
    found = bare_subject(cast)
    with acting(user=cast.coordinator):
        values = {"performed_on": found.screened_on, "ecog": 1}
        submit_form(slot=Slot(found.pk, "SCR", "VS"), values=values, by=cast.coordinator)
    with acting(user=cast.monitor):
        open_query(slot=Slot(found.pk, "SCR", "VS"), item="weight", text="Measured?", by=cast.monitor)
    with acting(user=cast.data_manager):
        elsewhere = Place.of_slot(found, Slot(found.pk, "SCR", "PE"))
        place_hold(place=elsewhere, kind="freeze", by=cast.data_manager)
    return found


def taken(name: str, subject: Subject) -> str:
    """The address of a write on what there is."""
    if name == "api-slot":
        return address(name, subject)
    if name.endswith("-take"):
        model, step = {"api-query-take": (Query, "cancel"), "api-hold-take": (Hold, "unfreeze")}[name]
        with acting(role="system"):
            return reverse(name, kwargs={"pk": model.objects.get(subject=subject).pk, "step": step})
    return reverse(name)


def body_of(name: str, method: str, subject: Subject, user: User) -> dict[str, Any]:
    """What a write says, as it would succeed for who may take it."""
    at = {"subject": str(subject.pk), "visit": "SCR.1", "form": "VS.1"}
    if name == "api-signature-list":
        with acting(user=user):
            digest = casebook_to_sign(subject).digest
        told = {"username": user.username, "password": PASSWORD, "content_hash": digest}
        return {"subject": str(subject.pk), "meaning": "reviewed"} | told
    return {
        ("api-slot", "put"): {
            "fields": {"ecog": "2", "missing__weight": "NOT_DONE"},
            "base_version": 1,
            "reason": "typing error",
        },
        ("api-slot", "delete"): {"reason": "wrong visit"},
        ("api-query-list", "post"): {**at, "item": "ecog", "text": "Who saw it?"},
        ("api-query-take", "post"): {"text": "asked twice"},
        ("api-verification-list", "post"): {**at, "items": ["ecog"]},
        ("api-hold-list", "post"): {**at, "kind": "freeze"},
        ("api-hold-take", "post"): {"reason": "late result"},
    }[name, method]


@pytest.mark.parametrize("part", [*PARTS, "stranger", "nobody"])
@pytest.mark.parametrize(("name", "method"), WRITES)
def test_a_write_of_the_api_is_open_to_its_roles_only(
    name: str, method: str, part: str, client: Client, cast: Cast, subject: Subject
) -> None:
    user = cast.people().get(part, cast.investigator)
    with acting(role="system"):
        user.set_password(PASSWORD)
        user.save()
    if part != "nobody":
        client.force_login(user)
    body = body_of(name, method, subject, user)
    with acting(role="system"):
        before = Trail.objects.filter(subject_id=subject.pk).count()
    send = getattr(client, method)
    answer = send(taken(name, subject), body, content_type="application/json")
    refused = {"nobody": 401, "stranger": 404}.get(part, 403)
    if part in WRITES[name, method]:
        assert answer.status_code in {200, 201}, answer.content
    else:
        assert (answer.status_code, answer.json()["status"]) == (refused, refused), answer.content
    with acting(role="system"):
        assert (Trail.objects.filter(subject_id=subject.pk).count() > before) is (
            part in WRITES[name, method]
        )
