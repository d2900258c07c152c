"""The inbox says which signatures are no longer current, to whoever may sign, until they are renewed."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import PASSWORD, Cast, bare_subject, employ, user
from tests.integration.review.entries import enter
from tests.integration.review.signing import LEVELS, sign
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import WorkLine, forms
from trialsite.casebook.selectors import open_slot, work_of
from trialsite.casebook.services import change_state
from trialsite.casebook.slots import Slot

PLACES = {
    "form": "Vital signs · Screening",
    "visit": "Screening",
    "casebook": "The whole casebook",
}


def lines(by: User, **asked: str) -> list[WorkLine]:
    with acting(user=by):
        return [one for one in work_of(by, **asked).lines if one.kind == "sign-again"]


def change(subject: Subject, cast: Cast, weight: str = "71", version: int = 1) -> None:
    enter(subject, cast, weight, base_version=version, reason="typing error")


@pytest.mark.parametrize("level", LEVELS)
def test_a_stale_signature_is_in_the_inbox_until_it_is_renewed(
    client: Client, cast: Cast, subject: Subject, signer: User, level: str
) -> None:
    sign(level, subject, signer)
    assert lines(signer) == []
    change(subject, cast)
    (line,) = lines(signer)
    assert line.detail == f"{PLACES[level]}: 1 signature is no longer current"
    assert (line.verb, line.subject_id) == ("Sign again", subject.pk)
    client.force_login(signer)
    page = client.get(line.url.partition("#")[0]).content.decode()
    assert "Changed since it was signed" in page
    assert "Sign again" in page
    sign(level, subject, signer)
    assert lines(signer) == []


def test_signatures_on_one_thing_are_one_line(cast: Cast, subject: Subject, signer: User) -> None:
    sign("form", subject, signer)
    sign("form", subject, signer, "responsible")
    change(subject, cast)
    (line,) = lines(signer)
    assert line.detail.endswith("2 signatures are no longer current")
    sign("form", subject, signer)
    (line,) = lines(signer)
    assert line.detail.endswith("1 signature is no longer current")


def test_a_value_that_came_back_leaves_nothing_to_renew(cast: Cast, subject: Subject, signer: User) -> None:
    sign("form", subject, signer)
    change(subject, cast)
    change(subject, cast, "70", 2)
    assert lines(signer) == []


def test_another_investigator_may_sign_in_the_place_of_who_left(
    cast: Cast, subject: Subject, signer: User
) -> None:
    with acting(role="system"):
        second = user("second", PASSWORD)
        employ(second, Role.INVESTIGATOR, cast.version, cast.here, head=cast.investigator)
    sign("form", subject, signer)
    change(subject, cast)
    assert len(lines(second)) == 1
    sign("form", subject, second)
    assert lines(signer) == lines(second) == []


def test_a_voided_form_asks_for_no_signature(cast: Cast, subject: Subject, signer: User) -> None:
    for level in LEVELS:
        sign(level, subject, signer)
    with acting(user=cast.coordinator):
        record = open_slot(Slot(subject.pk, "SCR", "VS"), subject, forms["VS"]).record
        change_state(record=record, action="void", by=cast.coordinator, reason="wrong person")
    assert lines(signer) == []


@pytest.mark.parametrize("part", ["coordinator", "monitor", "data_manager", "statistician", "stranger"])
def test_only_who_may_sign_there_sees_it(cast: Cast, subject: Subject, signer: User, part: str) -> None:
    sign("form", subject, signer)
    change(subject, cast)
    assert lines(cast.people()[part]) == []
    assert len(lines(signer, kind="sign-again", study=cast.study.key)) == 1
    assert lines(signer, study="BLINA-VEN") == []


def test_many_lines_are_read_as_often_as_one(cast: Cast, signer: User) -> None:
    counts = []
    for more in (1, 5):
        for _number in range(more):
            subject = bare_subject(cast)
            enter(subject, cast)
            sign("form", subject, signer)
            change(subject, cast)
        lines(signer)
        with CaptureQueriesContext(connection) as seen:
            found = lines(signer, kind="sign-again")
        counts.append(len(seen))
    assert len(found) == 6
    assert counts[0] == counts[1]
