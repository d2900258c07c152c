"""Confirming eligibility: password, verdict, the snapshot, and what happens when the record changes."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from enrollment.models import Confirmation
from enrollment.selectors import dossier_of, facts_for_rules, standing_of
from enrollment.services import confirm_eligibility, fail_screening
from enrollment.snapshots import stored_dossier
from tests.cast import PASSWORD, Cast
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot

from .candidates import SCREENED, Answers, confirmed, days_ago, eligible, enrolled, enter, fill_in, screened

DIAGNOSIS = {
    "dx": "BCP_ALL",
    "newly_dx": True,
    "emd": "NONE",
    "cd19_pct": Decimal("92.5"),
    "bcr_abl1_pcr": "NEG",
}


def test_the_investigator_confirms_an_eligible_subject(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.investigator):
        record = confirm_eligibility(subject=subject, password=PASSWORD, by=crew.investigator)
        assert record.dossier["verdict"] == "ELIGIBLE"
        assert record.rule_digest == crew.version.digest
        assert record.inputs["cd19_pct"]["value"] == "92.50"
        assert record.inputs["cd19_pct"]["on"] == SCREENED.isoformat()
        assert standing_of(subject, facts_for_rules(subject)).holds


def test_a_wrong_password_confirms_nothing_and_is_an_event(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.investigator):
        with pytest.raises(CheckFailed) as refusal:
            confirm_eligibility(subject=subject, password="not mine", by=crew.investigator)
        assert list(refusal.value.messages) == ["password"]
        assert not Confirmation.objects.exists()
    assert Event.objects.filter(kind="eligibility.password_wrong", user_id=crew.investigator.pk).count() == 1


def test_the_page_says_beside_the_field_that_the_password_is_wrong(client: Client, crew: Cast) -> None:
    subject = eligible(crew)
    client.force_login(crew.investigator)
    answer = client.post(f"/subjects/{subject.pk}/eligibility/confirm/", {"password": "not mine"})
    assert answer.status_code == 422
    assert "This is not your password" in answer.content.decode()
    assert Event.objects.filter(kind="eligibility.password_wrong").count() == 1
    answer = client.post(f"/subjects/{subject.pk}/eligibility/confirm/", {"password": PASSWORD})
    assert answer.status_code == 302
    assert "Confirmed by Investigator" in client.get(answer.url).content.decode()


def test_wrong_passwords_at_the_confirmation_lock_out_like_those_at_log_in(
    client: Client, crew: Cast
) -> None:
    subject = eligible(crew)
    client.force_login(crew.investigator)
    url = f"/subjects/{subject.pk}/eligibility/confirm/"
    answers = [client.post(url, {"password": "not mine"}).status_code for _attempt in range(5)]
    assert answers == [422, 422, 422, 422, 429]
    assert client.get(f"/subjects/{subject.pk}/").status_code == 302, "the log-in has ended"


@pytest.mark.parametrize("who", ["coordinator", "monitor", "data_manager", "statistician"])
def test_only_an_investigator_confirms(crew: Cast, who: str) -> None:
    subject, person = eligible(crew), crew.people()[who]
    with acting(user=person), pytest.raises(PermissionDenied):
        confirm_eligibility(subject=subject, password=PASSWORD, by=person)


def test_a_stranger_does_not_even_find_the_subject(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.stranger), pytest.raises(Subject.DoesNotExist):
        confirm_eligibility(subject=subject, password=PASSWORD, by=crew.stranger)


def test_an_undecided_subject_is_not_confirmed_and_the_sentence_names_the_criteria(crew: Cast) -> None:
    subject = fill_in(screened(crew), crew.coordinator, Answers(nyha=""))
    with acting(user=crew.investigator):
        assert dossier_of(subject).verdict == "PENDING"
        with pytest.raises(Refused, match="000-E8"):
            confirm_eligibility(subject=subject, password=PASSWORD, by=crew.investigator)


def test_an_ineligible_subject_is_not_confirmed(crew: Cast) -> None:
    subject = fill_in(screened(crew), crew.coordinator, Answers(nyha="II"))
    with acting(user=crew.investigator), pytest.raises(Refused, match="not eligible: 000-E8"):
        confirm_eligibility(subject=subject, password=PASSWORD, by=crew.investigator)


def test_a_changed_input_flags_the_confirmation(crew: Cast) -> None:
    subject = confirmed(crew)
    enter(subject, crew.coordinator, "DX", SCREENED, **DIAGNOSIS | {"cd19_pct": Decimal("60")})
    with acting(user=crew.coordinator):
        found = standing_of(subject, facts_for_rules(subject))
        assert found.changed == ("cd19_pct",)
        assert not found.holds
        kept = Confirmation.objects.get(subject=subject)
        assert kept.inputs["cd19_pct"]["value"] == "92.50"


def test_a_new_confirmation_after_the_change_stands(crew: Cast) -> None:
    subject = confirmed(crew)
    enter(subject, crew.coordinator, "DX", SCREENED, **DIAGNOSIS | {"cd19_pct": Decimal("60")})
    with acting(user=crew.investigator):
        confirm_eligibility(subject=subject, password=PASSWORD, by=crew.investigator)
        assert standing_of(subject, facts_for_rules(subject)).holds
        assert Confirmation.objects.filter(subject=subject).count() == 2


def test_the_application_cannot_change_or_delete_a_confirmation(crew: Cast) -> None:
    confirmed(crew)
    for statement in (
        "UPDATE enrollment_confirmation SET rule_digest = ''",
        "DELETE FROM enrollment_confirmation",
    ):
        with (
            acting(user=crew.investigator),
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_marrow_of_28_days_before_counts_and_one_of_29_does_not(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.coordinator):
        last = SCREENED + timedelta(days=28)
        assert dossier_of(subject, last).line("000-I2b").verdict == "MET"
        stale = dossier_of(subject, last + timedelta(days=1))
        assert stale.line("000-I2b").verdict == "UNKNOWN"
        assert stale.verdict == "PENDING"


def test_a_confirmation_needs_the_day_to_have_come(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.investigator):
        for day in (site_today(subject) + timedelta(days=1), days_ago(40)):
            with pytest.raises(CheckFailed) as refusal:
                confirm_eligibility(subject=subject, password=PASSWORD, on=day, by=crew.investigator)
            assert list(refusal.value.messages) == ["on"]


def test_after_enrolment_the_dossier_stays_as_it_was_confirmed(client: Client, crew: Cast) -> None:
    subject = enrolled(crew)
    enter(subject, crew.coordinator, "DX", SCREENED, **DIAGNOSIS | {"cd19_pct": Decimal("5")})
    client.force_login(crew.coordinator)
    page = client.get(f"/subjects/{subject.pk}/eligibility/").content.decode()
    assert "92.5 %" in page
    assert "Eligible" in page
    assert "Changed since it was confirmed." in page
    assert "CD19" in page.split("Different now:")[1].split("</div>")[0]


def test_a_confirmed_dossier_reads_back_as_it_was(crew: Cast) -> None:
    subject = eligible(crew)
    with acting(user=crew.investigator):
        live = dossier_of(subject)
        record = confirm_eligibility(subject=subject, password=PASSWORD, by=crew.investigator)
        record.refresh_from_db()
        again = stored_dossier(record)
    assert again.decision == live.decision
    assert again.reference_day == live.reference_day
    assert [line.verdict for line in again.lines] == [line.verdict for line in live.lines]
    assert again.line("000-I2b").answer.evidence[0].value == Decimal("92.50")
    assert [line.as_data() for line in again.lines] == [line.as_data() for line in live.lines]


def test_after_enrolment_a_correction_flags_and_a_newer_form_does_not(crew: Cast) -> None:
    subject = enrolled(crew)
    with acting(user=crew.coordinator):
        assert standing_of(subject, facts_for_rules(subject)).holds
        submit_form(
            slot=Slot(subject.pk, "IND_D8", "DX"),
            values={"performed_on": site_today(subject), "cd19_pct": Decimal("1")},
            by=crew.coordinator,
        )
        assert facts_for_rules(subject)["cd19_pct"].value == Decimal("1.00")
        assert standing_of(subject, facts_for_rules(subject)).holds
    enter(subject, crew.coordinator, "EL", SCREENED, refused=None, investigator_unsuitable=False)
    with acting(user=crew.coordinator):
        assert standing_of(subject, facts_for_rules(subject)).changed == ("refused",)


def test_a_screen_failure_does_not_age(client: Client, crew: Cast) -> None:
    subject = fill_in(screened(crew), crew.coordinator, Answers(nyha="II"))
    with acting(user=crew.coordinator):
        fail_screening(subject=subject, reason="not eligible", by=crew.coordinator)
    client.force_login(crew.coordinator)
    page = client.get(f"/subjects/{subject.pk}/eligibility/").content.decode()
    assert f"Age of results counted to {SCREENED.isoformat()}" in page
    assert "outside the screening window" not in page
