"""Signatures on a visit and on a whole casebook: the rules of a form's signature, over all forms together."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import PASSWORD, Cast, bare_subject
from tests.integration.review.entries import DAY, enter
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import change_state, submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.contents import content_of, digest_of
from trialsite.review.models import Signature
from trialsite.review.signatures import (
    Ceremony,
    Signable,
    SignatureStanding,
    casebook_to_sign,
    sign_casebook,
    sign_form,
    sign_visit,
    standing_on,
    visit_to_sign,
)

LEVELS = ("visit", "casebook")


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """Two forms at screening, one at a later visit."""
    found = bare_subject(cast)
    enter(found, cast)
    enter(found, cast, form="PE")
    enter(found, cast, visit="IND_D1")
    return found


def what(subject: Subject, level: str) -> Signable:
    return visit_to_sign(subject, "SCR", 1) if level == "visit" else casebook_to_sign(subject)


def sign(level: str, subject: Subject, by: User, **told: str) -> Signature:
    with acting(user=by):
        shown = {
            "meaning": "responsible",
            "username": by.username,
            "password": PASSWORD,
            "content_hash": what(subject, level).digest,
        }
        ceremony = Ceremony(**(shown | told))
        if level == "visit":
            return sign_visit(subject_id=subject.pk, key="SCR", repeat=1, told=ceremony, by=by)
        return sign_casebook(subject_id=subject.pk, told=ceremony, by=by)


def standing(level: str, subject: Subject, by: User) -> list[SignatureStanding]:
    with acting(user=by):
        found = what(subject, level)
        return standing_on(found, found.signatures())


@pytest.mark.parametrize(
    ("level", "items"),
    [("visit", {"VS.1/weight"}), ("casebook", {"SCR.1/VS.1/weight", "IND_D1.1/VS.1/weight"})],
)
def test_it_binds_the_content_of_all_forms(
    cast: Cast, subject: Subject, signer: User, level: str, items: set[str]
) -> None:
    signed = sign(level, subject, signer)
    assert signed.level == level
    assert items <= set(signed.content)
    assert [one.stale for one in standing(level, subject, signer)] == [False]


@pytest.mark.parametrize(("level", "item"), [("visit", "VS.1/weight"), ("casebook", "SCR.1/VS.1/weight")])
def test_a_change_of_any_form_makes_it_stale_and_shows_what_differs(
    cast: Cast, subject: Subject, signer: User, level: str, item: str
) -> None:
    sign(level, subject, signer)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    (one,) = standing(level, subject, signer)
    assert (one.stale, one.differences) == (True, [(item, "70 kg", "71 kg")])


def test_a_change_at_another_visit_leaves_a_visits_signature(
    cast: Cast, subject: Subject, signer: User
) -> None:
    sign("visit", subject, signer)
    sign("casebook", subject, signer)
    enter(subject, cast, "71", visit="IND_D1", base_version=1, reason="typing error")
    assert [one.stale for one in standing("visit", subject, signer)] == [False]
    assert [one.stale for one in standing("casebook", subject, signer)] == [True]


@pytest.mark.parametrize("level", LEVELS)
def test_a_form_that_comes_or_goes_makes_it_stale(
    cast: Cast, subject: Subject, signer: User, level: str
) -> None:
    sign(level, subject, signer)
    with acting(user=cast.coordinator):
        examined = enter(subject, cast, form="ECG")
        assert standing(level, subject, signer)[0].stale
        change_state(record=examined, action="void", by=cast.coordinator, reason="wrong visit")
        assert not standing(level, subject, signer)[0].stale


@pytest.mark.parametrize("level", LEVELS)
def test_the_difference_is_signed_again_and_the_old_signature_stays(
    cast: Cast, subject: Subject, signer: User, level: str
) -> None:
    first = sign(level, subject, signer)
    enter(subject, cast, "71", base_version=1, reason="typing error")
    second = sign(level, subject, signer)
    assert second.replaces_id == first.pk
    assert [one.signature.pk for one in standing(level, subject, signer)] == [second.pk]


def test_levels_do_not_replace_one_another(cast: Cast, subject: Subject, signer: User) -> None:
    for level in LEVELS:
        assert sign(level, subject, signer).replaces is None
    with acting(user=signer):
        assert Signature.objects.count() == 2


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("told", "at"),
    [
        ({"username": "somebody"}, "username"),
        ({"password": "wrong"}, "password"),
        ({"meaning": "other"}, "meaning"),
    ],
)
def test_a_signature_that_is_not_ones_own_is_refused_at_its_field(
    cast: Cast, subject: Subject, signer: User, level: str, told: dict[str, str], at: str
) -> None:
    with pytest.raises(CheckFailed) as refusal:
        sign(level, subject, signer, **told)
    assert list(refusal.value.messages) == [at]


@pytest.mark.parametrize("level", LEVELS)
def test_what_changed_since_it_was_shown_or_is_signed_already_is_refused(
    cast: Cast, subject: Subject, signer: User, level: str
) -> None:
    with pytest.raises(Refused, match="changed since it was shown"):
        sign(level, subject, signer, content_hash="0" * 64)
    sign(level, subject, signer)
    with pytest.raises(Refused, match="already"):
        sign(level, subject, signer)


@pytest.mark.parametrize("level", LEVELS)
def test_an_empty_place_is_not_signed(cast: Cast, signer: User, level: str) -> None:
    with pytest.raises(Refused, match="nothing to sign"):
        sign(level, bare_subject(cast), signer)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("part", ["coordinator", "monitor", "data_manager", "statistician"])
def test_only_investigators_sign(cast: Cast, subject: Subject, level: str, part: str) -> None:
    who = cast.people()[part]
    with acting(role="system"):
        who.set_password(PASSWORD)
        who.save()
    with pytest.raises(PermissionDenied):
        sign(level, subject, who)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("place", ["subject", "visit", "form", "empty form"])
@pytest.mark.parametrize(("kind", "refused"), [("freeze", False), ("lock", True)])
def test_signing_goes_on_where_frozen_and_stops_where_anything_of_it_is_locked(
    cast: Cast, subject: Subject, signer: User, level: str, place: str, kind: str, refused: bool
) -> None:
    held = {
        "subject": Place.of_subject(subject),
        "visit": Place.of_visit(subject, "SCR", 1),
        "form": Place.of_slot(subject, Slot(subject.pk, "SCR", "PE")),
        "empty form": Place.of_slot(subject, Slot(subject.pk, "SCR", "ECG")),
    }[place]
    with acting(user=cast.data_manager):
        place_hold(place=held, kind=kind, by=cast.data_manager)
    if refused:
        with pytest.raises(Refused, match="locked"):
            sign(level, subject, signer)
    else:
        assert sign(level, subject, signer).pk


@pytest.mark.parametrize("level", LEVELS)
def test_an_investigator_signs_in_the_browser_and_again_after_a_change(
    client: Client, cast: Cast, subject: Subject, signer: User, level: str
) -> None:
    client.force_login(signer)
    url = f"/subjects/{subject.pk}/" + ("visits/SCR.1/signatures/" if level == "visit" else "signatures/")
    told = {"meaning": "reviewed", "username": signer.username, "password": PASSWORD}
    client.post(url, told | {"content_hash": client.get(url).context["digest"]})
    words = "the forms of this visit" if level == "visit" else "this casebook"
    assert f"I reviewed {words}" in client.get(url).content.decode()
    enter(subject, cast, "71", base_version=1, reason="typing error")
    page = client.get(url).content.decode()
    assert "Changed since it was signed" in page
    assert "Sign again" in page
    assert "71 kg" in page
    client.post(url, told | {"content_hash": client.get(url).context["digest"]})
    assert "Changed since it was signed" not in client.get(url).content.decode()


def test_a_visit_of_which_nothing_is_recorded_is_not_found(
    client: Client, cast: Cast, subject: Subject
) -> None:
    client.force_login(cast.investigator)
    for visit in ("IND_D8.1", "SCR", "nonsense.1"):
        assert client.get(f"/subjects/{subject.pk}/visits/{visit}/signatures/").status_code == 404


def test_the_page_of_signatures_reads_each_kind_of_form_once(
    client: Client, cast: Cast, signer: User
) -> None:
    def reads(visits: int) -> int:
        subject = bare_subject(cast)
        for plan in cast.version.protocol.visits[:visits]:
            enter(subject, cast, visit=plan.key)
        client.force_login(signer)
        with CaptureQueriesContext(connection) as seen:
            client.get(f"/subjects/{subject.pk}/signatures/")
        return len(seen)

    reads(1)
    assert reads(1) == reads(6)


def test_a_form_signed_alone_says_nothing_of_its_visit(cast: Cast, subject: Subject, signer: User) -> None:

    with acting(user=signer):
        opened = open_slot(Slot(subject.pk, "SCR", "VS"), subject, forms["VS"])
        digest = digest_of(content_of(opened.kind, opened.record))
        told = Ceremony("reviewed", signer.username, PASSWORD, digest)
        sign_form(opened=opened, told=told, by=signer)
    assert standing("visit", subject, signer) == standing("casebook", subject, signer) == []


def test_what_is_signed_is_read_in_words(client: Client, cast: Cast) -> None:
    subject = bare_subject(cast)
    lines = [{"analyte": "wbc", "result": Quantity.parse("4", "10*9/L", "wbc")}]
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subject.pk, "SCR", "HEM"),
            values={"performed_on": DAY},
            rows={"results": lines},
            missing={"sample_time": "NOT_DONE"},
            by=cast.coordinator,
        )
    client.force_login(cast.investigator)
    (form,) = client.get(f"/subjects/{subject.pk}/visits/SCR.1/signatures/").context["forms"]
    said = [value for _label, value in form["items"]]
    assert "4 10⁹/L" in said
    assert "Not done" in said
    assert not {"wbc", "NOT_DONE"} & set(said)
