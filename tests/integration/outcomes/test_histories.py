"""The record read as histories: published days and events come back from forms that were really entered."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outcomes.domain.endpoints import derive
from outcomes.domain.results import Status
from outcomes.histories import history_of
from outcomes.models import EndpointResult, SubjectCourse
from outcomes.results import derive_course, derive_results
from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date

from .worked_example import COURSES, CUT_OFF, Course, day, enter, relapsed, seen, subject_at


def expected(endpoint: str, course: Course) -> tuple[int, str]:
    return {"RFS": course.rfs, "OS": course.os, "GRFS": course.grfs}[endpoint]


def test_the_worked_example_comes_back_from_the_record(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    with acting(user=hsct_cast.monitor):
        bring_up_to_date(Subject.objects.all())
        for course in COURSES:
            for endpoint in ("RFS", "OS", "GRFS"):
                one = EndpointResult.objects.get(subject=subjects[course.name], endpoint=endpoint)
                assert (one.days, one.event_type) == expected(endpoint, course), f"{course.name} {endpoint}"
                assert one.in_set is True
                assert one.cause == (1 if one.event_type else 0)


def test_an_event_after_the_cut_off_is_ignored(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    relapsed(subjects["P08"], hsct_cast.coordinator, CUT_OFF + timedelta(days=9))
    with acting(user=hsct_cast.coordinator):
        history = history_of([subjects["P08"].pk])[subjects["P08"].pk]
        plan = hsct_cast.version.protocol.endpoint_of("RFS")
        cut, uncut = derive(plan, history, CUT_OFF), derive(plan, history)
    assert (cut.status, cut.days) == (Status.CENSORED, 540)
    assert (uncut.status, uncut.days) == (Status.EVENT, 569)


def test_what_is_stored_is_what_would_be_derived_now(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    names = [
        field.name for field in EndpointResult._meta.fields if field.name not in ("subject", "study", "site")
    ]
    with acting(user=hsct_cast.monitor):
        bring_up_to_date(Subject.objects.all())
        for subject in Subject.objects.select_related("protocol_version"):
            stored = {one.endpoint: one for one in EndpointResult.objects.filter(subject=subject)}
            fresh = derive_results(subject)
            assert {one.endpoint for one in fresh} == set(stored)
            for one in fresh:
                assert [getattr(one, name) for name in names] == [
                    getattr(stored[one.endpoint], name) for name in names
                ]
            course = SubjectCourse.objects.get(subject=subject)
            (now,) = derive_course(subject)
            assert (course.transplanted_on, course.relapsed_on, course.died_on) == (
                now.transplanted_on,
                now.relapsed_on,
                now.died_on,
            )


def test_a_correction_changes_the_endpoint_at_the_next_reading(
    hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    with acting(user=hsct_cast.coordinator):
        mine = Subject.objects.filter(pk=subjects["P03"].pk)
        bring_up_to_date(mine)
        before = EndpointResult.objects.get(subject=subjects["P03"], endpoint="RFS")
    relapsed(subjects["P03"], hsct_cast.coordinator, "2027-10-01")
    with acting(user=hsct_cast.coordinator):
        bring_up_to_date(mine)
        after = EndpointResult.objects.get(subject=subjects["P03"], endpoint="RFS")
    assert (before.cause, after.cause, after.days) == (0, 1, 607)
    assert any(table == "outcomes_relapse" for table, _row, _item in after.sources)


def test_a_telephone_call_shows_life_and_never_remission(
    hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    with acting(user=hsct_cast.coordinator):
        history = history_of([subjects["P03"].pk])[subjects["P03"].pk]
    assert [one.earliest for one in history.assessments] == [day("2027-09-20")]
    assert max(one.earliest for one in history.alive) == day("2027-10-25")


def test_a_contact_that_found_the_subject_dead_is_no_sign_of_life(hsct_cast: Cast) -> None:
    subject = subject_at(hsct_cast, hsct_cast.here, day("2026-01-01"), hsct_cast.coordinator)
    seen(subject, hsct_cast.coordinator, "2026-05-01", alive=False, no_relapse=None)
    with acting(user=hsct_cast.coordinator):
        history = history_of([subject.pk])[subject.pk]
    assert history.alive == ()


@pytest.mark.parametrize(
    ("degree", "follow_up", "data_use"),
    [("TREATMENT", False, False), ("FOLLOW_UP", True, False), ("DATA_USE", True, True)],
)
def test_each_degree_of_withdrawal_goes_further(
    hsct_cast: Cast, degree: str, follow_up: bool, data_use: bool
) -> None:
    subject = subject_at(hsct_cast, hsct_cast.here, day("2026-01-01"), hsct_cast.coordinator)
    enter(subject, hsct_cast.coordinator, "WD", performed_on=day("2026-07-01"), degree=degree)
    with acting(user=hsct_cast.coordinator):
        history = history_of([subject.pk])[subject.pk]
    assert (history.follow_up_withdrawn is not None, history.data_use_withdrawn is not None) == (
        follow_up,
        data_use,
    )


def test_many_subjects_cost_as_many_queries_as_one(hsct_cast: Cast, subjects: dict[str, Subject]) -> None:
    ids = [subject.pk for subject in subjects.values()]
    with acting(user=hsct_cast.monitor):
        history_of(ids[:1])
        with CaptureQueriesContext(
            connection,
        ) as few:
            history_of(ids[:3])
        with CaptureQueriesContext(connection) as many:
            found = history_of(ids)
    assert len(many) == len(few)
    assert len(found) == 12
    assert sum(1 for one in found.values() if one.relapses) == 4


def test_nobody_has_an_empty_history(hsct_cast: Cast) -> None:
    subject = subject_at(hsct_cast, hsct_cast.here, date(2024, 3, 1), hsct_cast.coordinator)
    with acting(user=hsct_cast.coordinator):
        history = history_of([subject.pk])[subject.pk]
        results = {one.endpoint: one for one in derive_results(subject)}
    assert (history.hsct_d0, history.relapses, history.death) == (None, (), None)
    assert results["RFS"].reason_code == "not_transplanted"
