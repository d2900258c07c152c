"""The difference of two versions in trial words, in the reader's language, grouped by the part of the document."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.fact_words import fact_label, rule_words
from trialsite.casebook.names import anchor_name, arm_name, form_title, local, phase_name, regimen_name
from trialsite.casebook.own_rules import condition_words
from trialsite.casebook.registries import facts
from trialsite.casebook.sign_off import (
    adjudication_words,
    condition_of_graft,
    level_words,
    monitoring_words,
    plain,
    randomisation_words,
    rescue_row_words,
    signer_words,
    term_words,
)
from trialsite.clinical.units import analyte
from trialsite.listing import listed, listed_apart, told
from trialsite.studies.domain import protocol as plans
from trialsite.studies.domain.blinatumomab_plan import (
    CourseRules,
    DoseByWeight,
    EventTerms,
    FirstAdvice,
    LiverLimit,
    ModificationRow,
    PremedicationRule,
)
from trialsite.studies.domain.methotrexate_plan import clause_text
from trialsite.studies.domain.monitoring_plan import MonitoringRule
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.registry import RegistryOutcome, Statement
from trialsite.studies.domain.transplant_plan import Indication
from trialsite.studies.words import (
    BLINATUMOMAB_EVENTS,
    CODES,
    DEVIATION_RULES,
    LIVER_NAMES,
    MRD_METHODS,
    SETTING_CODES,
    SETTINGS,
    SOURCES,
    code_words,
    day_runs,
    dose_levels_words,
    equivalent_words,
    modifier_words,
    offset_words,
    runs_words,
    window_words,
)

from .domain.difference import Change, FieldChange, Kind, differences
from .templatetags.blinatumomab_reading import days_in_hospital, premedication_words

PARTS: Mapping[str, Any] = {
    "settings": gettext_lazy("The trial as a whole"),
    "registry": gettext_lazy("What the registry states"),
    "sites": gettext_lazy("Sites"),
    "criteria": gettext_lazy("Eligibility"),
    "consent": gettext_lazy("Consent"),
    "screening": gettext_lazy("Screening"),
    "path": gettext_lazy("Treatment path"),
    "regimens": gettext_lazy("Regimens"),
    "schedule": gettext_lazy("Schedule of activities"),
    "forms": gettext_lazy("Forms of this trial"),
    "mrd": gettext_lazy("MRD"),
    "deviations": gettext_lazy("Deviations"),
    "response": gettext_lazy("Criteria of response"),
    "endpoints": gettext_lazy("Endpoints"),
    "questions": gettext_lazy("Questions to the sponsor"),
}
KINDS: Mapping[str, Any] = {
    Kind.ADDED: gettext_lazy("added"),
    Kind.REMOVED: gettext_lazy("removed"),
    Kind.MOVED: gettext_lazy("moved"),
    Kind.CHANGED: gettext_lazy("changed"),
}
SAID_BY_KEY = ("criterion", "question", "form", "site", "entry")  # what people call by its number or code
ITEM_TYPES: Mapping[str, Any] = {
    "quantity": gettext_lazy("quantity with its unit"),
    "partial_date": gettext_lazy("date, also in part"),
    "time": gettext_lazy("time of day"),
    "choices": gettext_lazy("several of a list"),
    "text": gettext_lazy("text"),
    "integer": gettext_lazy("whole number"),
    "decimal": gettext_lazy("decimal number"),
    "date": gettext_lazy("date"),
    "choice": gettext_lazy("choice"),
    "yes_no": gettext_lazy("yes or no"),
}


@dataclass(frozen=True)
class Property:
    """A property in words: its name, before and after ("" where it is not given)."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangeLine:
    """One thing that differs, in words; `key` is "" where people know it by its name only."""

    kind: str
    kind_words: str
    key: str
    name: str
    properties: Sequence[Property]


@dataclass(frozen=True)
class ChangePart:
    """The differences of one part of the document."""

    part: str
    title: str
    lines: Sequence[ChangeLine]


