"""The facts that the forms of screening give to rules, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.clinical.dates import AgeBounds, age_bounds
from trialsite.clinical.facts import Fact, Why, age_fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate

from .consent_versions import approved_for
from .domain.consent import consent_complete, missing_signers
from .domain.diagnosis import HIGH_RISK_FEATURES, high_risk, ph_status
from .domain.prior_therapy import Course, days_given
from .item_facts import fact_of_item, item_fact, latest_records, record_fact
from .models import Consent, Demographics, Diagnosis, MedicalHistory, Statements
from .models.background import Sex, TherapyKind
from .models.consent import Signer
from .models.diagnosis import TestResult

HISTORY_ITEMS = (
    "prior_allo_hsct",
    "prior_blinatumomab_neurotoxicity_g3",
    "active_infection_treated",
    "infection_uncontrolled",
    "nyha",
    "hypertension_uncontrolled",
    "cardiac_history",
    "arterial_thrombosis",
    "venous_thrombosis",
    "gi_bleeding",
    "cardiac_procedure",
    "respiratory_insufficiency",
    "epilepsy_on_therapy",
    "blinatumomab_hypersensitivity",
    "strong_cyp3a_inducer",
    "malabsorption",
    "uncontrolled_illness",
)
DIAGNOSIS_ITEMS = (
    "dx",
    "newly_dx",
    "emd",
    "morphology_done",
    "cytochemistry_done",
    "immunophenotype_done",
    "karyotype_done",
    "molecular_done",
    "kmt2a_r",
    "tp53_mut",
)
STATEMENT_ITEMS = (
    "leuk_infiltration_liver",
    "investigator_unsuitable",
    "refused",
    "willing_hsct",
    "will_comply",
    "cannot_consent_or_comply",
    "contraception_agreed",
    "not_childbearing",
    "hsct_within_60_days",
)
PH_TESTS = ("bcr_abl1_pcr", "bcr_abl1_fish", "bcr_abl1_karyotype")


def sources() -> dict[str, FactSource]:
    """Every fact of this room, by name."""
    return {
        **{name: item_fact(MedicalHistory, "MH", name) for name in HISTORY_ITEMS},
        **{name: item_fact(Diagnosis, "DX", name) for name in DIAGNOSIS_ITEMS},
        **{name: item_fact(Statements, "EL", name) for name in STATEMENT_ITEMS},
        **PERSON,
        **CONSENT,
        **HISTORY,
        "cd19_pct": item_fact(Diagnosis, "DX", "cd19_pct", unit="%"),
        "ph_status": record_fact(
            Diagnosis,
            "DX",
            ph_fact,
            _("BCR::ABL1 (Philadelphia chromosome)"),
            words=dict(TestResult.choices),
        ),
        "high_risk": record_fact(Diagnosis, "DX", risk_fact, _("High-risk genetics")),
        "pregnancy_planned": FactSource(planned_pregnancies, _("Pregnancy planned"), "", "EL"),
    }


# Consent


def signed_facts(who: str) -> Any:
    """Whether this signer has signed any standing consent form, dated with the signature."""

    def select(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
        return {one: signed_fact(forms, who) for one, forms in consents(subject_ids).items()}

    return select


def consents(subject_ids: Sequence[UUID]) -> Mapping[UUID, list[Consent]]:
    """The standing consent forms of each subject with their signatures, the earliest first."""

    def read() -> dict[UUID, list[Consent]]:
        found: dict[UUID, list[Consent]] = {}
        forms = current_records(Consent, subject_ids).prefetch_related("signatures")
        for form in sorted(forms, key=lambda one: (one.performed_on or date.max, one.pk.int)):
            found.setdefault(form.subject_id, []).append(form)
        return found

    return read_once(("consents", frozenset(subject_ids)), read)


def standing_signatures(form: Consent) -> list[Any]:
    return [line for line in form.signatures.all() if not line.voided]  # type: ignore[attr-defined]


def signed_fact(forms: Sequence[Consent], who: str) -> Fact:
    lines = [line for form in forms for line in standing_signatures(form) if line.signer == who]
    answers = [line for line in lines if line.signed is not None]
    if not answers:
        return Fact.missing(Why.NOT_RECORDED)
    best = next((line for line in answers if line.signed), answers[-1])
    return Fact(best.signed, on=best.signed_on, source=best.address("signed"))


def valid_consent(forms: Sequence[Consent]) -> Consent | None:
    """The first form that the patient or a guardian signed."""
    for form in forms:
        if any(
            line.signed and line.signer in (Signer.PATIENT, Signer.GUARDIAN)
            for line in standing_signatures(form)
        ):
            return form
    return None


def consent_dates(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    found = {}
    for one, forms in consents(subject_ids).items():
        form = valid_consent(forms)
        if form is not None and form.performed_on:
            found[one] = Fact(form.performed_on, on=form.performed_on, source=form.address("performed_on"))
    return found


def before_procedures(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The answer on the first valid consent form, or on the first form while none is valid."""
    return {
        one: fact_of_item(valid_consent(forms) or forms[0], "before_procedures")
        for one, forms in consents(subject_ids).items()
    }


