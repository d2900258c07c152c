"""The facts that the assessments give to rules, by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from enrollment.item_facts import fact_of_item, item_fact, label_of, latest_records, record_fact
from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.reading import read_once
from trialsite.casebook.registries import FactSource
from trialsite.casebook.selectors import current_records
from trialsite.casebook.values import QuantityItem
from trialsite.clinical.body import CrClWeight, Sex, bmi, crcl_weight, creatinine_clearance
from trialsite.clinical.facts import Fact, Why, age_fact
from trialsite.clinical.hctci import BY_KEY, HctciMeasures, HctciScore, hctci_score
from trialsite.clinical.interval import Interval

from .disease.cns_results import cns_classes, cns_leukemia
from .disease.mrd_results import STANDING_WORDS, VERDICT_WORDS, mrd_facts
from .disease.responses import CATEGORY_WORDS, first_doses, response_facts
from .laboratory.results import LabValue, latest_values
from .models import (
    Echocardiogram,
    Electrocardiogram,
    Hctci,
    LungFunction,
    PregnancyTest,
    Virology,
    VitalSigns,
)
from .models.laboratory import Serology
from .subjects import known_facts, protocols, several_facts

LAB_FACTS = {
    "tbil": ("bilirubin", "CHEM", _("Total bilirubin")),
    "alt": ("alt", "CHEM", _("ALT")),
    "ast": ("ast", "CHEM", _("AST")),
    "creat": ("creatinine", "CHEM", _("Creatinine")),
    "bun": ("urea", "CHEM", _("Urea")),
    "anc": ("anc", "HEM", _("Neutrophils")),
    "plt": ("platelets", "HEM", _("Platelets")),
    "wbc": ("wbc", "HEM", _("White blood cells")),
}
WITH_LIMIT = ("tbil", "alt", "ast", "creat", "bun")
BELOW_SENSE = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "": ""}  # of a reciprocal


def sources() -> dict[str, FactSource]:
    """Every fact of this room by its name."""
    return {
        **lab_sources(),
        "height_cm": last_known(VitalSigns, "VS", "height", unit="cm"),
        "weight_kg": last_known(VitalSigns, "VS", "weight", unit="kg"),
        "ecog": last_known(VitalSigns, "VS", "ecog"),
        "crcl": FactSource(clearances, _("Creatinine clearance"), "mL/min", "CHEM"),
        "lvef": item_fact(Echocardiogram, "ECHO", "lvef", unit="%"),
        "cardiomegaly": item_fact(Echocardiogram, "ECHO", "cardiomegaly"),
        "valvular_disease": item_fact(Echocardiogram, "ECHO", "valvular_disease"),
        "congenital_heart_disease": item_fact(Echocardiogram, "ECHO", "congenital_disease"),
        "ecg_acute_mi": item_fact(Electrocardiogram, "ECG", "acute_mi"),
        "ecg_severe_arrhythmia": item_fact(Electrocardiogram, "ECG", "severe_arrhythmia"),
        **{name: item_fact(LungFunction, "PFT", name, unit="%") for name in ("fev1_pp", "fvc_pp", "dlco_pp")},
        **{
            name: item_fact(Virology, "VIR", name) for name in ("hbsag", "hbcab", "hcv_ab", "hiv_ab", "trust")
        },
        **{name: viral_load(name) for name in ("hbv_dna", "hcv_rna")},
        "preg_test": FactSource(pregnancy, _("Pregnancy test"), "", "PREG", words=dict(Serology.choices)),
        "lactating": FactSource(lactation, _("Breast-feeding"), "", "PREG"),
        "hctci": FactSource(hctci, _("HCT-CI"), "", "HCI"),
        "cns_status": FactSource(cns_classes, _("CNS status"), "", "CSF"),
        "cns_leukemia": FactSource(cns_leukemia, _("CNS leukaemia"), "", "CSF"),
        **course_sources(),
    }


def lab_sources() -> dict[str, FactSource]:
    """A result and, where rules compare with it, the upper limit of normal stored with that result."""
    found = {}
    for name, (analyte, form, label) in LAB_FACTS.items():
        found[name] = FactSource(result_of(analyte), label, form=form)
        if name in WITH_LIMIT:
            found[f"{name}_uln"] = FactSource(limit_of(analyte), label, form=form)
    return found


def result_of(analyte: str) -> Callable[[Sequence[UUID]], Mapping[UUID, Fact]]:
    return lambda ids: {subject_id: value.fact() for subject_id, value in latest_values(ids, analyte).items()}


def limit_of(analyte: str) -> Callable[[Sequence[UUID]], Mapping[UUID, Fact]]:
    return lambda ids: {
        subject_id: value.limit_fact() for subject_id, value in latest_values(ids, analyte).items()
    }


def last_known(model: type[CasebookRecord], form_key: str, item: str, *, unit: str = "") -> FactSource:
    """The latest value of an item, or reason for having none: a form that leaves it empty is passed over."""
    composite = isinstance(model.composites.get(item), QuantityItem)
    answered = Q(**{f"{item}_value__isnull" if composite else f"{item}__isnull": False}) | Q(
        missing__has_key=item
    )

    def select(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
        records = current_records(model, subject_ids).filter(
            answered, form_key=form_key, performed_on__isnull=False
        )
        latest = records.order_by("subject_id", "-performed_on", "-pk").distinct("subject_id")
        return {record.subject_id: fact_of_item(record, item, unit) for record in latest}

    def select_once(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
        return read_once(("last known", form_key, item, frozenset(subject_ids)), lambda: select(subject_ids))

    return FactSource(select_once, label_of(model, item), unit, form_key)


def viral_load(item: str) -> FactSource:
    """A nucleic acid test; below quantification without "not detected" is unknown."""

    def fact_of(record: Any) -> Fact:
        if getattr(record, item) == "BELOW_LOQ":
            return Fact.missing(Why.UNKNOWN, source=record.address(item))
        return fact_of_item(record, item)

    return record_fact(Virology, "VIR", fact_of, label_of(Virology, item))


def pregnancy(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The pregnancy test; not applicable in men and where the investigator stated that there can be no child."""
    found = pregnancy_items(subject_ids, "result")
    for subject_id, fact in known_facts(subject_ids, "not_childbearing").items():
        if fact.value is True and not known(found.get(subject_id)):
            found[subject_id] = Fact.missing(Why.NOT_APPLICABLE, source=fact.source)
    return found


