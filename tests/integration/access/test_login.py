"""The door: lock-out, passwords, second factor, idle time, log-ins on other devices; each told to the audit."""

import itertools
import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.hashers import identify_hasher
from django.test import Client
from django.utils import timezone

from tests.cast import PASSWORD, Cast
from trialsite.access.errors import AccessRefused
from trialsite.access.models import (
    FormerPassword,
    LoginSession,
    RecoveryCode,
    Role,
    SecondFactor,
    Token,
    User,
)
from trialsite.access.passwords import change_password
from trialsite.access.services import create_user, issue_token
from trialsite.audit import acting
from trialsite.audit.models import Event, Trail

GOOD = "a river of seven stones"
NAME = "investigator"


def enter(client: Client, password: str = PASSWORD, **options: str):
    return client.post("/login/", {"username": NAME, "password": password}, **options)


def kinds(user: User) -> list[str]:
    return list(Event.objects.filter(user_id=user.pk).order_by("id").values_list("kind", flat=True))


# Lock-out


def test_log_in_failure_and_log_out_are_events(client: Client, cast: Cast) -> None:
    assert enter(client, "wrong").status_code == 200
    assert enter(client).status_code == 302
    client.post("/logout/")
    assert kinds(cast.investigator) == ["login.failed", "login", "logout"]


def test_five_failures_lock_this_user_name_at_this_address_out(client: Client, cast: Cast) -> None:
    for _attempt in range(4):
        assert enter(client, "wrong").status_code == 200
    answer = enter(client, "wrong")
    assert answer.status_code == 429
    assert "Locked out" in answer.content.decode()
    assert enter(client).status_code == 429, "the right password does not open any more"
    assert "lockout" in kinds(cast.investigator)
    assert enter(client, REMOTE_ADDR="10.9.9.9").status_code == 302, "elsewhere the person can still log in"