def difference_parts(old: Protocol, new: Protocol) -> list[ChangePart]:
    """Every difference between two versions, by part."""
    found: dict[str, list[ChangeLine]] = {}
    for change in differences(old, new):
        found.setdefault(change.part, []).append(line_of(change, old, new))
    return [ChangePart(part, str(title), found[part]) for part, title in PARTS.items() if part in found]


def line_of(change: Change, old: Protocol, new: Protocol) -> ChangeLine:
    name = str(PARTS["registry"]) if change.thing == "entry" else local(change.name)
    if isinstance(rules := change.new or change.old, CourseRules):
        name = f"{name} · {listed(regimen_name(old if change.new is None else new, key) for key in rules.regimens)}"
    if change.thing == "threshold":
        method, role = change.key.split()
        name = f"{code_words(method, 'method')} · {code_words(role, 'role')}"
    if change.inside is not None:
        name = f"{local(change.inside)} · {name}"
    return ChangeLine(
        str(change.kind),
        str(KINDS[change.kind]),
        change.key if change.thing in SAID_BY_KEY else "",
        name,
        list(properties_of(change, old, new)),
    )


def properties_of(change: Change, old: Protocol, new: Protocol) -> list[Property]:
    """What differs; of something added or removed, what there is to know of it."""
    if change.fields:
        return [property_of(change, one, old, new) for one in change.fields]
    there, protocol = (change.new, new) if change.kind == Kind.ADDED else (change.old, old)
    known = summary_of(there, protocol)
    return [
        Property(label, "", words) if change.kind == Kind.ADDED else Property(label, words, "")
        for label, words in known
        if words
    ]


def property_of(change: Change, one: FieldChange, old: Protocol, new: Protocol) -> Property:
    return Property(
        capfirst(label_of(one.field)),
        value_of(change.old, one.field, one.old, old),
        value_of(change.new, one.field, one.new, new),
    )


def label_of(field: str) -> str:
    return str(
        FIELDS.get(field) or SETTINGS.get(field) or DEVIATION_RULES.get(field) or field.replace("_", " ")
    )


