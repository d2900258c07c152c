"""Whatever the description of the API allows is asked of it: it answers as described, refuses what it does not allow.

`API_EXAMPLES` says how many requests are made up for each operation; the tests of a change make few.
"""

import contextlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, given
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from rest_framework.throttling import SimpleRateThrottle
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from tests.cast import Cast
from tests.integration.test_api import token_of
from trialsite.access.models import Profile, Scope
from trialsite.casebook.models import Subject

from .described import document

FEW = 3
EXAMPLES = int(os.environ.get("API_EXAMPLES", FEW))
SHOWN = "API_EXAMPLES" in os.environ
ALIKE = re.compile(
    r"/api/v1/forms/(?!VS/|AE/|PROTOCOL/)"
)  # lists of one class: few requests ask some of them only
SEED = 20260301
LISTS = [  # those that need no parameter
    path
    for path, methods in document()["paths"].items()
    if "{" not in path and "get" in methods and not {"problems", "content", "dry-runs"} & set(path.split("/"))
]
ADDRESSED_BY = {
    "/api/v1/dose-ledger/": "cycle",  # a record of it is all days of a cycle
    "/api/v1/recruitment/": "study",
}
Study = tuple[Cast, dict[str, Any]]


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A request leaves the connection of the test open, as Django's test client sees to."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def api(every_form: Study, one_connection: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The API of the study, without limit of requests."""
    settings.ALLOWED_HOSTS = ["localhost"]
    monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, "user", None)
    config = SchemathesisConfig()
    config.projects.default.generation.update(allow_x00=False)  # texts hold none, which no schema can say
    schema = schemathesis.openapi.from_dict(document(), config=config)
    schema.app = get_wsgi_application()
    return schema


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Whatever a request writes is taken back, so that each meets the same study."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def found_wrong(api: Any, methods: set[str], ask: Callable[[Any], None]) -> dict[str, set[str]]:
    """Operation → what it does that is not as described, of some made-up requests, allowed and not."""
    wrong: dict[str, set[str]] = defaultdict(set)
    for result in api.get_all_operations():
        operation = result.ok()
        if operation.method.upper() in methods and (EXAMPLES > FEW or not ALIKE.match(operation.path)):
            for mode in GenerationMode:
                with contextlib.suppress(Unsatisfiable):  # nothing can be wrong in what it takes
                    made_up(operation.as_strategy(generation_mode=mode), ask, wrong[operation.label])
            if SHOWN and wrong[operation.label]:
                print(operation.label, *wrong[operation.label], sep="\n    ", flush=True)
    return {label: said for label, said in wrong.items() if said}


def made_up(cases: Any, ask: Callable[[Any], None], wrong: set[str]) -> None:
    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def asked(case: Any) -> None:
        try:
            with undone():
                ask(case)
        except FailureGroup as failures:
            asked_for = f"{case.path_parameters} {case.query} {case.body}"[:300]
            wrong.update(f"{one.title}: {one.message}"[:500] + asked_for for one in failures.exceptions)

    asked()


def told_of(wrong: dict[str, set[str]]) -> str:
    return "\n\n".join(f"{label}\n" + "\n".join(said) for label, said in wrong.items())


@pytest.mark.parametrize("profile", Profile)
def test_every_list_and_record_is_as_described(client: Client, every_form: Study, profile: Profile) -> None:
    cast, subjects = every_form
    reader = token_of(cast.data_manager, profile=profile, genetic=False, scopes=[Scope.READ, Scope.EXPORT])
    wrong, rows_of = {}, {}
    for path in LISTS:
        answer = client.get(f"{path}?page_size=2", headers=reader)
        if profile == Profile.IDENTIFIED or answer.status_code != 403:  # some are given as recorded only
            assert answer.status_code == 200, path
            rows_of[path] = answer.json()["results"]
            wrong[path] = wrong_in(path, answer.json())
    for path, rows in (
        rows_of.items() if profile != Profile.DATE_SHIFTED else ()
    ):  # whose ids are no addresses
        one = next(
            (f"{path}{{{key}}}/" for key in ("id", "key") if f"{path}{{{key}}}/" in document()["paths"]), ""
        )
        if one and rows:
            name = rows[0][ADDRESSED_BY.get(path, "key" if one.endswith("{key}/") else "id")]
            single = client.get(f"{path}{name}/", headers=reader)
            assert single.status_code == 200, one
            wrong[one] = wrong_in(one, single.json())
    wrong = {path: said for path, said in wrong.items() if said}
    assert wrong == {}, wrong
    assert [key for key in subjects if not rows_of[f"/api/v1/forms/{key}/"]] == []


def test_what_is_read_is_as_described(api: Any, every_form: Study) -> None:
    cast, _subjects = every_form
    scopes = [Scope.READ, Scope.EXPORT]
    reader = token_of(cast.data_manager, scopes=scopes, profile=Profile.CODED, genetic=False)

    def ask(case: Any) -> None:
        if case.meta.generation.mode.is_positive:
            case.query.pop("as_of", None)  # instants that have not come are refused, which no schema can say
        elif any(value in ("", {}) for value in case.query.values()):
            return  # sent empty it is as if it were not sent
        case.call_and_validate(headers=reader, excluded_checks=[ignored_auth])

    wrong = found_wrong(api, {"GET"}, ask)
    assert wrong == {}, told_of(wrong)


def test_what_is_written_is_as_described(api: Any, every_form: Study) -> None:
    cast, subjects = every_form
    writer = token_of(cast.investigator)

    def ask(case: Any) -> None:
        place(case, subjects["VS"])
        case.call_and_validate(headers=writer, excluded_checks=[ignored_auth, positive_data_acceptance])

    wrong = found_wrong(api, {"POST", "PUT", "DELETE"}, ask)
    assert wrong == {}, told_of(wrong)


def place(case: Any, subject: Subject) -> None:
    """A request that is well formed is made of a subject and a slot that are there."""
    if not case.meta.generation.mode.is_positive:
        return
    there = {"subject_id": str(subject.pk), "visit": "SCR.1", "form": "VS.1"}
    case.path_parameters.update({name: there[name] for name in there.keys() & case.path_parameters.keys()})
    if isinstance(case.body, dict):
        there = {"study": "BLINA-FULL", "site": "SGH", "subject": str(subject.pk), **there}
        case.body |= {name: there[name] for name in there.keys() & case.body.keys()}


def wrong_in(path: str, told: Any) -> list[str]:
    """Where an answer differs from what is described of the address."""
    schema = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": document()["components"]}
    return [
        f"{error.json_path}: {error.message}"[:200] for error in Draft202012Validator(whole).iter_errors(told)
    ]
