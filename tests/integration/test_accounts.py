"""Accounts and roles: only the administrator's, effective at once, told to the trail."""

import pytest
from django.test import Client

from tests.cast import Cast
from trialsite.access.models import Membership, Role, User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.models import Subject


@pytest.fixture
def desk(client: Client, cast: Cast) -> Client:
    client.force_login(cast.administrator)
    return client


def test_an_account_is_opened_and_given_a_role(desk: Client, cast: Cast) -> None:
    new = {"username": "li", "full_name": "李娟", "language": "zh-hans", "password": "a-good-long-one-9"}
    assert desk.post("/accounts/new/", new).status_code == 302
    user = User.objects.get(username="li")
    role = {
        "user": str(user.pk),
        "role": "coordinator",
        "study": str(cast.study.pk),
        "site": str(cast.here.pk),
    }
    assert desk.post("/accounts/roles/new/", role).status_code == 302
    membership = Membership.objects.get(user=user)
    with acting(user=cast.coordinator):
        assert Trail.objects.filter(row_id=str(membership.pk), user_id=cast.administrator.pk).exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"username": "coordinator"}, "an account of that name already"),
        ({"password": "short"}, "too short"),
        ({"full_name": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(desk: Client, change: dict, sentence: str) -> None:
    typed = {"username": "li", "full_name": "李娟", "language": "en", "password": "a-good-long-one-9"}
    answer = desk.post("/accounts/new/", typed | change)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not User.objects.filter(username="li").exists()


def test_a_role_without_its_study_is_refused(desk: Client, cast: Cast) -> None:
    role = {"user": str(cast.monitor.pk), "role": "monitor", "study": "", "site": ""}
    assert "Choose the study" in desk.post("/accounts/roles/new/", role).content.decode()


def test_an_ended_role_opens_nothing_any_more(desk: Client, client: Client, cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.coordinator)
    assert desk.post(f"/accounts/roles/{membership.pk}/end/").status_code == 302
    cast.coordinator.__dict__.pop("_grants", None)
    with acting(user=cast.coordinator):
        assert not Subject.objects.visible_to(cast.coordinator).exists()
    assert Membership.objects.get(pk=membership.pk).role == Role.COORDINATOR


@pytest.mark.parametrize("part", ["coordinator", "investigator", "monitor", "data_manager", "statistician"])
def test_nobody_else_comes_near_the_accounts(client: Client, cast: Cast, part: str) -> None:
    client.force_login(cast.people()[part])
    assert client.get("/accounts/").status_code == 403
    assert client.post("/accounts/new/", {"username": "x"}).status_code == 403


def test_a_form_refused_for_its_age_leaves_the_tokens_of_other_windows_alone(db: None) -> None:
    answer = Client(enforce_csrf_checks=True).post("/login/", {"username": "x", "password": "y"})
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()
    assert "csrftoken" not in answer.cookies