FIELDS: Mapping[str, Any] = {
    "title": gettext_lazy("title"),
    "short_title": gettext_lazy("short title"),
    "phase": gettext_lazy("phase"),
    "design": gettext_lazy("design"),
    "planned_enrolment": gettext_lazy("planned number"),
    "ids": gettext_lazy("registrations"),
    "nct": gettext_lazy("number in the registry"),
    "registry_note": gettext_lazy("note on the registry"),
    "min_age": gettext_lazy("youngest age"),
    "max_age": gettext_lazy("oldest age"),
    "allocation": gettext_lazy("design"),
    "multicentre": gettext_lazy("several centres"),
    "start": gettext_lazy("start"),
    "primary_completion": gettext_lazy("primary completion"),
    "completion": gettext_lazy("completion"),
    "outcomes": gettext_lazy("outcomes"),
    "statements": gettext_lazy("statements"),
    "questions": gettext_lazy("questions"),
    "name": gettext_lazy("name"),
    "timezone": gettext_lazy("time zone"),
    "kind": gettext_lazy("kind"),
    "text": gettext_lazy("text"),
    "needs": gettext_lazy("what answers it"),
    "needs_reason": gettext_lazy("needs a reason in words"),
    "signers": gettext_lazy("who signs the consent"),
    "number_prefix": gettext_lazy("prefix of the numbers"),
    "windows": gettext_lazy("how long results hold"),
    "fact_groups": gettext_lazy("results with a time limit"),
    "ratio": gettext_lazy("ratio"),
    "block_sizes": gettext_lazy("sizes of blocks"),
    "levels": gettext_lazy("levels"),
    "fact": gettext_lazy("fact"),
    "by_site": gettext_lazy("by site"),
    "short": gettext_lazy("short name"),
    "regimen": gettext_lazy("regimen"),
    "optional": gettext_lazy("optional"),
    "branches": gettext_lazy("what follows"),
    "route": gettext_lazy("route"),
    "unit": gettext_lazy("unit"),
    "per_day": gettext_lazy("times a day"),
    "doses": gettext_lazy("dose"),
    "gates": gettext_lazy("before the start"),
    "drugs": gettext_lazy("drugs"),
    "infusion_h": gettext_lazy("hours of infusion"),
    "infusion_within_h": gettext_lazy("give or take, hours"),
    "clock": gettext_lazy("hours count from"),
    "levels_h": gettext_lazy("levels drawn at, hours"),
    "level_within_h": gettext_lazy("a level counts within, hours"),
    "information_h": gettext_lazy("levels that only inform, hours"),
    "rows": gettext_lazy("rows"),
    "discharge_below_umol_l": gettext_lazy("over below, µmol/L"),
    "then_every_h": gettext_lazy("further levels every, hours"),
    "infusion_hours": gettext_lazy("hours of infusion"),
    "modifiers": gettext_lazy("when the dose differs"),
    "equivalents": gettext_lazy("equivalent drugs"),
    "tumour_lysis": gettext_lazy("watched for tumour lysis"),
    "dose_levels": gettext_lazy("dose levels"),
    "bmi_from": gettext_lazy("obesity from a BMI of, kg/m²"),
    "query_above_pct": gettext_lazy("asked about above, %"),
    "deviation_above_pct": gettext_lazy("a deviation above, %"),
    "handling": gettext_lazy("dosed by"),
    "cap": gettext_lazy("body surface at most, m²"),
    "parts": gettext_lazy("parts of the infusion"),
    "planned_for": gettext_lazy("planned for"),
    "window": gettext_lazy("window"),
    "required_forms": gettext_lazy("required forms"),
    "optional_forms": gettext_lazy("forms if clinically indicated"),
    "arms": gettext_lazy("arms"),
    "when": gettext_lazy("condition"),
    "type": gettext_lazy("kind of answer"),
    "choices": gettext_lazy("answers to choose from"),
    "help": gettext_lazy("help"),
    "analyte": gettext_lazy("analyte"),
    "minimum": gettext_lazy("at least"),
    "maximum": gettext_lazy("at most"),
    "low": gettext_lazy("usually at least"),
    "high": gettext_lazy("usually at most"),
    "show_when": gettext_lazy("asked only if"),
    "at": gettext_lazy("item"),
    "holds": gettext_lazy("what must hold"),
    "says": gettext_lazy("sentence"),
    "hard": gettext_lazy("refuses the form"),
    "label": gettext_lazy("label"),
    "required": gettext_lazy("required"),
    "role": gettext_lazy("role"),
    "horizon_months": gettext_lazy("followed up to, months"),
    "sensitivity": gettext_lazy("sensitivity analysis"),
    "default": gettext_lazy("answer taken until then"),
    "criteria_set": gettext_lazy("set of criteria"),
    "cri_allow_both_fail": gettext_lazy("CRi with neutrophils and platelets both low"),
    "crh": gettext_lazy("CRh is a category of its own"),
    "literal_mlfs_is_cri": gettext_lazy("MLFS counts as CRi"),
    "mrd_1pct_warning": gettext_lazy("warning at MRD of one per cent or more"),
    "crc": gettext_lazy("what makes CRc"),
    "counts_window_days": gettext_lazy("counts around the marrow, days"),
    "marrow_max_age_days": gettext_lazy("oldest marrow, days"),
    "refractory_at": gettext_lazy("no CRc is failure at"),
    "send_days": gettext_lazy("days from draw to sending"),
    "receipt_days": gettext_lazy("days from sending to receipt"),
    "report_days": gettext_lazy("days from receipt to report"),
    "report_days_other": gettext_lazy("days from receipt to report, other methods"),
    "premedication": gettext_lazy("premedication"),
    "hospital": gettext_lazy("days in hospital, advised"),
    "hours_after_start": gettext_lazy("shown until, hours after the start"),
    "marrow_blasts_from_pct": gettext_lazy("from blasts in marrow, %"),
    "blood_blasts_above_per_ul": gettext_lazy("above blasts in blood, per µL"),
    "start_dose": gettext_lazy("dose when it starts again"),
    "full_dose": gettext_lazy("full dose"),
    "escalate_after_days": gettext_lazy("full dose after, days"),
    "terms": gettext_lazy("terms of the CTCAE"),
    "liver": gettext_lazy("liver values"),
    "event": gettext_lazy("event"),
    "grades": gettext_lazy("grades"),
    "action": gettext_lazy("action"),
    "as_row": gettext_lazy("as row"),
    "hold_days": gettext_lazy("held for at least, days"),
    "stop_after_days": gettext_lazy("stopped for good if not resolved after, days"),
    "stop_at_start_dose": gettext_lazy("stopped for good at the starting dose"),
    "stop_on_recurrence": gettext_lazy("stopped for good when it comes again"),
    "stop_above_events": gettext_lazy("stopped for good after more events than"),
    "source": gettext_lazy("where it comes from"),
    "endpoint": gettext_lazy("endpoint"),
    "n": gettext_lazy("subjects at most"),
    "pauses_recruitment": gettext_lazy("recruitment pauses by itself"),
    "p0": gettext_lazy("rate of H0"),
    "p1": gettext_lazy("rate of H1"),
    "r1": gettext_lazy("stop after the first stage at, or below"),
    "n1": gettext_lazy("subjects of the first stage"),
    "r": gettext_lazy("success at more than"),
    "limit": gettext_lazy("limit of the rate"),
    "certainty": gettext_lazy("stop above a probability of"),
    "success": gettext_lazy("success above a probability of"),
    "prior": gettext_lazy("prior, beta law"),
    "looks": gettext_lazy("looked at after so many subjects"),
}
ACTIONS: Mapping[str, Any] = {
    "WATCH": gettext_lazy("go on, treat the symptoms"),
    "INTERRUPT": gettext_lazy("interrupt the infusion"),
    "STOP": gettext_lazy("stop for good"),
    "DECIDE": gettext_lazy("the investigator decides"),
}


