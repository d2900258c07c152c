"""Every address × everybody: strangers to the system are sent to log in, strangers to the site get 404."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.cast import Cast, bare_subject, make_cast
from trialsite.access.models import Membership, Token
from trialsite.access.permissions import ACTIONS, Action
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.models import Draft, Subject

PUBLIC = {"login", "login-code", "logout", "set_language"}
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
    "administrator",
]
SAMPLES = {
    "visit": "SCR.1",
    "form": "VS.1",
    "action": "void",
    "key": "BLINA-FULL",
    "endpoint": "RFS",
    "format": "json",
    "day": "1",
    "arm": "ALL",
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


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


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


OWN_ACCOUNT = {"change-password", "second-factor", "drop-second-factor", "stay-logged-in"}  # everybody's own


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
    "checks-activate": {"data_manager"},
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
