"""The dossier as people read it, the inbox lines and the alerts."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils.html import escape

from enrollment.alerts import consent_alerts
from enrollment.work import KINDS
from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.due import due_in_words, hour_in_words
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import work_of
from trialsite.clinical.partial_date import PartialDate

from .candidates import (
    SCREENED,
    TODAY,
    Answers,
    confirmed,
    days_ago,
    eligible,
    enrolled,
    enter,
    fill_in,
    screened,
    sign_consent,
)


def dossier(client: Client, subject: Subject, who: User) -> str:
    client.force_login(who)
    answer = client.get(f"/subjects/{subject.pk}/eligibility/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def kinds(user: User) -> list[str]:
    with acting(user=user):
        return [line.kind for line in work_of(user).lines if line.kind in KINDS]


def test_a_new_candidate_shows_what_is_missing_and_where_to_enter_it(client: Client, crew: Cast) -> None:
    subject = screened(crew)
    page = dossier(client, subject, crew.coordinator)
    assert "Not decided yet" in page
    assert "Flow cytometry laboratory" in page
    assert f'href="/subjects/{subject.pk}/slots/SCR.1/DX.1/"' in page


def test_values_stand_against_limits_with_unit_date_and_age(client: Client, crew: Cast) -> None:
    page = dossier(client, eligible(crew), crew.coordinator)
    assert "92.5 %" in page
    assert "≥ 20" in page
    assert SCREENED.isoformat() in page
    assert "B-cell precursor ALL" in page
    assert "in favour, 0 against, 0 unknown" in page


def test_the_coordinator_waits_for_the_investigator_who_gets_the_password_field(
    client: Client, crew: Cast
) -> None:
    subject = eligible(crew)
    waiting = dossier(client, subject, crew.coordinator)
    assert "An investigator of this site has to confirm" in waiting
    assert 'name="password"' not in waiting
    assert 'name="password"' in dossier(client, subject, crew.investigator)


def test_the_page_enrols_and_then_offers_nothing_more(client: Client, crew: Cast) -> None:
    subject = confirmed(crew)
    page = dossier(client, subject, crew.coordinator)
    assert "0 of 101 places are taken" in page
    answer = client.post(f"/subjects/{subject.pk}/eligibility/enrol/", {"enrolled_on": TODAY.isoformat()})
    assert answer.status_code == 302
    after = dossier(client, subject, crew.coordinator)
    assert "BLF-0001" in after
    assert "places are taken" not in after


def test_the_page_says_that_the_record_changed_after_the_confirmation(client: Client, crew: Cast) -> None:
    subject = confirmed(crew)
    enter(subject, crew.coordinator, "EL", SCREENED, refused=False, investigator_unsuitable=None)
    page = dossier(client, subject, crew.coordinator)
    assert "Changed since it was confirmed." in page
    assert "Unsuitable for another reason" in page


def test_a_screen_failure_from_the_page_needs_a_reason_and_keeps_it(client: Client, crew: Cast) -> None:
    subject = screened(crew)
    client.force_login(crew.coordinator)
    url = f"/subjects/{subject.pk}/eligibility/fail/"
    assert client.post(url, {"reason": ""}).status_code == 422
    assert client.post(url, {"reason": "other", "words": ""}).status_code == 422
    assert client.post(url, {"reason": "other", "words": "moved away"}).status_code == 302
    assert "moved away" in dossier(client, subject, crew.coordinator)


def test_a_stranger_gets_404_on_every_page_of_the_subject(client: Client, crew: Cast) -> None:
    subject = eligible(crew)
    client.force_login(crew.stranger)
    base = f"/subjects/{subject.pk}/eligibility/"
    assert client.get(base).status_code == 404
    for leaf in ("confirm", "fail", "enrol", "randomise"):
        assert client.post(f"{base}{leaf}/", {}).status_code == 404


@pytest.mark.parametrize("who", ["monitor", "data_manager", "statistician"])
def test_others_read_the_dossier_and_decide_nothing(client: Client, crew: Cast, who: str) -> None:
    page = dossier(client, eligible(crew), crew.people()[who])
    assert "Eligible" in page
    assert 'name="password"' not in page
    assert 'name="reason"' not in page


def test_work_moves_from_the_coordinator_to_the_investigator_and_back(crew: Cast) -> None:
    subject = screened(crew)
    assert kinds(crew.coordinator) == ["screening"]
    fill_in(subject, crew.coordinator)
    assert kinds(crew.coordinator) == []
    assert kinds(crew.investigator) == ["confirm"]
    done = confirmed(crew)
    assert sorted(kinds(crew.coordinator)) == ["enrol"]
    assert done.state == "screening"


def test_an_ineligible_candidate_is_to_be_closed(crew: Cast) -> None:
    fill_in(screened(crew), crew.coordinator, Answers(nyha="III"))
    with acting(user=crew.coordinator):
        (line,) = work_of(crew.coordinator).lines
    assert line.kind == "screen-failure"
    assert "000-E8" in line.detail


def test_strangers_monitors_and_the_enrolled_have_no_lines(crew: Cast) -> None:
    screened(crew)
    assert kinds(crew.stranger) == []
    assert kinds(crew.monitor) == []
    enrolled(crew)
    assert kinds(crew.coordinator) == ["screening"]


def test_lateness_in_words() -> None:
    assert due_in_words(TODAY, TODAY) == ("due", "today")
    assert due_in_words(days_ago(1), TODAY) == ("late", "1 day late")
    assert due_in_words(days_ago(3), TODAY) == ("late", "3 days late")
    assert due_in_words(TODAY, days_ago(2)) == ("upcoming", "in 2 days")


def test_alerts_name_the_signature_that_is_missing(crew: Cast) -> None:
    subject = screened(crew)

    def alerts() -> list[str]:
        with acting(user=crew.coordinator):
            return [str(one) for one in consent_alerts(subject)]

    assert alerts() == ["No signed consent is recorded."]
    birth = PartialDate.parse(f"{SCREENED.year - 16}-01")
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=birth, sex="F")
    sign_consent(subject, crew.coordinator, SCREENED, "assent")
    assert alerts() == ["No signed consent is recorded."]
    other = screened(crew)
    subject = other
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=PartialDate.parse("1980"), sex="F")
    sign_consent(subject, crew.coordinator, SCREENED, "guardian")
    with acting(user=crew.coordinator):
        assert [str(one) for one in consent_alerts(subject)] == []
    enter(subject, crew.coordinator, "DM", SCREENED, birth_date=PartialDate.parse("1980-01-01"), sex="F")
    with acting(user=crew.coordinator):
        assert [str(one) for one in consent_alerts(subject)] == ["Consent is missing: Patient."]


def test_what_is_missing_names_the_roles_that_can_supply_it(client: Client, crew: Cast) -> None:
    page = dossier(client, screened(crew), crew.coordinator)
    assert "Diagnosis and genetics: Coordinator, Investigator" in page


def test_results_say_until_when_they_hold_and_which_falls_out_first(client: Client, crew: Cast) -> None:
    page = dossier(client, eligible(crew), crew.coordinator)
    until = (SCREENED + timedelta(days=28)).isoformat()  # the marrow
    assert f"valid until {until}" in page
    assert f"All results that count hold until {until}" in page


def test_routine_care_from_before_consent_counts_and_says_so(client: Client, crew: Cast) -> None:
    subject = screened(crew)
    fill_in(subject, crew.coordinator)
    assert "standard of care" not in dossier(client, subject, crew.coordinator)
    day = SCREENED - timedelta(days=1)
    enter(subject, crew.coordinator, "EL", day, refused=False, investigator_unsuitable=False)
    page = dossier(client, subject, crew.coordinator)
    assert "standard of care, before consent" in page
    assert "0 against, 0 unknown" in page


def test_only_the_criteria_that_rest_on_a_changed_value_are_marked(client: Client, crew: Cast) -> None:
    subject = confirmed(crew)
    marked = "changed since it was confirmed"
    assert marked not in dossier(client, subject, crew.coordinator)
    enter(subject, crew.coordinator, "EL", SCREENED, refused=True, investigator_unsuitable=False)
    page = dossier(client, subject, crew.coordinator)
    assert page.count(marked) == 1
    (line,) = [one for one in page.split("<article") if marked in one]
    assert "000-E10" in line


def test_the_page_holds_everything_that_a_print_has_to_show(client: Client, crew: Cast) -> None:
    subject = confirmed(crew)
    page = dossier(client, subject, crew.investigator)
    for criterion in crew.version.protocol.criteria:
        assert criterion.id in page
        assert escape(criterion.text.in_language("en")) in page
    for told in (
        subject.screening_number,
        "protocol version",
        "Confirmed by Investigator",
        "Rules",
        "92.5 %",
    ):
        assert told in page


@pytest.mark.parametrize(
    ("at", "standing", "words"),
    [
        ("2026-01-13 23:59", "upcoming", "in 1 day"),
        ("2026-01-14 00:00", "due", "due 14:00"),
        ("2026-01-14 14:00", "due", "due 14:00"),
        ("2026-01-14 14:01", "late", "less than 1 h late"),
        ("2026-01-14 15:00", "late", "1 h late"),
        ("2026-01-16 13:59", "late", "47 h late"),
        ("2026-01-16 14:00", "late", "2 days late"),
    ],
)
def test_an_hour_is_late_as_soon_as_it_has_passed(at: str, standing: str, words: str) -> None:
    due = datetime(2026, 1, 14, 14)
    assert hour_in_words(due, datetime.fromisoformat(at)) == (standing, words)