def value_of(thing: Any, field: str, value: Any, protocol: Protocol) -> str:
    """A property in words; "" where it is not given."""
    if value is None or value == () or value == {}:
        return "" if field not in ("planned_enrolment", "accrual_months") else _("not stated")
    match field:
        case "rule" | "when":
            return rule_words(value)
        case "show_when" | "holds":
            return condition_words(value, form_with(thing, protocol))
        case "analyte":
            return analyte_words(value)
        case "planned_for" if isinstance(thing, plans.VisitPlan):
            return planned_words(thing, protocol)
        case "window" if isinstance(thing, plans.VisitPlan):
            return window_words(thing)
        case "required_forms" | "optional_forms":
            return listed(form_title(protocol, key) for key in value)
        case "doses":
            return listed(level_words(one, thing) for one in thing.doses)
        case "days" if isinstance(value, tuple):
            return day_runs(value)
        case "tumour_lysis":
            return lysis_words(value, protocol)
        case "dose_levels":
            return dose_levels_words(thing)
        case "regimen":
            return regimen_name(protocol, value)
        case "arms":
            return listed(arm_name(protocol, key) for key in value)
        case "phase" if isinstance(thing, plans.VisitPlan):
            return phase_name(protocol, value)
        case "type":
            return str(ITEM_TYPES.get(value, value))
        case "fact":
            return fact_label(value)
        case "refractory_at":
            return plain(protocol, "assessed_at", value)
        case "washout" | "mrd_negative" | "apheresis" | "aplasia":
            return condition_of_graft(value)
        case "looks" | "prior":
            return ", ".join(str(one) for one in value)
        case "adjudication":
            return adjudication_words(value)
        case "endpoint":
            return endpoint_words(value, protocol)
        case "hospital":
            return days_in_hospital(value)
        case "event":
            return str(BLINATUMOMAB_EVENTS[value])
        case "action":
            return str(ACTIONS[value])
        case "source":
            return str(SOURCES.get(value, value))
        case _ if field in DEVIATION_RULES:
            return code_words(value, "class of a deviation")
    return parts_of(value, protocol) or coded(field, value) or plain(protocol, field, value)


