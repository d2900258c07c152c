"""Enrolment: what it needs, the number it gives, the arm of a single-arm trial, and the cap."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError, connection, transaction

from enrollment.selectors import places_taken
from enrollment.services import enrol_subject
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today

from .candidates import SCREENED, confirmed, eligible, enrolled, enter, small_cast
from .test_confirming import DIAGNOSIS


def test_enrolment_gives_number_day_and_arm(crew: Cast) -> None:
    subject = enrolled(crew)
    assert subject.subject_number == "BLF-0001"
    assert subject.state == "enrolled"
    assert subject.enrolled_on == site_today(subject)
    assert subject.arm == "BLINA"
    assert subject.screening_number == "S-BLF-0001"


def test_nobody_is_enrolled_without_a_confirmation(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.coordinator), pytest.raises(Refused, match="not confirmed"):
        enrol_subject(subject=subject, enrolled_on=site_today(subject), by=crew.coordinator)


def test_a_confirmation_that_the_record_has_left_behind_does_not_enrol(crew: Cast) -> None:
    subject = confirmed(crew)
    enter(subject, crew.coordinator, "DX", SCREENED, **DIAGNOSIS | {"cd19_pct": Decimal("60")})
    with acting(user=crew.coordinator), pytest.raises(Refused, match="confirm it again"):
        enrol_subject(subject=subject, enrolled_on=site_today(subject), by=crew.coordinator)


def test_nobody_is_enrolled_twice(crew: Cast) -> None:
    subject = enrolled(crew)
    with acting(user=crew.coordinator), pytest.raises(Refused, match="in screening"):
        enrol_subject(subject=subject, enrolled_on=site_today(subject), by=crew.coordinator)


def test_a_monitor_does_not_enrol(crew: Cast) -> None:
    subject = confirmed(crew)
    with acting(user=crew.monitor), pytest.raises(PermissionDenied):
        enrol_subject(subject=subject, enrolled_on=site_today(subject), by=crew.monitor)


def test_enrolment_before_screening_or_tomorrow_is_refused(crew: Cast) -> None:
    subject = confirmed(crew)
    with acting(user=crew.coordinator):
        for day in (SCREENED - timedelta(days=1), site_today(subject) + timedelta(days=1)):
            with pytest.raises(Refused):
                enrol_subject(subject=subject, enrolled_on=day, by=crew.coordinator)


@pytest.mark.django_db
def test_the_planned_number_is_a_cap_and_the_last_place_can_be_taken() -> None:
    cast = small_cast(planned=2)
    assert [enrolled(cast).subject_number for _ in range(2)] == ["BLF-0001", "BLF-0002"]
    subject = confirmed(cast)
    with acting(user=cast.coordinator):
        with pytest.raises(Refused, match="no place is left"):
            enrol_subject(subject=subject, enrolled_on=site_today(subject), by=cast.coordinator)
        assert places_taken(cast.study.pk) == 2
        assert Subject.objects.get(pk=subject.pk).state == "screening"


@pytest.mark.django_db
def test_a_study_without_a_planned_number_has_no_cap() -> None:
    cast = small_cast(planned=None)
    assert [enrolled(cast).subject_number for _ in range(2)] == ["BLF-0001", "BLF-0002"]


def test_the_counter_of_places_cannot_be_touched_by_the_application(crew: Cast) -> None:
    enrolled(crew)
    for statement in (
        "SELECT * FROM enrollment_enrolmentplaces",
        "UPDATE enrollment_enrolmentplaces SET taken = 0",
        "DELETE FROM enrollment_enrolmentplaces",
    ):
        with (
            acting(user=crew.coordinator),
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_somebody_from_another_site_cannot_take_a_place_for_the_subject(crew: Cast) -> None:
    subject = confirmed(crew)
    with (
        acting(user=crew.stranger),
        pytest.raises(ProgrammingError, match="No subject of yours"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT enrolment_take_place(%s)", [subject.pk])


def test_two_people_who_take_the_last_place_at_once_get_one(committed_db: str) -> None:
    cast = small_cast(planned=1)
    subjects = [confirmed(cast), confirmed(cast)]
    start, outcomes = Barrier(2), []

    def take(subject: Subject) -> None:
        try:
            with acting(user=cast.coordinator):
                start.wait(timeout=10)
                done = enrol_subject(subject=subject, enrolled_on=site_today(subject), by=cast.coordinator)
                outcomes.append(done.subject_number)
        except Refused as refusal:
            outcomes.append(refusal.sentence)
        finally:
            connection.close()

    threads = [Thread(target=take, args=[subject]) for subject in subjects]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcome.startswith("BLF-") for outcome in outcomes) == [False, True]
    with acting(user=cast.coordinator):
        assert places_taken(cast.study.pk) == 1
