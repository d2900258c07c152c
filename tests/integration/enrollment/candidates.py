"""Candidates for the tests of enrolment, made through the forms of screening.

`small_cast` loads a shipped protocol with only the criteria that the forms of this room decide, so that a
candidate becomes eligible without the laboratory.
"""

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from enrollment.dossier_page import slot_of_form
from enrollment.facts import sources
from enrollment.services import confirm_eligibility, enrol_subject, screen_subject
from tests.cast import PASSWORD, Cast, cast_of, document_of
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import CasebookRecord, Subject
from trialsite.casebook.registries import forms
from trialsite.casebook.selectors import open_slot
from trialsite.casebook.services import submit_form
from trialsite.casebook.site_day import site_today
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.rules import facts_named, parse_rule

TODAY = timezone.now().date()


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


SCREENED = days_ago(5)


def small_document(key: str, planned: int | None) -> dict[str, Any]:
    """A shipped protocol with the criteria that the forms of enrolment decide by themselves."""
    document = deepcopy(document_of(key))
    own = set(sources())
    document["criteria"] = [
        one for one in document["criteria"] if facts_named(parse_rule(one["rule"])) <= own
    ]
    if document["randomisation"]:
        document["randomisation"]["gates"] = []  # they ask for the laboratory too
    document["planned_enrolment"]["value"] = planned
    document["version"] = "small"
    return document


def small_cast(key: str = "BLINA-FULL", planned: int | None = 101) -> Cast:
    return cast_of(small_document(key, planned))


@dataclass(frozen=True)
class Answers:
    """What a candidate answers that matters to eligibility; the defaults are eligible for BLINA-FULL."""

    birth_date: str = "1980-05-02"
    sex: str = "M"
    steroid: tuple[str, str] | None = None
    nyha: str = "NONE"


def screened(cast: Cast, by: User | None = None, on: date = SCREENED) -> Subject:
    by = by or cast.coordinator
    site = cast.elsewhere if by == cast.stranger else cast.here
    with acting(user=by):
        return screen_subject(
            study=cast.study, site=site, full_name="王小明", hospital_number="", screened_on=on, by=by
        )


def enter(
    subject: Subject, by: User, form_key: str, on: date, rows: dict[str, Any] | None = None, **values: Any
) -> CasebookRecord:
    """Enter or correct a form of the screening visit."""
    slot = slot_of_form(subject, form_key)
    assert slot is not None, f"no visit asks for {form_key}"
    with acting(user=by):
        standing = open_slot(slot, subject, forms[form_key]).record
        return submit_form(
            slot=slot,
            values={"performed_on": on} | values,
            rows=rows,
            base_version=standing.version if standing else None,
            by=by,
            reason="new information" if standing else "",
        )


def sign_consent(subject: Subject, by: User, on: date, *signers: str) -> None:
    lines = [{"signer": who, "signed": True, "signed_on": on} for who in signers or ("patient",)]
    enter(
        subject,
        by,
        "ICF",
        on,
        {"signatures": lines},
        text_version="2.0",
        version_approved=True,
        before_procedures=True,
    )


def fill_in(subject: Subject, by: User, answers: Answers | None = None) -> Subject:
    """Every form of this room with answers that make the candidate eligible, unless told otherwise."""
    answers = answers or Answers()
    sign_consent(subject, by, SCREENED)
    enter(subject, by, "DM", SCREENED, birth_date=PartialDate.parse(answers.birth_date), sex=answers.sex)
    therapies = []
    if answers.steroid:
        start, stop = (PartialDate.parse(one) for one in answers.steroid)
        therapies = [{"kind": "STEROID", "drug": "dexamethasone", "start": start, "stop": stop}]
    enter(
        subject,
        by,
        "MH",
        SCREENED,
        {"therapies": therapies},
        prior_therapy_reviewed=True,
        nyha=answers.nyha,
        **dict.fromkeys(NO_HISTORY, False),
    )
    enter(
        subject,
        by,
        "DX",
        SCREENED,
        dx="BCP_ALL",
        newly_dx=True,
        emd="NONE",
        cd19_pct=Decimal("92.5"),
        bcr_abl1_pcr="NEG",
        kmt2a_r=True,
        tp53_mut=False,
        **dict.fromkeys(EXAMINED, True),
    )
    enter(
        subject,
        by,
        "EL",
        SCREENED,
        refused=False,
        investigator_unsuitable=False,
        willing_hsct=True,
        will_comply=True,
        cannot_consent_or_comply=False,
        contraception_agreed=True,
        hsct_within_60_days=True,
    )
    return subject


EXAMINED = (
    "morphology_done",
    "cytochemistry_done",
    "immunophenotype_done",
    "karyotype_done",
    "molecular_done",
)
NO_HISTORY = (
    "prior_allo_hsct",
    "prior_blinatumomab_neurotoxicity_g3",
    "active_infection_treated",
    "infection_uncontrolled",
    "hypertension_uncontrolled",
    "cardiac_history",
    "cardiac_procedure",
    "arterial_thrombosis",
    "venous_thrombosis",
    "gi_bleeding",
    "respiratory_insufficiency",
    "epilepsy_on_therapy",
    "blinatumomab_hypersensitivity",
    "strong_cyp3a_inducer",
    "malabsorption",
    "uncontrolled_illness",
)


def eligible(cast: Cast, by: User | None = None) -> Subject:
    return fill_in(screened(cast, by), by or cast.coordinator)


def confirmed(cast: Cast) -> Subject:
    subject = eligible(cast)
    with acting(user=cast.investigator):
        confirm_eligibility(subject=subject, password=PASSWORD, by=cast.investigator)
    return subject


def enrolled(cast: Cast) -> Subject:
    subject = confirmed(cast)
    with acting(user=cast.coordinator):
        return enrol_subject(subject=subject, enrolled_on=site_today(subject), by=cast.coordinator)
