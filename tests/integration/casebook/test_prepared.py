"""A prepared query answers as Django's own does, whatever was asked before, and brings what it joins."""

from threading import Thread
from uuid import UUID

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast, bare_subject
from tests.integration.casebook.test_forms import enter
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.prepared import Bound, Prepared
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import lock_slot
from trialsite.casebook.slots import Slot


@pytest.fixture
def by_number() -> Prepared[Subject]:
    return Prepared(
        lambda: Subject.objects.filter(pk=Bound("subject")).select_related("study", "site").order_by("pk")
    )


def test_each_asking_binds_its_own_values(cast: Cast, by_number: Prepared[Subject]) -> None:
    first, second = bare_subject(cast), bare_subject(cast)
    with acting(user=cast.coordinator):
        for subject in (first, second, first):
            with CaptureQueriesContext(connection) as queries:
                (found,) = by_number(subject=subject.pk)
                assert (found, found.site, found.study) == (subject, cast.here, cast.study)
            assert len(queries) == 1
        assert by_number(subject=UUID(int=0)) == []


def test_row_level_security_holds_for_whoever_asks_next(cast: Cast, by_number: Prepared[Subject]) -> None:
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        assert by_number(subject=subject.pk) == [subject]
    with acting(user=cast.stranger):
        assert by_number(subject=subject.pk) == []


def test_each_thread_asks_on_its_own_connection(committed_db: str) -> None:
    nobody = Prepared(lambda: Subject.objects.filter(pk=Bound("subject")))
    used = []

    def ask() -> None:
        with connection.execute_wrapper(
            lambda execute, *asked: used.append(connection.connection) or execute(*asked)
        ):
            assert nobody(subject=UUID(int=1)) == []
        connections.close_all()

    ask()
    other = Thread(target=ask)
    other.start()
    other.join()
    assert len(set(used)) == 2


def test_a_locked_slot_is_what_an_open_one_is(cast: Cast) -> None:
    subject = bare_subject(cast)
    slot = Slot(subject.pk, "SCR", "VS")
    with acting(user=cast.coordinator):
        empty = lock_slot(slot=slot, by=cast.coordinator)
        assert (empty.visit, empty.record) == (None, None)
        enter(subject, cast)
        locked, opened = lock_slot(slot=slot, by=cast.coordinator), open_slot(slot, subject, empty.kind)
        assert (locked.visit, locked.record) == (opened.visit, opened.record)
        assert locked.record is not None
        for other in (Slot(subject.pk, "SCR", "VS", 2), Slot(subject.pk, "SCR", "VS", 1, 2)):
            assert lock_slot(slot=other, by=cast.coordinator).record is None
