"""What differs between two versions of a protocol: item by item, with the value before and after.

Things are the same thing when they have the same key (criteria: the same id). Where a value comes from (`cite`) is no
difference; that an assumption became a stated value (`source`) is one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from trialsite.studies.domain.blinatumomab_plan import BlinatumomabPlan, CourseRules, DoseModification
from trialsite.studies.domain.protocol import (
    DeviationRule,
    Drug,
    MethotrexatePlan,
    Protocol,
    ProtocolFormPlan,
    Randomisation,
    Regimen,
    Registration,
    VisitPlan,
)
from trialsite.studies.domain.values import Text

Values = dict[str, Any]

SETTINGS = (
    "title",
    "short_title",
    "phase",
    "design",
    "planned_enrolment",
    "accrual_months",
    "ctcae_version",
    "bsa_formula",
    "crcl_weight",
    "cns2_is_cns_leukemia",
    "creat_baseline_requires_gt_uln",
    "anthracycline_ratio_set",
)
PLANNED = ("anchor", "offset_days", "offset_months", "repeat", "only_after_treatment", "until")
UNCOMPARED = ("key", "id", "cite")


class Kind(StrEnum):
    """How something differs."""

    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"
    CHANGED = "changed"


@dataclass(frozen=True)
class FieldChange:
    """One property before and after; None where it is not given."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class Change:
    """One thing that differs: the part of the document, what kind of thing, its name, and where it stands.

    `old` and `new` are the thing itself (None where it is not there); `inside` names what holds it.
    """

    part: str
    kind: Kind
    thing: str
    key: str
    name: Text
    old: Any
    new: Any
    fields: tuple[FieldChange, ...] = ()
    inside: Text | None = None


def differences(old: Protocol, new: Protocol) -> tuple[Change, ...]:
    """Every difference, in the order of the document; () when the versions say the same."""
    return tuple(_all(old, new))


def _all(old: Protocol, new: Protocol) -> Iterator[Change]:
    yield from _one("settings", "trial", _settings(old), _settings(new), Text("Trial", "试验"))
    yield from _registry(old.registration, new.registration)
    yield from _listed("sites", "site", old.sites, new.sites)
    yield from _listed("criteria", "criterion", old.criteria, new.criteria, name=lambda one: one.text)
    yield from _one("consent", "consent", _values(old.consent), _values(new.consent), CONSENT)
    yield from _one("screening", "screening", _values(old.screening), _values(new.screening), SCREENING)
    yield from _randomisation(old.randomisation, new.randomisation)
    yield from _listed("path", "arm", old.arms, new.arms)
    yield from _listed("path", "phase", old.phases, new.phases)
    yield from _listed("path", "indication", old.transplant.indications, new.transplant.indications)
    yield from _one("path", "transplant", _graft(old), _graft(new), TRANSPLANT)
    yield from _regimens(old.regimens, new.regimens)
    yield from _one("regimens", "obesity", _values(old.obesity), _values(new.obesity), OBESITY)
    yield from _one(
        "regimens", "tolerance", _values(old.dose_tolerance), _values(new.dose_tolerance), DOSE_TOLERANCE
    )
    yield from _listed("regimens", "reference", old.reference_regimens, new.reference_regimens)
    yield from _blinatumomab(old.blinatumomab, new.blinatumomab)
    yield from _methotrexate(old.methotrexate, new.methotrexate)
    yield from _listed("schedule", "visit", old.visits, new.visits, values=_visit, kind=_kind_of_visit)
    yield from _forms(old.forms, new.forms)
    yield from _listed(
        "mrd", "threshold", old.mrd, new.mrd, key=lambda one: f"{one.method} {one.role}", name=_method
    )
    yield from _one("mrd", "samples", _values(old.samples), _values(new.samples), SAMPLES)
    yield from _one(
        "deviations", "deviations", _classes(old.deviations), _classes(new.deviations), DEVIATIONS
    )
    yield from _one("response", "response", _values(old.response), _values(new.response), RESPONSE)
    yield from _listed("endpoints", "endpoint", old.endpoints, new.endpoints)
    yield from _listed("endpoints", "monitoring", old.monitoring, new.monitoring)
    yield from _one("endpoints", "adjudication", _committee(old), _committee(new), ADJUDICATION)
    yield from _listed("questions", "question", old.questions, new.questions, name=lambda one: one.text)


