"""Two readers who find the same subject behind at the same moment: one derives, the other waits and reads."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from assessments.models import PlannedVisit
from tests.cast import bare_subject, make_cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.services import locked_subject


def test_both_read_what_one_of_them_derived(committed_db: str) -> None:
    cast = make_cast()
    for _ in range(3):
        bare_subject(cast)
    started, problems, counts = threading.Barrier(2), [], []

    def read() -> None:
        try:
            with acting(user=cast.coordinator):
                started.wait(20)
                bring_up_to_date(Subject.objects.visible_to(cast.coordinator))
                counts.append(PlannedVisit.objects.filter(key="SCR").count())
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(60)
    if problems:
        pytest.fail(f"{problems}")
    assert counts == [3, 3]


def test_who_writes_and_who_reads_do_not_wait_in_a_circle(committed_db: str) -> None:
    """The writer has the subject and then derives; the reader has derived and then points at the subject."""
    cast = make_cast()
    subject = bare_subject(cast)
    locked, derived, problems = threading.Event(), threading.Event(), []

    def write() -> None:
        with acting(user=cast.coordinator):
            locked_subject(subject.pk, cast.coordinator)
            locked.set()
            derived.wait(20)
            bring_up_to_date(Subject.objects.filter(pk=subject.pk))

    def read() -> None:
        locked.wait(20)
        with acting(user=cast.coordinator):
            bring_up_to_date(Subject.objects.filter(pk=subject.pk))
            derived.set()

    def tried(act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as problem:
            problems.append(problem)
        finally:
            connection.close()

    both = [threading.Thread(target=tried, args=[act]) for act in (write, read)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert problems == []
