"""Screening to randomisation, and visits not done, by the API: the services, permissions and holds of the pages."""

from typing import Any

import pytest
from django.test import Client

from enrollment.models import Confirmation
from tests.cast import PASSWORD, Cast
from tests.integration.enrollment.candidates import (
    SCREENED,
    TODAY,
    confirmed,
    eligible,
    screened,
    small_cast,
)
from tests.integration.exchange.test_problems import told
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.holds import Place, place_hold
from trialsite.casebook.models import Subject

PERSON = {"full_name": "Zhang San", "national_id": "11010519491231002X"}


@pytest.fixture
def cast(db) -> Cast:
    return small_cast()


def by(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: User, address: str, body: dict[str, Any], **headers: str) -> Any:
    return by(user).post(f"/api/v1/{address}", body, content_type="application/json", headers=headers)


def screening_of(cast: Cast, **more: Any) -> dict[str, Any]:
    place = {"study": cast.study.key, "site": "SGH", "screened_on": SCREENED.isoformat()}
    return place | PERSON | more


def test_a_person_is_screened_once_and_named_nowhere(cast: Cast) -> None:
    sent = screening_of(cast)
    answers = [post(cast.coordinator, "screenings/", sent, **{"Idempotency-Key": "s-1"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert "Zhang" not in answers[0].content.decode()
    with acting(user=cast.coordinator):
        assert Subject.objects.count() == 1
    known = told(post(cast.coordinator, "screenings/", sent), 400, "invalid")
    assert "way" in known


@pytest.mark.parametrize(("who", "status"), [("monitor", 404), ("stranger", 404), ("administrator", 403)])
def test_who_may_not_screen_there_is_refused(cast: Cast, who: str, status: int) -> None:
    assert post(getattr(cast, who), "screenings/", screening_of(cast)).status_code == status


@pytest.mark.parametrize(
    "wrong", [{"screened_on": "yesterday"}, {"screened_on": "2999-01-01"}, {"colour": "red"}]
)
def test_what_is_wrong_of_a_screening_is_told_at_its_field(cast: Cast, wrong: dict[str, str]) -> None:
    body = told(post(cast.coordinator, "screenings/", screening_of(cast, **wrong)), 400, "invalid")
    assert list(body["errors"]) == list(wrong)


def test_an_eligible_subject_is_confirmed_and_enrolled(cast: Cast) -> None:
    subject = eligible(cast)
    at = f"subjects/{subject.pk}"
    told(post(cast.coordinator, f"{at}/confirmation/", {"password": PASSWORD}), 403, "not-allowed")
    told(post(cast.investigator, f"{at}/confirmation/", {"password": "wrong"}), 400, "invalid")
    assert post(cast.investigator, f"{at}/confirmation/", {"password": PASSWORD}).status_code == 200
    with acting(user=cast.investigator):
        assert Confirmation.objects.count() == 1
    enrolled = post(cast.coordinator, f"{at}/enrolment/", {"enrolled_on": TODAY.isoformat()})
    assert (enrolled.status_code, enrolled.json()["state"]) == (200, "enrolled")
    again = post(cast.coordinator, f"{at}/enrolment/", {"enrolled_on": TODAY.isoformat()})
    assert "Only a subject in screening" in told(again, 409, "conflict")["detail"]


def test_nobody_is_enrolled_whose_eligibility_is_not_confirmed(cast: Cast) -> None:
    subject = screened(cast)
    sent = {"enrolled_on": TODAY.isoformat()}
    told(post(cast.coordinator, f"subjects/{subject.pk}/enrolment/", sent), 409, "conflict")
    told(post(cast.stranger, f"subjects/{subject.pk}/enrolment/", sent), 404, "not-found")


def test_who_is_locked_is_not_enrolled(cast: Cast) -> None:
    subject = confirmed(cast)
    with acting(user=cast.data_manager):
        place_hold(place=Place.of_subject(subject), kind="lock", by=cast.data_manager)
    told(
        post(cast.coordinator, f"subjects/{subject.pk}/enrolment/", {"enrolled_on": TODAY.isoformat()}),
        423,
        "held",
    )


def test_a_screening_is_closed_with_its_reason(cast: Cast) -> None:
    subject = screened(cast)
    at = f"subjects/{subject.pk}/screen-failure/"
    told(post(cast.coordinator, at, {}), 400, "invalid")
    failed = post(cast.coordinator, at, {"reason": "withdrew consent"})
    assert (failed.json()["state"], failed.json()["failure_reason"]) == ("screen_failed", "withdrew consent")


def test_randomisation_tells_everything_that_is_missing(db) -> None:
    cast = small_cast("BLINA-INTENS")
    subject = screened(cast)
    sent = {"randomised_on": TODAY.isoformat()}
    body = told(post(cast.coordinator, f"subjects/{subject.pk}/randomisation/", sent), 409, "conflict")
    assert len(body["missing"]) > 1


def test_a_visit_is_recorded_as_not_done_and_taken_back(cast: Cast) -> None:
    subject = screened(cast)
    desk, at = by(cast.coordinator), f"/api/v1/subjects/{subject.pk}/visits/SCR.1/not-done/"
    send = {"content_type": "application/json"}
    assert desk.put(at, {"reason": "NONE"}, **send).status_code == 400
    done = desk.put(at, {"reason": "OTHER", "text": "road closed"}, **send)
    assert (done.status_code, done.json()["missed_text"]) == (200, "road closed")
    told(desk.delete(at, {}, **send), 400, "invalid")
    assert desk.delete(at, {"reason": "wrong visit"}, **send).json()["missed_reason"] == ""
    told(desk.delete(at, {"reason": "wrong visit"}, **send), 409, "conflict")
    told(by(cast.monitor).put(at, {"reason": "OTHER", "text": "x"}, **send), 403, "not-allowed")
    told(by(cast.stranger).put(at, {"reason": "OTHER", "text": "x"}, **send), 404, "not-found")
    told(desk.put(at.replace("SCR.1", "NONE.1"), {"reason": "OTHER", "text": "x"}, **send), 404, "not-found")