def lactation(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """Breast-feeding; not applicable in men."""
    return pregnancy_items(subject_ids, "lactating")


def pregnancy_items(subject_ids: Sequence[UUID], item: str) -> dict[UUID, Fact]:
    records = latest_records(PregnancyTest, "PREG", subject_ids)
    found = {subject_id: fact_of_item(record, item) for subject_id, record in records.items()}
    for subject_id, fact in known_facts(subject_ids, "sex").items():
        if fact.value == "M" and not known(found.get(subject_id)):
            found[subject_id] = Fact.missing(Why.NOT_APPLICABLE, source=fact.source)
    return found


def known(fact: Fact | None) -> bool:
    return fact is not None and fact.known


def clearances(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """Creatinine clearance (Cockcroft-Gault) from the latest creatinine, weight as the protocol says."""
    creatinines = latest_values(subject_ids, "creatinine")
    if not creatinines:
        return {}
    others = several_facts(subject_ids, ("birth_date", "sex", "weight_kg", "height_cm"))
    plans = protocols(subject_ids)
    return {
        subject_id: clearance(
            value,
            {name: facts.get(subject_id) for name, facts in others.items()},
            plans[subject_id].crcl_weight,
        )
        for subject_id, value in creatinines.items()
    }


def clearance(creatinine: LabValue, others: Mapping[str, Fact | None], weight_kind: str) -> Fact:
    """One clearance: age in completed years at the sample; bounds where the birth date is partial.

    Missing (not recorded) while age, sex, weight or, for an ideal weight, height is unknown. A creatinine
    reported as "<x" gives a clearance above the computed one.
    """
    birth, sex, weight, height = (
        others.get(name) for name in ("birth_date", "sex", "weight_kg", "height_cm")
    )
    age = age_fact(birth.value if known(birth) else None, creatinine.on)  # type: ignore[union-attr, arg-type]
    canonical = creatinine.quantity.canonical
    if not (age.known and known(sex) and known(weight)) or not canonical:
        return Fact.missing(source=creatinine.source)
    assert sex is not None
    assert weight is not None
    if weight.comparator or not isinstance(weight.value, Decimal) or weight.value <= 0:
        return Fact.missing(Why.UNKNOWN, source=creatinine.source)
    kind = CrClWeight(weight_kind.upper())
    tall = height.value if height is not None and height.known and isinstance(height.value, Decimal) else None
    if kind is not CrClWeight.ACTUAL and tall is None:
        return Fact.missing(source=creatinine.source)
    used = crcl_weight(kind, weight.value, Sex(str(sex.value)), tall)
    years = (
        (int(age.value.low or 0), int(age.value.high or 0))
        if isinstance(age.value, Interval)
        else (int(str(age.value)),) * 2
    )
    figures = [
        creatinine_clearance(
            age_years=each, weight_kg=used.value, creatinine_umol_l=canonical, sex=Sex(str(sex.value))
        )
        for each in years
    ]
    oldest = figures[-1]
    value: Decimal | Interval[Decimal] = oldest.value
    if len(set(years)) > 1:
        value = Interval(oldest.value, figures[0].value)
    return Fact(
        value,
        "mL/min",
        BELOW_SENSE[creatinine.quantity.comparator],
        on=creatinine.on,
        source=creatinine.source,
        working=oldest.working,
    )


def hctci(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
    """The HCT-CI from the answered items and what was measured; a lower bound while items are open."""
    records = latest_records(Hctci, "HCI", subject_ids)
    return {
        subject_id: replace(
            score.as_fact(records[subject_id].address("arrhythmia")), on=records[subject_id].performed_on
        )
        for subject_id, score in hctci_scores(records).items()
    }


def hctci_scores(records: Mapping[UUID, Hctci]) -> dict[UUID, HctciScore]:
    """The score of one form of each subject, with what was measured last."""
    if not records:
        return {}
    ids = list(records)
    measured = several_facts(ids, ("lvef", "fev1_pp", "dlco_pp", "weight_kg", "height_cm"))
    labs = {name: latest_values(ids, name) for name in ("creatinine", "bilirubin", "alt", "ast")}
    started = first_doses(ids)
    found = {}
    for subject_id, record in records.items():
        facts = {name: by_subject.get(subject_id) for name, by_subject in measured.items()}
        values = {name: by_subject.get(subject_id) for name, by_subject in labs.items()}
        found[subject_id] = score_of(record, facts, values, started.get(subject_id))
    return found


def score_of(
    record: Hctci,
    facts: Mapping[str, Fact | None],
    labs: Mapping[str, LabValue | None],
    first_dose: date | None,
) -> HctciScore:
    """The score of one form; before treatment the item infection cannot apply yet."""
    before = first_dose is None or (record.performed_on is not None and record.performed_on <= first_dose)
    weight, height = number(facts.get("weight_kg")), number(facts.get("height_cm"))
    creatinine, bilirubin, alt, ast = (labs.get(name) for name in ("creatinine", "bilirubin", "alt", "ast"))
    measures = HctciMeasures(
        lvef_pct=number(facts.get("lvef")),
        bmi=bmi(height, weight).value if height and weight else None,
        creatinine_umol_l=creatinine.quantity if creatinine else None,
        fev1_pct=number(facts.get("fev1_pp")),
        dlco_pct=number(facts.get("dlco_pp")),
        bilirubin=bilirubin.quantity if bilirubin else None,
        bilirubin_uln=bilirubin.uln if bilirubin else None,
        alt=alt.quantity if alt else None,
        alt_uln=alt.uln if alt else None,
        ast=ast.quantity if ast else None,
        ast_uln=ast.uln if ast else None,
    )
    return hctci_score({key: getattr(record, key) for key in BY_KEY}, measures, before_treatment=before)


def number(fact: Fact | None) -> Decimal | None:
    """The exact number of a fact; None when it is missing or only bounded."""
    usable = fact is not None and fact.known and not fact.comparator
    return fact.value if usable and isinstance(fact.value, Decimal) else None  # type: ignore[union-attr]


def course_sources() -> dict[str, FactSource]:
    """Facts of the course of response and MRD."""
    responses = {
        "response_latest": _("Latest response"),
        "response_latest_day": _("Study day of the latest response"),
        "in_crc": _("In complete remission (CR, CRh or CRi)"),
        "ever_crc": _("Ever in complete remission (CR, CRh or CRi)"),
    }
    mrd = {
        "mrd_verdict_screening": _("MRD at screening"),
        "mrd_verdict_latest": _("Latest MRD"),
        "mrd_state": _("MRD over time"),
    }
    units = {"response_latest_day": "d"}
    return {
        **{
            name: FactSource(
                part(response_facts, name), label, units.get(name, ""), "BM", words=CATEGORY_WORDS
            )
            for name, label in responses.items()
        },
        **{
            name: FactSource(
                part(mrd_facts, name),
                label,
                form="MRD",
                words=STANDING_WORDS if name == "mrd_state" else VERDICT_WORDS,
            )
            for name, label in mrd.items()
        },
    }


def part(
    read: Callable[[Sequence[UUID]], Mapping[UUID, Mapping[str, Fact]]], name: str
) -> Callable[[Sequence[UUID]], Mapping[UUID, Fact]]:
    """One fact of several that are read together."""

    def select(subject_ids: Sequence[UUID]) -> dict[UUID, Fact]:
        found = read_once((read, frozenset(subject_ids)), lambda: read(subject_ids))
        return {subject_id: facts[name] for subject_id, facts in found.items() if name in facts}

    return select
