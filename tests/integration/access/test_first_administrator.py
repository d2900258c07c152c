"""The account with which an empty system begins, and that it is the first one only."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cast import Cast
from trialsite.access.errors import AccessRefused
from trialsite.access.models import Membership, Role, User
from trialsite.access.services import open_first_administrator
from trialsite.audit import acting
from trialsite.audit.models import Trail

COMMAND = "trialsite.access.management.commands.first_administrator"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the person at the terminal types."""
    typed = {
        "User name: ": "wang",
        "Full name: ": "王芳",
        "Password: ": "a river of seven stones",
        "Password again: ": "a river of seven stones",
    }
    monkeypatch.setattr("builtins.input", lambda question: typed[question])
    monkeypatch.setattr(f"{COMMAND}.getpass", lambda question: typed[question])
    return typed


@pytest.mark.django_db
def test_the_first_administrator_logs_in_and_opens_accounts(answers, client: Client, capsys: Any) -> None:
    call_command("first_administrator")
    assert "王芳 may log in as wang" in capsys.readouterr().out
    typed = {"username": "wang", "password": answers["Password: "]}
    assert client.post("/login/", typed).status_code == 302
    assert client.get("/accounts/").status_code == 200


@pytest.mark.django_db
def test_the_trail_says_that_the_system_did_it(answers) -> None:
    call_command("first_administrator")
    given = Membership.objects.get(role=Role.ADMINISTRATOR)
    with acting(role="system"):
        entry = Trail.objects.get(row_id=str(given.pk))
    assert (entry.user_id, entry.role, entry.reason) == (None, "system", "first administrator")


def test_a_second_one_is_refused(cast: Cast, answers) -> None:
    with pytest.raises(CommandError, match="There is an administrator already"):
        call_command("first_administrator")
    assert not User.objects.filter(username="wang").exists()


def test_when_the_last_one_has_ended_another_may_follow(cast: Cast, answers) -> None:
    with acting(role="system"):
        Membership.objects.filter(role=Role.ADMINISTRATOR).update(
            ended_at=timezone.now(), ended_by=cast.administrator, ends_on=timezone.now().date()
        )
    call_command("first_administrator")
    assert User.objects.filter(username="wang").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"Password again: ": "a river of eight stones"}, "The two passwords differ"),
        ({"Password: ": "short", "Password again: ": "short"}, "too short"),
        ({"User name: ": " "}, "An answer is needed"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_opened(answers, change: dict, sentence: str) -> None:
    answers.update(change)
    with pytest.raises(CommandError, match=sentence):
        call_command("first_administrator")
    assert not User.objects.exists()


def test_a_name_that_is_taken_is_refused(cast: Cast, answers) -> None:
    with acting(role="system"):
        Membership.objects.filter(role=Role.ADMINISTRATOR).update(
            ended_at=timezone.now(), ended_by=cast.administrator, ends_on=timezone.now().date()
        )
    answers["User name: "] = "coordinator"
    with pytest.raises(CommandError, match="an account of that name already"):
        call_command("first_administrator")


def test_of_two_at_once_one_is_the_first(committed_db) -> None:
    def open_one(name: str) -> str:
        try:
            with acting(role="system", reason="first administrator"):
                open_first_administrator(username=name, password="a river of seven stones", full_name=name)
            return "opened"
        except AccessRefused as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        said = sorted(pool.map(open_one, ["wang", "zhao"]))
    assert said[1] == "opened"
    assert said[0].startswith("There is an administrator already")
    assert User.objects.count() == 1