def test_behind_the_proxy_the_address_is_the_one_that_the_proxy_saw(
    client: Client, cast: Cast, settings: Any
) -> None:
    """Whatever the client claims to be stands before the address that the proxy adds."""
    settings.HTTPS = True
    for attempt in range(5):
        enter(client, "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{attempt}, 10.1.2.3")
    assert enter(client, HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 429
    assert enter(client, HTTP_X_FORWARDED_FOR="10.9.9.9").status_code == 302, (
        "elsewhere the person can still log in"
    )


def test_without_a_proxy_nobody_is_believed_about_the_own_address(client: Client, cast: Cast) -> None:
    for attempt in range(5):
        enter(client, "wrong", HTTP_X_FORWARDED_FOR=f"10.0.0.{attempt}")
    assert enter(client, HTTP_X_FORWARDED_FOR="10.0.0.9").status_code == 429


def test_a_lock_out_ends_after_a_quarter_of_an_hour(client: Client, cast: Cast) -> None:
    for _attempt in range(5):
        enter(client, "wrong")
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert enter(client).status_code == 302


def test_a_reset_password_ends_the_lock_out(client: Client, cast: Cast) -> None:
    for _attempt in range(5):
        enter(client, "wrong")
    desk = Client()
    desk.force_login(cast.administrator)
    desk.post(f"/accounts/{cast.investigator.pk}/password/")
    assert enter(client, "wrong").status_code == 200


def test_too_many_log_ins_from_one_address_wait(client: Client, cast: Cast, settings: Any) -> None:
    settings.LOGINS_PER_MINUTE = 2
    answers = [
        client.post("/login/", {"username": f"x{n}", "password": "x"}, REMOTE_ADDR="10.1.2.3")
        for n in range(3)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


def test_a_hash_that_is_made_anew_at_log_in_does_not_stop_it(client: Client, cast: Cast) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    with acting(role="system"):
        User.objects.filter(pk=cast.investigator.pk).update(password=f"argon2{old}")
    assert enter(client).status_code == 302
    cast.investigator.refresh_from_db()
    assert cast.investigator.password != f"argon2{old}"


# Passwords


def test_passwords_are_kept_with_argon2(cast: Cast) -> None:
    assert identify_hasher(cast.investigator.password).algorithm == "argon2"


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short-one-1", "too short"),
        ("1qaz2wsx3edc", "too common"),
        ("investigator-1", "too similar to the user name"),
        (PASSWORD, "among your last 5"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason(
    client: Client, cast: Cast, password: str, sentence: str
) -> None:
    client.force_login(cast.investigator)
    typed = {"old_password": PASSWORD, "new_password": password, "again": password}
    answer = client.post("/account/password/", typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_new_account_obeys_the_same_rules_in_the_service(cast: Cast) -> None:
    with acting(user=cast.administrator), pytest.raises(AccessRefused, match="too similar"):
        create_user(username="li.juan.sgh", password="li.juan.sgh.1", full_name="李娟", by=cast.administrator)


def test_the_last_five_passwords_are_not_taken_again(cast: Cast) -> None:
    used = [PASSWORD] + [f"{GOOD} {number}" for number in range(6)]
    with acting(user=cast.investigator):
        for old, new in itertools.pairwise(used):
            change_password(old_password=old, new_password=new, by=cast.investigator)
        for remembered in used[-6:]:
            with pytest.raises(AccessRefused, match="among your last"):
                change_password(old_password=used[-1], new_password=remembered, by=cast.investigator)
        change_password(old_password=used[-1], new_password=PASSWORD, by=cast.investigator)
        assert FormerPassword.objects.count() == 7


def test_changing_the_password_asks_for_the_old_one_and_ends_other_log_ins(cast: Cast) -> None:
    here, elsewhere = Client(), Client()
    enter(here), enter(elsewhere)
    typed = {"old_password": "not it", "new_password": GOOD, "again": GOOD}
    assert "not your password" in here.post("/account/password/", typed).content.decode()
    assert here.post("/account/password/", typed | {"old_password": PASSWORD}).status_code == 302
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert {"password.wrong", "password.changed"} <= set(kinds(cast.investigator))
    with acting(user=cast.administrator):
        (line,) = Trail.objects.filter(table_name="access_user", action="U", row_id=str(cast.investigator.pk))
    assert line.changes["password"] == ["***", "***"]


@pytest.mark.parametrize(
    ("url", "typed"),
    [
        ("/account/password/", {"old_password": "no such", "new_password": GOOD, "again": GOOD}),
        ("/account/second-factor/remove/", {"password": "no such"}),
    ],
)
def test_wrong_passwords_typed_again_lock_out_and_are_kept_nowhere(
    client: Client, cast: Cast, url: str, typed: dict[str, str]
) -> None:
    enter(client)
    answers = [client.post(url, typed).status_code for _attempt in range(5)]
    assert 429 not in answers[:4]
    assert answers[4] == 429
    assert client.get("/account/").status_code == 302
    for attempt in AccessAttempt.objects.all():
        assert "no such" not in attempt.post_data
        assert GOOD not in attempt.post_data


def test_a_one_time_password_opens_nothing_but_the_change(client: Client, cast: Cast) -> None:
    with acting(user=cast.investigator):
        expires = timezone.now() + timedelta(days=1)
        issue_token(user=cast.investigator, name="x", expires_at=expires, by=cast.investigator)
    desk, before = Client(), Client()
    enter(before)
    desk.force_login(cast.administrator)
    shown = desk.post(f"/accounts/{cast.investigator.pk}/password/").content.decode()
    (one_time,) = re.findall(r"first log-in: <code>(.*?)</code>", shown)
    assert before.get("/account/").status_code == 302, "open log-ins have ended"
    assert not Token.objects.filter(revoked_at=None).exists()
    assert enter(client, one_time).status_code == 302
    assert client.get("/subjects/").url == "/account/password/"
    typed = {"old_password": one_time, "new_password": GOOD, "again": GOOD}
    assert client.post("/account/password/", typed).status_code == 302
    assert client.get("/subjects/").status_code == 200
    assert "password.reset" in kinds(cast.administrator)


def test_passwords_expire_only_where_that_is_set(client: Client, cast: Cast, settings: Any) -> None:
    with acting(role="system"):
        long_ago = timezone.now() - timedelta(days=91)
        User.objects.filter(pk=cast.investigator.pk).update(password_set_at=long_ago)
    enter(client)
    assert client.get("/subjects/").status_code == 200
    settings.PASSWORD_DAYS = 90
    assert client.get("/subjects/").url == "/account/password/"


@pytest.mark.parametrize("part", ["coordinator", "data_manager", "inspector"])
def test_only_administrators_reset_passwords_and_end_log_ins(client: Client, cast: Cast, part: str) -> None:
    client.force_login(cast.people()[part])
    for act in ("password/", "sessions/end/", "second-factor/remove/"):
        assert client.post(f"/accounts/{cast.investigator.pk}/{act}").status_code == 403


# Second factor


def set_up(client: Client, user: User) -> tuple[pyotp.TOTP, list[str]]:
    page = client.get("/account/second-factor/").content.decode()
    assert "<svg" in page
    assert "data:image" not in page
    totp = pyotp.TOTP(re.findall(r"<code>([A-Z2-7]{32})</code>", page)[0])
    shown = client.post("/account/second-factor/", {"code": totp.now()})
    return totp, re.findall(r"<code>([0-9a-f]{6}-[0-9a-f]{6})</code>", shown.content.decode())


@pytest.fixture
def factor(cast: Cast) -> tuple[pyotp.TOTP, list[str]]:
    client = Client()
    enter(client)
    return set_up(client, cast.investigator)


def later(seconds: int = 60):
    return time_machine.travel(timezone.now() + timedelta(seconds=seconds), tick=False)


def test_a_code_is_asked_for_after_the_password(client: Client, cast: Cast, factor) -> None:
    totp, codes = factor
    assert len(codes) == 10
    with later():
        step = enter(client)
        assert step.url.startswith("/login/code/")
        assert client.get("/account/").status_code == 302, "the password alone opens nothing"
        assert client.post(step.url, {"code": "000000"}).status_code == 422
        assert client.post(step.url, {"code": totp.now()}).status_code == 302
        assert client.get("/account/").status_code == 200
    assert {"second_factor.on", "login.failed", "login"} <= set(kinds(cast.investigator))


def test_a_code_opens_once(client: Client, cast: Cast, factor) -> None:
    totp, _codes = factor
    with later():
        assert client.post(enter(client).url, {"code": totp.now()}).status_code == 302
        second = Client()
        assert second.post(enter(second).url, {"code": totp.now()}).status_code == 422


def test_a_recovery_code_opens_once_and_is_kept_as_its_hash(client: Client, cast: Cast, factor) -> None:
    _totp, codes = factor
    assert not RecoveryCode.objects.filter(digest=codes[0]).exists()
    assert client.post(enter(client).url, {"code": codes[0]}).status_code == 302
    second = Client()
    assert second.post(enter(second).url, {"code": codes[0]}).status_code == 422
    assert "second_factor.recovery" in kinds(cast.investigator)


def test_the_secret_lies_encrypted(cast: Cast, factor) -> None:
    totp, _codes = factor
    assert totp.secret not in SecondFactor.objects.get().secret


def test_wrong_codes_lock_out_like_wrong_passwords(client: Client, cast: Cast, factor) -> None:
    step = enter(client).url
    answers = [client.post(step, {"code": "000000"}).status_code for _attempt in range(6)]
    assert answers == [422, 422, 422, 422, 429, 429]


def test_a_role_can_require_it(client: Client, cast: Cast, settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = (Role.INVESTIGATOR,)
    enter(client)
    assert client.get("/subjects/").url == "/account/second-factor/"
    set_up(client, cast.investigator)
    assert client.get("/subjects/").status_code == 200
    other = Client()
    other.force_login(cast.monitor)
    assert other.get("/subjects/").status_code == 200


def test_removing_it_asks_for_the_password(client: Client, cast: Cast) -> None:
    enter(client)
    set_up(client, cast.investigator)
    client.post("/account/second-factor/remove/", {"password": "no"})
    assert SecondFactor.objects.exists()
    client.post("/account/second-factor/remove/", {"password": PASSWORD})
    assert not SecondFactor.objects.exists()
    assert "second_factor.off" in kinds(cast.investigator)


# Idle time and log-ins


def test_an_idle_log_in_ends_and_a_busy_one_goes_on(client: Client, cast: Cast) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        enter(client)
        for minutes in (20, 40, 60):
            clock.move_to(start + timedelta(minutes=minutes))
            assert client.get("/account/").status_code == 200
        clock.move_to(start + timedelta(minutes=91))
        answer = client.get("/subjects/?q=1")
        assert (answer.status_code, answer.url) == (302, "/login/?next=/subjects/%3Fq%3D1")


def test_after_log_in_the_person_is_where_they_were(client: Client, cast: Cast) -> None:
    answer = client.post(
        "/login/?next=/subjects/", {"username": NAME, "password": PASSWORD, "next": "/subjects/"}
    )
    assert answer.url == "/subjects/"


def test_a_part_of_a_page_is_answered_with_a_word_not_with_the_log_in_page(
    client: Client, cast: Cast
) -> None:
    answer = client.get("/subjects/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert "<form" not in answer.content.decode()


def test_ones_own_log_ins_are_listed_by_device_and_can_be_ended(cast: Cast) -> None:
    here, phone, third = Client(), Client(), Client()
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Mobile Safari/604.1"
    enter(here, HTTP_USER_AGENT=firefox), enter(phone, HTTP_USER_AGENT=iphone), enter(third)
    page = here.get("/account/").content.decode()
    assert "Firefox · Linux" in page
    assert "Safari · iPhone" in page
    for each in LoginSession.objects.all():
        assert each.session_key not in page
    assert not LoginSession.objects.filter(session_key=here.session.session_key).exists(), "kept as its hash"
    session = LoginSession.objects.get(device="Safari · iPhone")
    here.post(f"/account/sessions/{session.id}/end/")
    assert phone.get("/account/").status_code == 302
    here.post("/account/sessions/end-others/")
    assert third.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    assert kinds(cast.investigator).count("session.ended") == 2


def test_nobody_ends_somebody_elses_log_in(client: Client, cast: Cast) -> None:
    other = Client()
    enter(other)
    session = LoginSession.objects.get(user=cast.investigator)
    client.force_login(cast.coordinator)
    client.post(f"/account/sessions/{session.id}/end/")
    assert other.get("/account/").status_code == 200


def test_an_administrator_ends_the_log_ins_of_an_account(client: Client, cast: Cast) -> None:
    other = Client()
    enter(other)
    client.force_login(cast.administrator)
    client.post(f"/accounts/{cast.investigator.pk}/sessions/end/")
    assert other.get("/account/").status_code == 302
