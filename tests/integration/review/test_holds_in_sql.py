"""The last guard of what is held: raw SQL as the app role, under a hold at each level, in each table it stops."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.cast import Cast, bare_subject
from tests.integration.review.entries import DAY
from tests.integration.review.signing import LEVELS as SIGNED
from tests.integration.review.signing import sign
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.review.queries import open_query
from trialsite.review.verification import verify_items

FORM = "HEM"
LEVELS: dict[str, Callable[[Subject], Place]] = {
    "form": lambda subject: Place.of_slot(subject, Slot(subject.pk, "SCR", FORM)),
    "visit": lambda subject: Place.of_visit(subject, "SCR", 1),
    "subject": Place.of_subject,
    "site": lambda subject: Place(subject.study_id, subject.site_id),
    "study": lambda subject: Place(subject.study_id),
}
# Tables with a row of the form, and what a second row has otherwise.
VALUES: dict[str, dict[str, Any]] = {
    "assessments_labreport": {"state": "voided"},
    "assessments_labresult": {"line": 9},
}
REVIEW: dict[str, dict[str, Any]] = {
    "review_query": {},
    "review_querymessage": {},
    "review_verification": {"item": "performed_on"},
    "review_signature": {},
}
COPY = """INSERT INTO {table} SELECT (jsonb_populate_record(one, %s || jsonb_build_object('id', gen_random_uuid()))).*
    FROM {table} one WHERE subject_id = %s AND {only}"""
OF_THE_FORM = {"review_signature": "record_id IS NOT NULL"}


@pytest.fixture
def subject(cast: Cast, signer: User) -> Subject:
    """A laboratory report with a line, a query, a verification and a signature; the visit and casebook signed too."""
    found = bare_subject(cast)
    slot = Slot(found.pk, "SCR", FORM)
    lines = [{"analyte": "platelets", "result": Quantity.parse("100", "10*9/L", "platelets")}]
    with acting(user=cast.coordinator):
        submit_form(slot=slot, values={"performed_on": DAY}, rows={"results": lines}, by=cast.coordinator)
    with acting(user=cast.monitor):
        open_query(slot=slot, text="Which laboratory?", by=cast.monitor)
        opened = open_slot(slot, found, forms[FORM])
        verify_items(opened=opened, items=["results.1.result"], by=cast.monitor)
    for level in SIGNED:
        sign(level, found, signer, form=FORM)
    return found


def hold(cast: Cast, place: Place, kind: str) -> None:
    with acting(user=cast.data_manager):
        place_hold(place=place, kind=kind, by=cast.data_manager)


def run(by: User, sql: str, *values: Any) -> int:
    """How many rows a statement of the app role writes; taken back."""
    with acting(user=by), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        transaction.set_rollback(True)
        return cursor.rowcount


def copy(cast: Cast, table: str, subject: Subject, only: str = "", **changes: Any) -> int:
    """Write a second row like the one that stands there."""
    changes = (VALUES | REVIEW)[table] | changes
    sql = COPY.format(table=table, only=only or OF_THE_FORM.get(table, "true"))
    return run(cast.coordinator, sql, json.dumps(changes), subject.pk)


def update(cast: Cast, table: str, subject: Subject, column: str) -> int:
    sql = f"UPDATE {table} SET {column} = {column} WHERE subject_id = %s"
    return run(cast.coordinator, sql, subject.pk)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("kind", ["freeze", "lock"])
@pytest.mark.parametrize("table", VALUES)
def test_values_are_refused_where_frozen_or_locked(
    cast: Cast, subject: Subject, table: str, kind: str, level: str
) -> None:
    assert copy(cast, table, subject) == update(cast, table, subject, "extra") == 1
    hold(cast, LEVELS[level](subject), kind)
    with pytest.raises(DatabaseError, match="held"):
        copy(cast, table, subject)
    with pytest.raises(DatabaseError, match="held"):
        update(cast, table, subject, "extra")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("table", REVIEW)
def test_review_is_refused_where_locked_and_goes_on_where_frozen(
    cast: Cast, subject: Subject, table: str, level: str
) -> None:
    hold(cast, LEVELS[level](subject), "freeze")
    assert copy(cast, table, subject) == 1
    hold(cast, LEVELS[level](subject), "lock")
    with pytest.raises(DatabaseError, match="held"):
        copy(cast, table, subject)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("table", ["review_query", "review_verification"])
def test_a_mark_of_review_does_not_change_where_locked(
    cast: Cast, subject: Subject, table: str, level: str
) -> None:
    hold(cast, LEVELS[level](subject), "lock")
    with pytest.raises(DatabaseError, match="held"):
        update(cast, table, subject, "id")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "only", ["visit_id IS NOT NULL", "record_id IS NULL AND visit_id IS NULL"], ids=["visit", "casebook"]
)
def test_a_lock_of_a_part_stops_signatures_on_the_whole(
    cast: Cast, subject: Subject, only: str, level: str
) -> None:
    assert copy(cast, "review_signature", subject, only) == 1
    hold(cast, LEVELS[level](subject), "lock")
    with pytest.raises(DatabaseError, match="held"):
        copy(cast, "review_signature", subject, only)


@pytest.mark.parametrize("table", [*VALUES, *REVIEW])
def test_the_lock_of_another_form_stops_nothing(cast: Cast, subject: Subject, table: str) -> None:
    hold(cast, Place.of_slot(subject, Slot(subject.pk, "SCR", "PE")), "lock")
    assert copy(cast, table, subject) == 1


def test_the_lock_of_another_visit_stops_no_signature_on_a_visit(cast: Cast, subject: Subject) -> None:
    hold(cast, Place.of_visit(subject, "IND_D1", 1), "lock")
    assert copy(cast, "review_signature", subject, "visit_id IS NOT NULL") == 1
    with pytest.raises(DatabaseError, match="held"):
        copy(cast, "review_signature", subject, "record_id IS NULL AND visit_id IS NULL")


@pytest.mark.parametrize("table", ["review_verification", "review_signature"])
def test_what_names_no_form_passes_no_lock(cast: Cast, subject: Subject, table: str) -> None:
    hold(cast, LEVELS["form"](subject), "lock")
    with pytest.raises(DatabaseError, match="held"):
        copy(cast, table, subject, record_id="00000000-0000-0000-0000-000000000000")