def endpoint_words(key: str, protocol: Protocol) -> str:
    return next((local(one.name) for one in protocol.endpoints if one.key == key), key)


def form_with(thing: Any, protocol: Protocol) -> plans.ProtocolFormPlan:
    """The form of the trial on which an item or a check stands."""
    return next(form for form in protocol.forms if thing in (*form.items, *form.checks))


def analyte_words(key: str) -> str:
    """The name of an analyte; "" where an item has none."""
    return local(analyte(key).label) if key else ""


CODED = {
    "phase": "phase",
    "design": "design",
    "allocation": "design",
    "route": "route",
    "unit": "unit",
    "role": "role",
    "analysis_set": "analysis set",
}


def coded(field: str, value: Any) -> str:
    """A code that has words; "" for others."""
    kind = CODED.get(field)
    return code_words(value, kind) if kind and str(value) in CODES[kind] else ""


WHOLE = (plans.Glucarpidase, DoseByWeight, EventTerms)  # one value of several parts


def parts_of(value: Any, protocol: Protocol) -> str:
    """Several parts of one property; "" for anything else."""
    if isinstance(value, Mapping):
        return listed_apart(told(group_words(key), amount_words(amount)) for key, amount in value.items())
    if not isinstance(value, tuple):
        return part_words(value, protocol) if isinstance(value, WHOLE) else ""
    words = [part_words(one, protocol) for one in value]
    return listed_apart(words) if all(words) else ""


def group_words(key: str) -> str:
    return str(
        SETTING_CODES.get(key) or MRD_METHODS.get(key) or (fact_label(key) if key in facts else label_of(key))
    )


def amount_words(amount: Any) -> str:
    return str(SETTING_CODES.get(amount, amount)) if isinstance(amount, str) else str(amount)


def part_words(one: Any, protocol: Protocol) -> str:
    match one:
        case plans.Branch():
            return f"{rule_words(one.when)} → {phase_name(protocol, one.to)}"
        case plans.Choice():
            return f"{one.code} {local(one.label)}"
        case plans.ConsentSigners():
            return signer_words(one)
        case plans.StratumLevel():
            return f"{local(one.name)} ({rule_words(one.rule)})"
        case plans.DoseModifier():
            return f"{modifier_words(one)} ({rule_words(one.when)})"
        case plans.Equivalent():
            return equivalent_words(one)
        case plans.InfusionPart():
            return f"{one.fraction} · {one.hours} h"
        case plans.StartCondition():
            return f"{local(one.text)} ({rule_words(one.rule)})"
        case plans.ReferenceDrug():
            return local(one.text)
        case plans.Sensitivity():
            return local(one.words)
        case plans.Glucarpidase():
            return listed(local(clause_text(each, "start")) for each in one.limits)
        case plans.RescueRow():
            return rescue_row_words(one)
        case PremedicationRule():
            return premedication_words(one)
        case DoseByWeight():
            return _("%(fixed)s µg/day; below 45 kg %(per_m2)s µg/m²/day, at most %(cap)s µg/day") % {
                "fixed": one.fixed,
                "per_m2": one.per_m2,
                "cap": one.cap,
            }
        case EventTerms():
            return term_words(one)
        case LiverLimit():
            return _("%(analyte)s: above %(above)s × ULN; resolved at %(resolved)s × ULN") % {
                "analyte": LIVER_NAMES[one.analyte],
                "above": one.above,
                "resolved": one.resolved,
            }
        case RegistryOutcome():
            return outcome_words(one, protocol)
        case Statement():
            says = " / ".join(local(saying.text) for saying in one.says)
            return told(local(one.about), says)
    return ""


def outcome_words(outcome: RegistryOutcome, protocol: Protocol) -> str:
    """An outcome of the registry by the name of its endpoint, with its landmark and time frame."""
    name = next(
        (local(one.name) for one in protocol.endpoints if one.key == outcome.endpoint), outcome.endpoint
    )
    parts = [name]
    if outcome.landmark_months is not None:
        parts.append(_("at %(n)s months") % {"n": outcome.landmark_months})
    if outcome.time_frame_months is not None:
        parts.append(_("time frame %(n)s months") % {"n": outcome.time_frame_months})
    return listed(parts)


