"""A withdrawal stands: services refuse what it forbids, work stops, data leave exports; a new consent ends it."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from outcomes.histories import history_of
from outcomes.models.events import WithdrawalDegree
from tests.cast import Cast, bare_subject
from tests.integration.assessments.entries import enter as enter_at
from tests.integration.outcomes.worked_example import enter
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate

SEEN = date(2026, 1, 5)
ON = date(2026, 1, 20)
LATER = ON + timedelta(days=1)


def withdraw(cast: Cast, subject: Subject, degree: str, on: date = ON, **told: Any) -> Any:
    return enter(subject, cast.coordinator, "WD", performed_on=on, degree=degree, **told)


def contact(cast: Cast, subject: Subject, on: date) -> Any:
    return enter(subject, cast.coordinator, "SUR", performed_on=on, contact_kind="TELEPHONE", alive=True)


def consent_again(cast: Cast, subject: Subject, on: date, signer: str = "patient") -> None:
    rows = {"signatures": [{"signer": signer, "signed": True, "signed_on": on}]}
    values = {"performed_on": on, "text_version": "1.0"}
    with acting(user=cast.coordinator):
        submit_form(slot=Slot(subject.pk, "SCR", "ICF"), values=values, rows=rows, by=cast.coordinator)


@pytest.mark.parametrize(
    ("degree", "refused"),
    [("TREATMENT", ""), ("FOLLOW_UP", "follow-up"), ("DATA_USE", "any further use of data")],
)
def test_a_contact_after_the_withdrawal_is_refused_with_the_sentence(
    cast: Cast, subject: Subject, degree: str, refused: str
) -> None:
    withdraw(cast, subject, degree)
    if not refused:
        contact(cast, subject, LATER)
        return
    with pytest.raises(Refused, match=refused):
        contact(cast, subject, LATER)


def test_days_until_the_withdrawal_may_still_be_entered_unless_no_data_are_used(
    cast: Cast, subject: Subject
) -> None:
    withdraw(cast, subject, "FOLLOW_UP")
    contact(cast, subject, ON)
    withdraw(cast, subject, "DATA_USE", LATER)
    with pytest.raises(Refused, match="nothing is entered any more"):
        contact(cast, subject, ON)


def test_a_correction_goes_on_until_the_use_of_data_is_withdrawn(cast: Cast, subject: Subject) -> None:
    record = enter_at(cast, subject, "VS", SEEN, ecog=1)
    slot = Slot.of_record(record)

    def correct(ecog: int, version: int) -> None:
        with acting(user=cast.coordinator):
            values = {"performed_on": SEEN, "ecog": ecog}
            submit_form(
                slot=slot, values=values, base_version=version, by=cast.coordinator, reason="typing error"
            )

    withdraw(cast, subject, "FOLLOW_UP")
    correct(2, 1)
    withdraw(cast, subject, "DATA_USE", LATER)
    with pytest.raises(Refused, match="nothing is entered any more"):
        correct(0, 2)


@pytest.mark.parametrize(("certainty", "allowed"), [("REGISTRY", True), ("FAMILY", False)])
def test_a_death_of_a_public_register_is_entered_after_withdrawal(
    cast: Cast, subject: Subject, certainty: str, allowed: bool
) -> None:
    withdraw(cast, subject, "FOLLOW_UP")
    told = {
        "performed_on": LATER,
        "died_on": PartialDate.of(LATER),
        "cause": "UNKNOWN",
        "certainty": certainty,
    }
    if allowed:
        enter(subject, cast.coordinator, "DTH", **told)
        return
    with pytest.raises(Refused, match="public register"):
        enter(subject, cast.coordinator, "DTH", **told)


def test_it_is_widened_but_narrowed_only_by_a_new_consent(cast: Cast, subject: Subject) -> None:
    withdraw(cast, subject, "TREATMENT", ON - timedelta(days=1))
    withdraw(cast, subject, "FOLLOW_UP")
    with pytest.raises(CheckFailed) as refused:
        withdraw(cast, subject, "TREATMENT", LATER)
    assert "only a new consent" in refused.value.messages["degree"]
    consent_again(cast, subject, LATER)
    contact(cast, subject, LATER)
    with acting(user=cast.coordinator):
        assert history_of([subject.pk])[subject.pk].follow_up_withdrawn is None


@pytest.mark.parametrize(("signer", "on"), [("witness", LATER), ("patient", ON)])
def test_a_witness_or_a_consent_not_later_ends_nothing(
    cast: Cast, subject: Subject, signer: str, on: date
) -> None:
    withdraw(cast, subject, "FOLLOW_UP")
    consent_again(cast, subject, on, signer)
    with pytest.raises(Refused):
        contact(cast, subject, LATER + timedelta(days=1))


def test_the_header_says_it(desk: Client, cast: Cast, subject: Subject) -> None:
    withdraw(cast, subject, "DATA_USE", withdrawn_by="GUARDIAN", told_how="TELEPHONE", told_to="study nurse")
    page = desk.get(f"/subjects/{subject.pk}/").content.decode()
    assert str(WithdrawalDegree.DATA_USE.label) in page


def test_data_leave_the_exports_and_the_audit_says_how_many(
    client: Client, cast: Cast, subject: Subject
) -> None:
    other = bare_subject(cast)
    for one in (subject, other):
        enter_at(cast, one, "VS", SEEN, ecog=1)
    withdraw(cast, subject, "DATA_USE")
    client.force_login(cast.statistician)
    rows = client.get("/api/v1/forms/VS/").json()["results"]
    assert {row["subject"] for row in rows} == {str(other.pk)}
    csv = b"".join(client.get("/api/v1/forms/VS/?format=csv").streaming_content).decode()
    assert str(subject.pk) not in csv
    with acting(role="system"):
        events = Event.objects.filter(kind__in=["export.json", "export.csv"])
        assert {event.details.get("left_out") for event in events} == {1}
    consent_again(cast, subject, LATER)
    assert len(client.get("/api/v1/forms/VS/").json()["results"]) == 2


def test_no_treatment_is_entered_after_it(cast: Cast, subject: Subject) -> None:
    withdraw(cast, subject, "TREATMENT")
    values = {"performed_on": LATER, "phase": cast.version.protocol.phases[0].key}
    with acting(user=cast.coordinator), pytest.raises(Refused, match="Consent to treatment was withdrawn"):
        submit_form(slot=Slot(subject.pk, LOG, "CYC"), values=values, by=cast.coordinator)
