"""Rules that draft deviations: done before consent, and found ineligible after enrolment."""

from datetime import timedelta
from typing import Any

import pytest

from enrollment.dossier_page import slot_of_form
from tests.cast import Cast, cast_of
from tests.integration.enrollment.candidates import (
    SCREENED,
    enrolled,
    enter,
    screened,
    sign_consent,
    small_cast,
    small_document,
)
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity
from trialsite.deviations.models import Deviation

BEFORE, SAME_DAY = SCREENED - timedelta(days=1), SCREENED


@pytest.fixture
def crew(db: None) -> Cast:
    """BLINA-FULL in which the history is taken only for the trial."""
    document = small_document("BLINA-FULL", 101)
    document["consent"]["trial_only"] = {"value": ["MH"], "source": "assumption", "cite": "for this test"}
    return cast_of(document)


def drafts(crew: Cast, subject: Subject) -> list[Any]:
    with acting(user=crew.monitor):
        found = Deviation.objects.filter(subject=subject).order_by("drafted_at")
        return list(found.values_list("rule", "weight", "state", "evidence_en"))


@pytest.mark.parametrize(
    ("form", "day", "drafted"),
    [
        ("MH", BEFORE, True),  # marked as the trial's own
        ("MH", SAME_DAY, False),
        ("DX", BEFORE, False),  # routine diagnostics are standard of care
    ],
)
@pytest.mark.parametrize("consent_first", [True, False])
def test_only_a_procedure_of_the_trial_before_consent_is_a_deviation(
    crew: Cast, form: str, day: Any, drafted: bool, consent_first: bool
) -> None:
    subject = screened(crew)
    steps = [
        lambda: sign_consent(subject, crew.coordinator, SCREENED),
        lambda: enter(subject, crew.coordinator, form, day),
    ]
    for step in steps if consent_first else reversed(steps):
        step()
    assert [rule for rule, *_rest in drafts(crew, subject)] == (["before-consent"] if drafted else [])


def begin(crew: Cast, subject: Subject, kind: str, day: Any) -> None:
    phase = next(one.key for one in crew.version.protocol.phases if one.kind == kind)
    body = {"height": Quantity.parse("170", "cm", "height"), "weight": Quantity.parse("70", "kg", "weight")}
    with acting(user=crew.coordinator):
        values = {"performed_on": day, "phase": phase, **body}
        submit_form(slot=Slot(subject.pk, LOG, "CYC"), values=values, by=crew.coordinator)


@pytest.mark.parametrize(("kind", "drafted"), [("pre-phase", False), ("chemotherapy", True)])
def test_study_treatment_before_consent_is_a_deviation_and_a_steroid_pre_phase_is_not(
    crew: Cast, kind: str, drafted: bool
) -> None:
    subject = screened(crew)
    sign_consent(subject, crew.coordinator, SCREENED)
    begin(crew, subject, kind, BEFORE)
    found = drafts(crew, subject)
    assert bool(found) is drafted
    if drafted:
        assert found[0][:3] == ("before-consent", "major", "draft")
        assert SCREENED.isoformat() in found[0][3]


def test_while_no_consent_is_recorded_nothing_is_before_it(crew: Cast) -> None:
    subject = screened(crew)
    enter(subject, crew.coordinator, "MH", BEFORE)
    assert drafts(crew, subject) == []


def correct(crew: Cast, subject: Subject, form: str, **changes: Any) -> None:
    slot = slot_of_form(subject, form)
    with acting(user=crew.coordinator):
        record = open_slot(slot, subject, forms[form]).record
        values = {
            name: getattr(record, name) for name in forms[form].form({}).fields if hasattr(record, name)
        }
        submit_form(
            slot=slot, values=values | changes, base_version=record.version, by=crew.coordinator,
            reason="OTHER: central review", missing=record.missing,
        )  # fmt: skip


def test_who_is_found_ineligible_after_enrolment_stays_and_a_deviation_is_drafted(db: None) -> None:
    crew = small_cast()
    subject = enrolled(crew)
    correct(crew, subject, "DX", bcr_abl1_pcr="POS")
    found = drafts(crew, subject)
    assert {rule for rule, *_rest in found} == {
        "ineligible-after-enrolment:000-I2a",
        "ineligible-after-enrolment:000-E1",
    }
    assert {(weight, state) for _rule, weight, state, _evidence in found} == {("major", "draft")}
    with acting(user=crew.coordinator):
        subject.refresh_from_db()
    assert subject.state == "enrolled"
    correct(crew, subject, "DX", bcr_abl1_pcr="POS", bcr_abl1_fish="POS")
    assert len(drafts(crew, subject)) == len(found)


def test_a_correction_that_leaves_the_subject_eligible_drafts_nothing(db: None) -> None:
    crew = small_cast()
    subject = enrolled(crew)
    correct(crew, subject, "DX", bcr_abl1_fish="NEG")
    assert drafts(crew, subject) == []