def lysis_words(plan: plans.LysisPlan, protocol: Protocol) -> str:
    """When a drug may start, and the checks of each day."""
    form = next(one for one in protocol.forms if one.key == plan.form)
    points = next(item.choices for item in form.items if item.key == plan.point)
    names = {one.code: local(one.label) for one in points}
    checks = listed_apart(
        told(runs_words(one.days), listed(names[code] for code in one.points)) for one in plan.checks
    )
    return f"{rule_words(plan.start)}; {checks}"


def planned_words(visit: plans.VisitPlan, protocol: Protocol) -> str:
    """The day a visit is planned for, and its conditions."""
    words = " ".join(filter(None, (anchor_name(protocol, visit.anchor), offset_words(visit))))
    if visit.until:
        words = _("%(planned)s, until %(day)s") % {
            "planned": words,
            "day": anchor_name(protocol, visit.until),
        }
    return _("%(planned)s, after treatment") % {"planned": words} if visit.only_after_treatment else words


def summary_of(thing: Any, protocol: Protocol) -> list[tuple[str, str]]:
    """What there is to know of something that was added or removed: (property, words)."""
    wanted: tuple[str, ...] = ()
    match thing:
        case plans.VisitPlan():
            required = tuple(one.form for one in thing.forms if one.required)
            return [
                (label_of("planned_for"), planned_words(thing, protocol)),
                (label_of("window"), window_words(thing)),
                (label_of("required_forms"), value_of(thing, "required_forms", required, protocol)),
                (label_of("when"), rule_words(thing.when)),
            ]
        case plans.Criterion():
            wanted = ("rule",)
        case plans.Drug():
            wanted = ("doses", "days", "route")
        case CourseRules():
            return [
                (label_of("premedication"), value_of(thing, "premedication", thing.premedication, protocol)),
                (label_of("hospital"), days_in_hospital(thing.hospital_days)),
            ]
        case FirstAdvice():
            wanted = ("marrow_blasts_from_pct", "blood_blasts_above_per_ul", "hours_after_start")
        case ModificationRow():
            wanted = ("event", "grades", "action", "text")
        case plans.RescueTable():
            wanted = ("infusion_h", "levels_h", "rows")
        case plans.ReferenceRegimen():
            wanted = ("phases", "cycle_days", "drugs")
        case plans.Regimen():
            return [(label_of("doses"), listed_apart(drug_words(one) for one in thing.drugs))]
        case plans.ProtocolFormPlan() | plans.GroupPlan():
            return [(_("items"), listed(local(one.label) for one in thing.items))]
        case plans.CheckPlan():
            wanted = ("says", "hard")
        case plans.ItemPlan():
            wanted = ("type", "unit", "analyte", "choices", "minimum", "maximum", "low", "high")
        case Indication():
            wanted = ("when", "needs_reason")
        case plans.MrdThreshold():
            wanted = ("threshold",)
        case MonitoringRule():
            return [(label_of("rule"), monitoring_words(thing))]
        case plans.EndpointPlan():
            wanted = ("role", "definition", "landmark_months")
        case plans.Arm():
            wanted = ("phases",)
        case plans.Phase():
            wanted = ("starts", "days", "deviation", "branches")
        case plans.Question():
            wanted = ("default",)
        case plans.Stratum():
            wanted = ("levels",)
        case plans.PlannedSite():
            wanted = ("planned", "timezone")
        case plans.RegistryEntry():
            wanted = ("planned_enrolment", "min_age", "max_age", "allocation", "consent", "outcomes")
        case plans.Randomisation():
            return [(_("randomisation"), randomisation_words(thing))]
    return [(capfirst(label_of(one)), value_of(thing, one, getattr(thing, one), protocol)) for one in wanted]


def drug_words(drug: plans.Drug) -> str:
    doses = listed(level_words(one, drug) for one in drug.doses)
    return f"{local(drug.name)} {doses}"