def complete_consents(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """Whether some consent form has every signature needed at its day, on a text approved at the site then; the
    working says who is missing."""
    births, subjects = latest_records(Demographics, "DM", subject_ids), protocols(subject_ids)
    found = {}
    for one, forms in consents(subject_ids).items():
        first = valid_consent(forms) or forms[0]
        birth = births[one].birth_date if one in births else None
        answers = [complete_consent(form, subjects[one], birth) for form in (first, *forms)]
        found[one] = next((fact for fact in answers if fact.value is True), answers[0])
    return found


def complete_consent(form: Consent, subject: Subject, birth: PartialDate | None) -> Fact:
    """Whether one consent form is complete, with what it lacks."""
    ages = age_at(birth, form.performed_on)
    signatures = {line.signer: line.signed for line in standing_signatures(form)}
    rules = subject.protocol_version.protocol.consent
    approved = approved_for(subject, form.text_version, form.performed_on, form.version_approved)
    truth = consent_complete(rules.signers_at, ages, signatures, approved)
    source = form.address("version_approved" if approved is None else "signatures")
    lacking = [] if approved else [_("version not shown to be approved")]
    if ages is not None:
        lacking += [Signer(who).label for who in missing_signers(rules.signers_at, ages.low, signatures)]
    working = "" if truth is Truth.TRUE or not lacking else ", ".join(str(one) for one in lacking)
    return fact_of_truth(truth, form.performed_on, source, working)


def age_at(birth: PartialDate | None, on: date | None) -> AgeBounds | None:
    """The ages that are possible on a day; None where a date is missing or impossible."""
    return age_bounds(birth, on) if birth and on and birth.earliest <= on else None


def ages_at_consent(subject_ids: Sequence[UUID]) -> dict[UUID, AgeBounds]:
    births, dates = latest_records(Demographics, "DM", subject_ids), consent_dates(subject_ids)
    return {
        one: age_bounds(record.birth_date, dates[one].value)  # type: ignore[arg-type]
        for one, record in births.items()
        if record.birth_date and one in dates and record.birth_date.earliest <= dates[one].value
    }


def protocols(subject_ids: Sequence[UUID]) -> Mapping[UUID, Subject]:
    def read() -> dict[UUID, Subject]:
        return Subject.objects.select_related("protocol_version", "site").in_bulk(list(subject_ids))

    return read_once(("subjects", frozenset(subject_ids)), read)


CONSENT = {
    "icf_date": FactSource(consent_dates, _("Date of consent"), "", "ICF"),
    "icf_signed": FactSource(signed_facts(Signer.PATIENT), _("Consent signed by the patient"), "", "ICF"),
    "guardian_icf_signed": FactSource(
        signed_facts(Signer.GUARDIAN), _("Consent signed by a legal guardian"), "", "ICF"
    ),
    "assent_signed": FactSource(signed_facts(Signer.ASSENT), _("Assent of the minor"), "", "ICF"),
    "consent_complete": FactSource(complete_consents, _("Consent complete"), "", "ICF"),
    "consent_before_procedures": FactSource(
        before_procedures, _("Consent before the first study procedure"), "", "ICF"
    ),
}


# Person


def ages(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    births, dates = latest_records(Demographics, "DM", subject_ids), consent_dates(subject_ids)
    found = {}
    for one, record in births.items():
        on = dates[one].value if one in dates else None
        assert on is None or isinstance(on, date)
        if record.birth_date and on and record.birth_date.earliest > on:
            on = None  # an impossible pair of dates gives no age
        found[one] = age_fact(record.birth_date, on, record.address("birth_date"))
    return found


def site_keys(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    return {
        one: Fact(subject.site.key, on=subject.screened_on) for one, subject in protocols(subject_ids).items()
    }


PERSON = {
    "birth_date": item_fact(Demographics, "DM", "birth_date"),
    "sex": item_fact(Demographics, "DM", "sex"),
    "age_years": FactSource(ages, _("Age at consent"), "a", "DM"),
    "site_key": FactSource(site_keys, _("Site")),
}


# History


def days_of(kind: str) -> Any:
    """Days of one kind of earlier treatment."""

    def fact_of(record: Any) -> Fact:
        lines = [line for line in record.therapies.all() if not line.voided and line.kind == kind]
        courses = [Course(line.start, line.stop) for line in lines]
        given = days_given(courses, complete=record.prior_therapy_reviewed is True)
        source = lines[0].address("stop") if lines else record.address("prior_therapy_reviewed")
        if given.value is None:
            return Fact.missing(Why.NOT_RECORDED, source=source)
        return Fact(given.value, "d", on=record.performed_on, source=source, working=given.working)

    return fact_of


def other_therapy(record: Any) -> Fact:
    """Yes with a line of another drug; no only when the list is said to be complete."""
    lines = [line for line in record.therapies.all() if not line.voided and line.kind == TherapyKind.OTHER]
    source = lines[0].address("kind") if lines else record.address("prior_therapy_reviewed")
    if lines or record.prior_therapy_reviewed:
        drugs = ", ".join(line.drug for line in lines if line.drug)
        return Fact(bool(lines), on=record.performed_on, source=source, working=drugs)
    return Fact.missing(Why.NOT_RECORDED, source=source)


def dated_event(event: str, item: str) -> Any:
    """The date of an event; not applicable when the form says that there was none."""

    def fact_of(record: Any) -> Fact:
        if getattr(record, event) is False:
            return Fact.missing(Why.NOT_APPLICABLE, source=record.address(item))
        return fact_of_item(record, item)

    return fact_of


def infection_kind(record: Any) -> Fact:
    """The kind of the infection; not applicable when both questions say that there is none."""
    if record.active_infection_treated is False and record.infection_uncontrolled is False:
        return Fact.missing(Why.NOT_APPLICABLE, source=record.address("infection_kind"))
    return fact_of_item(record, "infection_kind")


def history_fact(fact_of: Any, label: Any, unit: str = "") -> FactSource:
    return record_fact(MedicalHistory, "MH", fact_of, label, unit=unit, lines="therapies")


HISTORY = {
    "hydroxyurea_days": history_fact(days_of(TherapyKind.HYDROXYUREA), _("Days of hydroxyurea"), "d"),
    "steroid_days": history_fact(days_of(TherapyKind.STEROID), _("Days of corticosteroid"), "d"),
    "other_antileukemic_therapy": history_fact(
        other_therapy, _("Other antileukaemic treatment before enrolment")
    ),
    "infection_kind": history_fact(infection_kind, _("Kind of the active infection")),
    **{
        f"{event}_date": history_fact(dated_event(event, f"{event}_date"), label)
        for event, label in (
            ("arterial_thrombosis", _("Date of the latest arterial thrombosis")),
            ("venous_thrombosis", _("Date of the latest venous thrombosis")),
            ("gi_bleeding", _("Date of the latest gastrointestinal bleeding")),
        )
    },
}


# Diagnosis and statements


def ph_fact(record: Any) -> Fact:
    status = ph_status(getattr(record, test) for test in PH_TESTS)
    source = record.address("bcr_abl1_pcr")
    if not status:
        why = next((record.missing[test] for test in PH_TESTS if record.missing.get(test)), Why.NOT_RECORDED)
        return Fact.missing(why, source=source)
    return Fact(status, on=record.performed_on, source=source)


def risk_fact(record: Any) -> Fact:
    truth = high_risk(getattr(record, feature) for feature in HIGH_RISK_FEATURES)
    found = [feature for feature in HIGH_RISK_FEATURES if getattr(record, feature)]
    first = found[0] if found else HIGH_RISK_FEATURES[0]
    names = ", ".join(str(Diagnosis._meta.get_field(feature).verbose_name) for feature in found)  # type: ignore[union-attr]
    return fact_of_truth(truth, record.performed_on, record.address(first), names)


def planned_pregnancies(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """As the investigator says; not applicable in men."""
    people = latest_records(Demographics, "DM", subject_ids)
    statements = latest_records(Statements, "EL", subject_ids)
    found = {one: fact_of_item(record, "pregnancy_planned") for one, record in statements.items()}
    for one, record in people.items():
        if record.sex == Sex.MALE:
            found[one] = Fact.missing(Why.NOT_APPLICABLE, source=record.address("sex"))
    return found


def fact_of_truth(truth: Truth, on: date | None, source: Any, working: str = "") -> Fact:
    """A derived yes or no; unknown is a missing fact."""
    if truth is Truth.UNKNOWN:
        return replace(Fact.missing(Why.NOT_RECORDED, source=source), working=working)
    return Fact(truth is Truth.TRUE, on=on, source=source, working=working)