REGISTRATION = Text("Registration", "注册信息")
CONSENT = Text("Consent", "知情同意")
SCREENING = Text("Screening", "筛选")
METHOTREXATE = Text("Methotrexate levels and leucovorin", "甲氨蝶呤血药浓度与亚叶酸钙解救")
BLINATUMOMAB = Text("Blinatumomab", "贝林妥欧单抗")
SAMPLES = Text("Samples for MRD", "MRD标本")
TRANSPLANT = Text("Transplantation and CAR-T cells", "移植与CAR-T细胞")
OBESITY = Text("Obesity", "肥胖")
DOSE_TOLERANCE = Text("Tolerance of doses", "剂量允许偏差")
DEVIATIONS = Text("Deviations drafted by rules", "按规则生成的方案偏离")
RESPONSE = Text("Criteria of response", "疗效标准")
ADJUDICATION = Text("Adjudication of events by a committee", "终点事件委员会裁定")
RANDOMISATION = Text("Randomisation", "随机化")


def _registry(old: Registration, new: Registration) -> Iterator[Change]:
    own = ("entries",)
    yield from _one("registry", "registration", _values(old, own), _values(new, own), REGISTRATION)
    yield from _listed("registry", "entry", old.entries, new.entries)


def _settings(protocol: Protocol) -> Values:
    return {name: getattr(protocol, name) for name in SETTINGS}


def _committee(protocol: Protocol) -> Values:
    return {"adjudication": protocol.adjudication}


def _classes(rules: Sequence[DeviationRule]) -> Values:
    return {one.rule: one.weight for one in rules}


def _values(thing: Any, but: Sequence[str] = ()) -> Values:
    """The properties of a thing that are compared."""
    return {
        one.name: getattr(thing, one.name) for one in fields(thing) if one.name not in (*UNCOMPARED, *but)
    }


def _changed(old: Values, new: Values) -> tuple[FieldChange, ...]:
    names = [*old, *(name for name in new if name not in old)]
    return tuple(
        FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
    )


def _one(part: str, thing: str, old: Values, new: Values, name: Text) -> Iterator[Change]:
    """Something that every protocol has once."""
    if found := _changed(old, new):
        yield Change(part, Kind.CHANGED, thing, thing, name, old, new, found)


def _key(thing: Any) -> str:
    return str(getattr(thing, "key", None) or thing.id)


def _name(thing: Any) -> Text:
    for attribute in ("name", "title", "label"):
        if isinstance(text := getattr(thing, attribute, None), Text):
            return text
    return Text(_key(thing), _key(thing))


def _method(thing: Any) -> Text:
    return Text(thing.method, thing.method)


def _always_changed(_found: tuple[FieldChange, ...]) -> Kind:
    return Kind.CHANGED


def _listed(
    part: str,
    thing: str,
    olds: Iterable[Any],
    news: Iterable[Any],
    *,
    key: Callable[[Any], str] = _key,
    name: Callable[[Any], Text] = _name,
    values: Callable[[Any], Values] = _values,
    kind: Callable[[tuple[FieldChange, ...]], Kind] = _always_changed,
    inside: Text | None = None,
) -> Iterator[Change]:
    """Things with keys: removed, then changed or added in the order of the new version."""
    before, after = {key(one): one for one in olds}, {key(one): one for one in news}
    for one, old in before.items():
        if one not in after:
            yield Change(part, Kind.REMOVED, thing, one, name(old), old, None, (), inside)
    for one, new in after.items():
        if one not in before:
            yield Change(part, Kind.ADDED, thing, one, name(new), None, new, (), inside)
        elif found := _changed(values(before[one]), values(new)):
            yield Change(part, kind(found), thing, one, name(new), before[one], new, found, inside)


def _visit(plan: VisitPlan) -> Values:
    """A visit: when it is planned and its window as one property each, its forms by how they are asked for."""
    own = _values(plan, (*PLANNED, "before_days", "after_days", "forms"))
    return own | {
        "planned_for": tuple(getattr(plan, name) for name in PLANNED),
        "window": (plan.before_days, plan.after_days),
        "required_forms": tuple(sorted(one.form for one in plan.forms if one.required)),
        "optional_forms": tuple(sorted(one.form for one in plan.forms if not one.required)),
    }


def _kind_of_visit(found: tuple[FieldChange, ...]) -> Kind:
    return Kind.MOVED if any(one.field == "planned_for" for one in found) else Kind.CHANGED


