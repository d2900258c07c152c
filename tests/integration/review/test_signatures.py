"""Electronic signatures: name and password again, bound to the content, stale after a change, renewed with a reason."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client

from tests.cast import PASSWORD, Cast
from tests.integration.review.entries import enter
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.slots import OpenSlot, Slot
from trialsite.review.contents import content_of, digest_of
from trialsite.review.models import Signature
from trialsite.review.signatures import Ceremony, SignatureStanding, sign_form, standing_signatures


def opened(subject: Subject) -> OpenSlot:
    return open_slot(Slot(subject.pk, "SCR", "VS"), subject, forms["VS"])


def sign(subject: Subject, by: User, **told: str) -> Signature:
    with acting(user=by):
        form = opened(subject)
        shown = {
            "meaning": "responsible",
            "username": by.username,
            "password": PASSWORD,
            "content_hash": digest_of(content_of(form.kind, form.record)),
        }
        return sign_form(opened=form, told=Ceremony(**(shown | told)), by=by)


def standing(subject: Subject, by: User) -> list[SignatureStanding]:
    with acting(user=by):
        form = opened(subject)
        return standing_signatures(form.kind, form.record)[0]


def test_a_signature_keeps_who_when_meaning_and_content(cast: Cast, subject: Subject, signer: User) -> None:
    signed = sign(subject, signer)
    assert (signed.signer_name, signed.meaning) == (signer.full_name, "responsible")
    assert signed.content["weight"] == "70 kg"
    assert signed.content_hash == digest_of(signed.content)
    assert [one.stale for one in standing(subject, signer)] == [False]


def test_a_later_change_marks_it_stale_and_shows_what_differs(
    cast: Cast, subject: Subject, signer: User
) -> None:
    sign(subject, signer)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    (one,) = standing(subject, signer)
    assert (one.stale, one.differences) == (True, [("weight", "70 kg", "71 kg")])


def test_the_difference_is_signed_again_and_the_old_signature_stays(
    cast: Cast, subject: Subject, signer: User
) -> None:
    first = sign(subject, signer)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    second = sign(subject, signer)
    assert second.replaces_id == first.pk
    assert [one.signature.pk for one in standing(subject, signer)] == [second.pk]
    with acting(user=signer):
        assert Signature.objects.count() == 2


def test_a_value_that_came_back_is_as_it_was_signed(cast: Cast, subject: Subject, signer: User) -> None:
    sign(subject, signer)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    enter(subject, cast, "70", base_version=2, reason="typing error")
    assert [one.stale for one in standing(subject, signer)] == [False]


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"username": "somebody"}, "username"),
        ({"password": "wrong"}, "password"),
        ({"meaning": "other"}, "meaning"),
    ],
)
def test_a_signature_that_is_not_ones_own_is_refused_at_its_field(
    cast: Cast, subject: Subject, signer: User, told: dict[str, str], at: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        sign(subject, signer, **told)
    assert list(refusal.value.messages) == [at]


def test_a_wrong_password_is_an_event(client: Client, cast: Cast, subject: Subject, signer: User) -> None:
    client.force_login(signer)
    url = Slot(subject.pk, "SCR", "VS").url()
    told = {"meaning": "reviewed", "username": signer.username, "password": "wrong", "content_hash": "x"}
    client.post(f"{url}signatures/", told)
    with acting(role="system"):
        assert Event.objects.filter(kind="signature.password_wrong", user_id=signer.pk).count() == 1


def press(client: Client, subject: Subject, signer: User, password: str) -> HttpResponse:
    """Sign on the page of the form."""
    with acting(user=signer):
        form = opened(subject)
        shown = digest_of(content_of(form.kind, form.record))
    told = {"meaning": "reviewed", "username": signer.username, "password": password, "content_hash": shown}
    return client.post(form.slot.url("sign"), told)


def events(user: User) -> list[str]:
    with acting(role="system"):
        return list(Event.objects.filter(user_id=user.pk).order_by("id").values_list("kind", flat=True))


def test_four_wrong_passwords_let_the_signer_go_on_and_are_forgotten(
    client: Client, cast: Cast, subject: Subject, signer: User
) -> None:
    client.force_login(signer)
    for _round in range(2):
        for _attempt in range(4):
            assert press(client, subject, signer, "wrong").status_code != 429
        press(client, subject, signer, PASSWORD)
        enter(subject, cast, "71" if _round == 0 else "72", base_version=_round + 1, reason="typing error")
    with acting(user=signer):
        assert Signature.objects.count() == 2
    assert "lockout" not in events(signer)


def test_the_fifth_wrong_password_locks_the_signer_out_and_ends_the_log_in(
    client: Client, subject: Subject, signer: User
) -> None:
    client.force_login(signer)
    for _attempt in range(4):
        press(client, subject, signer, "wrong")
    answer = press(client, subject, signer, "wrong")
    assert answer.status_code == 429
    assert "Nothing was signed, and you are logged out" in answer.content.decode()
    assert client.get("/account/").status_code == 302
    assert events(signer).count("signature.password_wrong") == 5
    assert "login.failed" not in events(signer)
    assert "lockout" in events(signer)
    again = client.post("/login/", {"username": signer.username, "password": PASSWORD})
    assert again.status_code == 429


def test_wrong_passwords_at_log_in_and_at_a_signature_count_together(
    client: Client, subject: Subject, signer: User
) -> None:
    client.force_login(signer)
    for _attempt in range(3):
        Client().post("/login/", {"username": signer.username, "password": "wrong"})
    assert press(client, subject, signer, "wrong").status_code != 429
    assert press(client, subject, signer, "wrong").status_code == 429
    with acting(user=signer):
        assert not Signature.objects.exists()


def test_who_is_locked_out_signs_nothing_with_the_right_password(
    client: Client, subject: Subject, signer: User
) -> None:
    client.force_login(signer)
    for _attempt in range(5):
        Client().post("/login/", {"username": signer.username, "password": "wrong"})
    assert press(client, subject, signer, PASSWORD).status_code == 429
    with acting(user=signer):
        assert not Signature.objects.exists()


def test_what_changed_after_it_was_shown_is_not_signed_unseen(
    cast: Cast, subject: Subject, signer: User
) -> None:
    with pytest.raises(Refused, match="changed since it was shown"):
        sign(subject, signer, content_hash="0" * 64)


def test_nothing_is_signed_twice_unchanged(cast: Cast, subject: Subject, signer: User) -> None:
    sign(subject, signer)
    with pytest.raises(Refused, match="already"):
        sign(subject, signer)
    assert sign(subject, signer, meaning="reviewed").replaces is None


@pytest.mark.parametrize("part", ["coordinator", "monitor", "data_manager", "statistician"])
def test_only_investigators_sign(cast: Cast, subject: Subject, part: str) -> None:
    who = cast.people()[part]
    with acting(role="system"):
        who.set_password(PASSWORD)
        who.save()
    with pytest.raises(PermissionDenied):
        sign(subject, who)


@pytest.mark.parametrize(("kind", "refused"), [("freeze", False), ("lock", True)])
def test_signing_goes_on_where_frozen_and_stops_where_locked(
    cast: Cast, subject: Subject, signer: User, kind: str, refused: bool
) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind=kind, by=cast.data_manager)
    if refused:
        with pytest.raises(Refused, match="locked"):
            sign(subject, signer)
    else:
        assert sign(subject, signer).pk


def test_the_app_role_cannot_change_a_signature(cast: Cast, subject: Subject, signer: User) -> None:
    signed = sign(subject, signer)
    with acting(user=signer), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Signature.objects.filter(pk=signed.pk).update(content_hash="")


def test_an_investigator_signs_in_the_browser(
    client: Client, cast: Cast, subject: Subject, signer: User
) -> None:
    client.force_login(signer)
    url = Slot(subject.pk, "SCR", "VS").url()
    digest = client.get(url).context["panels"]
    shown = next(panel["digest"] for panel in digest if "digest" in panel)
    told = {
        "meaning": "responsible",
        "username": signer.username,
        "password": PASSWORD,
        "content_hash": shown,
    }
    client.post(f"{url}signatures/", told)
    assert "I take responsibility" in client.get(url).content.decode()
    enter(subject, cast, "71", base_version=1, reason="typing error")
    page = client.get(url).content.decode()
    assert "Changed since it was signed" in page
    assert "71 kg" in page