def _randomisation(old: Randomisation | None, new: Randomisation | None) -> Iterator[Change]:
    if old is None or new is None:
        if old is not new:
            kind = Kind.ADDED if old is None else Kind.REMOVED
            yield Change("path", kind, "randomisation", "randomisation", RANDOMISATION, old, new)
        return
    own = ("strata",)
    yield from _one("path", "randomisation", _values(old, own), _values(new, own), RANDOMISATION)
    yield from _listed("path", "stratum", old.strata, new.strata)


def _graft(protocol: Protocol) -> Values:
    """What conditioning and apheresis wait for, without where it comes from."""
    plan, cells = protocol.transplant, protocol.cell_therapy
    known: dict[str, Any] = {"washout": plan.washout, "mrd_negative": plan.mrd_negative}
    if cells is not None:
        known |= {"apheresis": cells.apheresis, "aplasia": cells.aplasia}
    return {name: None if one is None else replace(one, cite="") for name, one in known.items()}


def _regimens(olds: Sequence[Regimen], news: Sequence[Regimen]) -> Iterator[Change]:
    yield from _listed("regimens", "regimen", olds, news, values=lambda one: _values(one, ("drugs",)))
    before = {one.key: one for one in olds}
    for new in news:
        if new.key in before:
            yield from _listed(
                "regimens", "drug", before[new.key].drugs, new.drugs, values=_drug, inside=new.name
            )


def _drug(drug: Drug) -> Values:
    """A drug; where a dose level comes from is compared with the level, its citation is not."""
    levels = tuple((one.amount, one.basis, one.cap, one.days, one.when, one.source) for one in drug.doses)
    return _values(drug) | {"doses": levels}


def _blinatumomab(old: BlinatumomabPlan, new: BlinatumomabPlan) -> Iterator[Change]:
    """Rules by the regimens they are for; advice around the first infusion; the decision table, its rows one by one."""
    yield from _listed(
        "regimens",
        "course_rules",
        old.courses,
        new.courses,
        key=lambda one: " ".join(one.regimens),
        name=lambda _one: BLINATUMOMAB,
        values=_course_rules,
    )
    yield from _listed(
        "regimens",
        "first_advice",
        old.first_infusion,
        new.first_infusion,
        name=lambda one: one.text,
        inside=BLINATUMOMAB,
    )
    before, after = old.dose_modification, new.dose_modification
    yield from _one("regimens", "dose_modification", _decided(before), _decided(after), BLINATUMOMAB)
    yield from _listed(
        "regimens",
        "decision_row",
        before.rows if before else (),
        after.rows if after else (),
        key=lambda one: str(one.row),
        name=lambda one: Text(f"Row {one.row}", f"第{one.row}行"),
        inside=BLINATUMOMAB,
    )


def _course_rules(rules: CourseRules) -> Values:
    return {
        "premedication": tuple(replace(one, cite="") for one in rules.premedication),
        "hospital": rules.hospital_days,
    }


def _decided(table: DoseModification | None) -> Values:
    return {} if table is None else _values(table, ("rows",))


def _methotrexate(old: MethotrexatePlan, new: MethotrexatePlan) -> Iterator[Change]:
    own = ("tables",)
    yield from _one("regimens", "methotrexate", _values(old, own), _values(new, own), METHOTREXATE)
    yield from _listed("regimens", "rescue_table", old.tables, new.tables)


def _forms(olds: Sequence[ProtocolFormPlan], news: Sequence[ProtocolFormPlan]) -> Iterator[Change]:
    yield from _listed(
        "forms", "form", olds, news, values=lambda one: _values(one, ("items", "groups", "checks"))
    )
    before = {one.key: one for one in olds}
    for new in news:
        if new.key in before:
            old = before[new.key]
            yield from _listed("forms", "item", old.items, new.items, inside=new.title)
            yield from _listed(
                "forms", "check", old.checks, new.checks, name=lambda one: one.says, inside=new.title
            )
            yield from _listed(
                "forms",
                "group",
                old.groups,
                new.groups,
                values=lambda one: {"title": one.title},
                inside=new.title,
            )
            groups = {one.key: one.items for one in old.groups}
            for group in new.groups:
                if group.key in groups:
                    yield from _listed("forms", "item", groups[group.key], group.items, inside=group.title)
