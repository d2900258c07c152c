"""What a protocol assumes and the sponsor still has to sign, in a physician's words, by part of the document."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from trialsite.clinical.ctcae import words_of
from trialsite.clinical.text import Text
from trialsite.clinical.units import unit_label
from trialsite.listing import listed, listed_apart, told
from trialsite.studies.domain import protocol as plans
from trialsite.studies.domain.adjudication_plan import CAUSE, DATE, AdjudicationPlan
from trialsite.studies.domain.adverse_event_plan import RecordRule, WindowPlan
from trialsite.studies.domain.blinatumomab_plan import EventTerms, FirstAdvice, LiverLimit, ModificationRow
from trialsite.studies.domain.methotrexate_plan import clause_text, rescue_text
from trialsite.studies.domain.monitoring_plan import TOXICITY, TWO_STAGE, MonitoringRule
from trialsite.studies.domain.numbering import Numbering, OtherTrials
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.provenance import Mark, to_sign
from trialsite.studies.domain.reporting_clocks import ReportingClock
from trialsite.studies.domain.transplant_plan import (
    DAY_0,
    ApheresisRules,
    AplasiaRule,
    Indication,
    MrdGate,
    Washout,
)
from trialsite.studies.words import (
    AGENTS,
    ANALYSIS_SETS,
    BLINATUMOMAB_EVENTS,
    DEVIATION_RULES,
    ENDPOINT_CODES,
    LIVER_NAMES,
    MRD_METHODS,
    RECORDED_AS_EVENT,
    SETTING_CODES,
    SETTINGS,
    SPECIAL_INTEREST,
    code_words,
    day_runs,
    days_words,
    dose_levels_words,
    dose_words,
    equivalent_words,
    modifier_words,
    obesity_words,
    percent_words,
    runs_words,
    tolerance_words,
)

from .fact_words import rule_words
from .names import anchor_name, local, phase_name, visit_name
from .registries import forms

DRUG = re.compile(r"regimens\[(\d+)\]\.drugs")
STEP = re.compile(r"(\w+)|\[(\d+)\]")
PARTS: dict[str, tuple[str, Any]] = {  # where a path begins → the part of the document
    "criteria": ("criteria", gettext_lazy("Eligibility")),
    "screening": ("criteria", gettext_lazy("Eligibility")),
    "consent": ("criteria", gettext_lazy("Eligibility")),
    "arms": ("path", gettext_lazy("Treatment path")),
    "phases": ("path", gettext_lazy("Treatment path")),
    "randomisation": ("path", gettext_lazy("Treatment path")),
    "transplant": ("path", gettext_lazy("Treatment path")),
    "cell_therapy": ("path", gettext_lazy("Treatment path")),
    "regimens": ("regimens", gettext_lazy("Regimens")),
    "blinatumomab": ("regimens", gettext_lazy("Regimens")),
    "obesity": ("regimens", gettext_lazy("Regimens")),
    "dose_tolerance": ("regimens", gettext_lazy("Regimens")),
    "methotrexate": ("regimens", gettext_lazy("Regimens")),
    "reference_regimens": ("regimens", gettext_lazy("Regimens")),
    "anthracycline_ratio_set": ("regimens", gettext_lazy("Regimens")),
    "visits": ("schedule", gettext_lazy("Schedule of activities")),
    "forms": ("schedule", gettext_lazy("Schedule of activities")),
    "mrd": ("mrd", gettext_lazy("MRD")),
    "samples": ("mrd", gettext_lazy("MRD")),
    "deviations": ("deviations", gettext_lazy("Deviations")),
    "endpoints": ("endpoints", gettext_lazy("Endpoints")),
    "response": ("endpoints", gettext_lazy("Endpoints")),
    "monitoring": ("endpoints", gettext_lazy("Endpoints")),
    "adjudication": ("endpoints", gettext_lazy("Endpoints")),
    "questions": ("questions", gettext_lazy("Questions to the sponsor")),
}
OTHER = ("other", gettext_lazy("Other settings"))


@dataclass(frozen=True)
class Assumed:
    """One thing to sign: what it is, its value in words, what it rests on, and how many places say the same.

    `unit`: the value is a unit, which no page writes with a capital.
    """

    what: str
    value: str
    source: str
    cite: str
    times: int = 1
    unit: bool = False

    @property
    def shown(self) -> str:
        """The value as a line of its own: with a capital, a unit as it is written."""
        return self.value if self.unit else str(capfirst(self.value))


@dataclass(frozen=True)
class Part:
    """The assumptions of one part of the document; `anchor` is its place on the page."""

    anchor: str
    title: Any
    lines: Sequence[Assumed]


def parts_to_sign(protocol: Protocol, document: Mapping[str, Any]) -> list[Part]:
    """Every assumption of a protocol by part, in the order of PARTS; visits of one kind and cite are one line."""
    found: dict[str, list[Mark]] = {}
    for mark in to_sign(document):  # type: ignore[arg-type]
        found.setdefault(part_of(mark)[0], []).append(mark)
    order = dict([*PARTS.values(), OTHER])
    return [
        Part(anchor, title, list(lines_of(protocol, found[anchor])))
        for anchor, title in order.items()
        if anchor in found
    ]


def part_of(mark: Mark) -> tuple[str, Any]:
    return PARTS.get(re.split(r"[.\[]", mark.path)[0], OTHER)


def lines_of(protocol: Protocol, marks: Sequence[Mark]) -> Iterable[Assumed]:
    """One line a mark, the same said of several places once; visits on the same ground are one line for all."""
    whole: dict[tuple[str, str], list[Mark]] = {}
    lines: dict[Assumed, int] = {}
    for mark in marks:
        place = at(protocol, mark.path)
        if isinstance(place, plans.VisitPlan):
            whole.setdefault((mark.source, mark.cite), []).append(mark)
        else:
            what, value = what_words(protocol, mark, place), value_words(protocol, mark, place)
            line = Assumed(what, value, mark.source, mark.cite, unit=isinstance(place, plans.ItemPlan))
            lines[line] = lines.get(line, 0) + 1
    yield from (replace(line, times=times) for line, times in lines.items())
    for (source, cite), same in whole.items():
        names = listed(local(mark.label) for mark in same)
        yield Assumed(_("Days, windows and forms of %(n)s visits") % {"n": len(same)}, names, source, cite)


def at(protocol: Protocol, path: str) -> Any:
    """What stands at a path of the document: `phases[2].branches[0]`."""
    place: Any = protocol
    for name, number in STEP.findall(path):
        place = getattr(place, name) if name else place[int(number)]
    return place


def what_words(protocol: Protocol, mark: Mark, place: Any) -> str:
    """The thing by its name, and which of its properties is meant."""
    last = STEP.findall(mark.path)[-1][0]
    if isinstance(place, plans.Question):
        return f"{place.id} {local(place.text)}"
    if isinstance(place, plans.MrdThreshold):
        return code_words(place.method, "method")
    if isinstance(place, EventTerms):
        return _("Blinatumomab: events of the decision table by CTCAE term")
    if isinstance(place, LiverLimit):
        return _("Blinatumomab: liver value %(analyte)s") % {"analyte": LIVER_NAMES[place.analyte]}
    if isinstance(place, ModificationRow):
        return _("Blinatumomab: row %(row)s of the decision table") % {"row": place.row}
    if last in SETTINGS and ("." not in mark.path or mark.path.startswith(("consent.", "adverse_events."))):
        return str(SETTINGS[last])
    name = local(mark.label)
    if last in SETTINGS:
        owner = re.sub(r": [^:]*$", "", name)
        name = told(MRD_METHODS.get(owner, owner), SETTINGS[last])
    return f"{regimen_at(protocol, mark.path)}{name}"


def regimen_at(protocol: Protocol, path: str) -> str:
    """The regimen of a drug, before its name."""
    found = DRUG.match(path)
    return f"{local(protocol.regimens[int(found[1])].name)} · " if found else ""


def value_words(protocol: Protocol, mark: Mark, place: Any) -> str:
    """The value in words; for a part of the document what a physician would check."""
    last = STEP.findall(mark.path)[-1][0]
    match place:
        case plans.Question():
            return local(place.default)
        case plans.Criterion():
            return rule_words(place.rule)
        case plans.Branch():
            return f"{rule_words(place.when)} → {phase_name(protocol, place.to)}"
        case plans.Phase():
            days = _("%(n)s days") % {"n": place.days} if place.days else ""
            return listed_apart(filter(None, (days, local(place.starts))))
        case plans.Regimen():
            return _("cycle of %(n)s days") % {"n": place.cycle_days}
        case plans.Drug():
            doses = listed(level_words(one, place) for one in place.doses)
            return f"{doses}; {runs_words(place.days)}; {code_words(place.route, 'route')}"
        case plans.StartCondition():
            return rule_words(place.rule)
        case plans.ReferenceRegimen():
            return listed(local(one.text) for one in place.drugs)
        case plans.MethotrexatePlan():
            return _("over below %(level)s µmol/L") % {"level": place.discharge_below_umol_l}
        case plans.RescueTable():
            return listed_apart(local(row.text) for row in place.rows)
        case plans.RescueRow():
            return rescue_row_words(place)
        case plans.Glucarpidase():
            return listed(local(clause_text(one, "start")) for one in place.limits)
        case plans.DoseLevel():
            return level_words(place, drug_of(protocol, mark.path))
        case plans.DoseModifier():
            return f"{modifier_words(place)} ({rule_words(place.when)})"
        case plans.Equivalent():
            return equivalent_words(place)
        case plans.DoseLevels():
            return dose_levels_words(at(protocol, mark.path.rpartition(".")[0]))
        case plans.LysisPlan():
            return rule_words(place.start)
        case plans.ObesityPlan():
            return obesity_words(place)
        case plans.DoseTolerance():
            return tolerance_words(place)
        case plans.MrdThreshold():
            return _("negative below %(limit)s") % {"limit": percent_words(place.threshold)}
        case plans.EndpointPlan():
            return local(place.definition)
        case plans.Sensitivity():
            return local(place.words)
        case plans.Stratum():
            return listed(local(level.name) for level in place.levels)
        case plans.PlannedSite():
            return _("planned: %(n)s") % {"n": _("not stated") if place.planned is None else place.planned}
        case plans.ProtocolFormPlan():
            return listed(local(item.label) for item in place.items)
        case plans.Screening():
            return listed(
                f"{SETTING_CODES.get(key, key)} {days_words(days)}" for key, days in place.windows.items()
            )
        case plans.ConsentRules():
            return listed_apart(signer_words(one) for one in place.signers)
        case Numbering():
            return f"{place.screening.pattern}, {place.subject.pattern}"
        case OtherTrials():
            return other_trials_words(place)
        case plans.Randomisation():
            return randomisation_words(place)
        case plans.Gate():
            return rule_words(place.rule)
        case plans.Recruitment():
            return recruitment_words(place)
        case plans.AdverseEventPlan():
            return adverse_event_words(place)
        case WindowPlan():
            return window_words(protocol, place)
        case ReportingClock():
            return clock_words(place)
        case RecordRule():
            return record_words(protocol, place)
        case EventTerms():
            return term_words(place)
        case LiverLimit():
            return _("above %(above)s × ULN; resolved at %(resolved)s × ULN") % {
                "above": place.above,
                "resolved": place.resolved,
            }
        case ModificationRow() | FirstAdvice():
            return local(place.text)
        case plans.Stage():
            return _("pauses after %(n)s subjects") % {"n": place.subjects}
        case plans.LevelCap():
            return _("at most %(n)s subjects") % {"n": place.planned}
        case plans.DeviationRule():
            return deviation_words(place)
        case MonitoringRule():
            return monitoring_words(place)
        case AdjudicationPlan():
            return adjudication_words(place)
        case plans.SamplePlan():
            return sample_words(place)
        case plans.ResponseRules():
            return response_words(protocol, place)
        case Indication():
            return rule_words(place.when) if place.when else _("said by the investigator")
        case Washout() | MrdGate() | ApheresisRules() | AplasiaRule():
            return condition_of_graft(place)
        case plans.ItemPlan():
            return unit_label(place.unit) if place.unit else ""
        case dict():
            return rule_words(place)
        case Decimal() if last == "rounding":
            return f"{place} {code_words(drug_of(protocol, mark.path).unit, 'unit')}"
    return plain(protocol, last, place)


def plain(protocol: Protocol, key: str, value: Any) -> str:
    """A property: a text, a number, a code or several."""
    if isinstance(value, Text):
        return local(value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if value is None:
        return _("not stated")
    if value == ():
        return _("none")
    if isinstance(value, tuple):
        if all(isinstance(one, int) for one in value):
            return day_runs(value)
        return listed(plain(protocol, key, one) for one in value)
    if key == "threshold":
        return percent_words(value)
    if key == "phases":
        return phase_name(protocol, value)
    if key == "assessed_at":
        return visit_name(protocol, value)
    if key == "origin":
        return anchor_name(protocol, value)
    words = {**ENDPOINT_CODES, **ANALYSIS_SETS, **MRD_METHODS, **SETTING_CODES}
    return str(words.get(str(value), value))


def monitoring_words(rule: MonitoringRule) -> str:
    """When a rule stops the trial, and whether recruitment pauses then by itself."""
    if rule.kind == TWO_STAGE:
        sentence = _(
            "stop at %(r1)s or fewer of %(n1)s; success at more than %(r)s of %(n)s (H0: %(p0)s, H1: %(p1)s)"
        )
    elif rule.kind == TOXICITY:
        sentence = _("stop when the rate is above %(limit)s with a probability above %(certainty)s")
    else:
        sentence = _("stop when the rate is below %(limit)s with a probability above %(certainty)s")
    parts = [sentence % vars_of(rule)]
    if rule.kind != TWO_STAGE:
        parts.append(_("looked at after %(looks)s subjects") % {"looks": listed(rule.looks)})
        parts.append(_("prior Beta(%(a)s, %(b)s)") % dict(zip("ab", rule.prior, strict=True)))
    if rule.success is not None:
        parts.append(
            _("success when the rate is above %(limit)s with a probability above %(success)s") % vars_of(rule)
        )
    if rule.pauses_recruitment:
        parts.append(_("recruitment pauses by itself"))
    return listed_apart(parts)


ASKED_WORDS = {DATE: gettext_lazy("the date"), CAUSE: gettext_lazy("the cause of a death")}


def adjudication_words(plan: AdjudicationPlan) -> str:
    """Which events go to how many members of the committee, blinded or not, and what they are asked."""
    parts = [
        listed(str(forms[key].title) for key in plan.forms),
        ngettext("%(n)s reviewer each", "%(n)s reviewers each", plan.reviewers) % {"n": plan.reviewers},
        _("the chair decides where they disagree"),
        _("blinded to arm, site and investigator") if plan.blinded else _("not blinded"),
        _("asked: %(what)s")
        % {"what": listed([_("whether it is an event"), *(ASKED_WORDS[one] for one in plan.asks)])},
    ]
    return listed_apart(parts)


def vars_of(rule: MonitoringRule) -> dict[str, Any]:
    names = ("p0", "p1", "r1", "n1", "r", "n", "limit", "certainty", "success")
    return {name: getattr(rule, name) for name in names}


def rescue_row_words(row: plans.RescueRow) -> str:
    """A row of a table of methotrexate levels with the leucovorin that follows."""
    rescue = rescue_text(row)
    return told(local(row.text), local(rescue) if rescue else _("ask the pharmacy"))


def level_words(level: plans.DoseLevel, drug: plans.Drug) -> str:
    """A dose with the days and the rule it holds for."""
    days = f" ({runs_words(level.days)})" if level.days else ""
    when = f" ({rule_words(level.when)})" if level.when else ""
    return f"{dose_words(level, drug)}{days}{when}"


def drug_of(protocol: Protocol, path: str) -> plans.Drug:
    drug: plans.Drug = at(protocol, path.rpartition(".")[0])
    return drug


def signer_words(one: plans.ConsentSigners) -> str:
    who = listed(str(SETTING_CODES.get(signer, signer)) for signer in one.who)
    ages = f"{one.min_age}–{one.max_age}" if one.max_age else f"≥ {one.min_age}"
    return _("%(ages)s years: %(who)s") % {"ages": ages, "who": who}


def randomisation_words(one: plans.Randomisation) -> str:
    ratio = " : ".join(f"{arm} {share}" for arm, share in one.ratio.items())
    if one.minimisation is not None:
        return _("ratio %(ratio)s, minimisation with probability %(p)s") % {
            "ratio": ratio,
            "p": one.minimisation.probability,
        }
    if not one.block_sizes:
        return _("ratio %(ratio)s, an imported list") % {"ratio": ratio}
    return _("ratio %(ratio)s, blocks of %(sizes)s") % {
        "ratio": ratio,
        "sizes": " / ".join(str(size) for size in one.block_sizes),
    }


def other_trials_words(one: OtherTrials) -> str:
    allowed = {True: _("allowed"), False: _("excluded")}
    return _("takes part in another trial: %(running)s; took part before: %(ended)s") % {
        "running": allowed[one.running],
        "ended": allowed[one.ended],
    }


def recruitment_words(one: plans.Recruitment) -> str:
    return (
        _("each site up to its planned number") if one.sites_are_caps else _("sites have goals and no caps")
    )


def adverse_event_words(one: plans.AdverseEventPlan) -> str:
    return _("causality for %(agents)s; laboratory values propose an event from grade %(grade)s on") % {
        "agents": listed(str(AGENTS[agent]) for agent in one.agents),
        "grade": one.propose_from_grade,
    }


def window_words(protocol: Protocol, one: WindowPlan) -> str:
    """When adverse events are collected, in one line."""
    days = (
        (_("%(n)s days after the last dose"), one.days_after_last_dose),
        (_("%(n)s days after CAR-T cells"), one.days_after_car_t),
        (_("%(n)s days after transplantation"), one.days_after_hsct),
        (_("without a transplant %(n)s days after randomisation"), one.days_after_randomisation),
    )
    ends = listed(words % {"n": number} for words, number in days if number)
    starts = " / ".join(anchor_name(protocol, name) for name in one.starts)
    return _("from %(start)s to the latest of: %(ends)s") % {"start": starts, "ends": ends or "—"}


def clock_words(one: ReportingClock) -> str:
    """How long somebody has; of special interest with the kinds that it is for."""
    kinds = listed(str(SPECIAL_INTEREST[kind]) for kind in one.kinds)
    time = _("%(n)s hours") % {"n": one.hours} if one.hours else days_words(one.days)
    return told(kinds, time) if kinds else time


def record_words(protocol: Protocol, one: RecordRule) -> str:
    """Which laboratory grades are recorded as an event, and when."""
    when = [phase_name(protocol, key) for key in one.phases]
    if one.days is not None:
        when.append(_("their first %(n)s days") % {"n": one.days})
    if one.at_baseline:
        when.insert(0, _("graded at baseline"))
    terms = listed(words_of(term, get_language() or "en") for term in one.terms)
    return told(f"{terms} ({listed(when) or _('always')})", RECORDED_AS_EVENT[one.record])


def term_words(one: EventTerms) -> str:
    """The terms of each kind of event of the decision table."""
    language = get_language() or "en"
    return listed_apart(
        told(BLINATUMOMAB_EVENTS[kind], listed(words_of(term, language) for term in terms))
        for kind, terms in one.by_kind.items()
    )


def deviation_words(one: plans.DeviationRule) -> str:
    """What a rule drafts, and in which class."""
    return told(DEVIATION_RULES[one.rule], code_words(one.weight, "class of a deviation"))


def sample_words(one: plans.SamplePlan) -> str:
    """After how many days a sample is asked for, in one line."""
    return listed_apart(told(label, words) for label, words in sample_lines(one))


def sample_lines(one: plans.SamplePlan) -> list[tuple[str, str]]:
    """(step of a sample, days until somebody asks), in the order of the steps."""
    report = [
        (_("report by %(method)s") % {"method": MRD_METHODS[method]}, days)
        for method, days in one.report_days.items()
    ]
    steps = [
        (_("sent after the draw"), one.send_days),
        (_("received after sending"), one.receipt_days),
        *report,
        (_("report by other methods"), one.report_days_other),
    ]
    return [(words, days_words(days)) for words, days in steps]


def condition_of_graft(one: Washout | MrdGate | ApheresisRules | AplasiaRule) -> str:
    """What conditioning or apheresis waits for, or what aplasia is, in one line."""
    match one:
        case Washout():
            return _(
                "%(days)s days or more from the end of blinatumomab to conditioning;"
                " non-haematological toxicity of grade %(grade)s at most"
            ) % {"days": one.days, "grade": one.max_grade}
        case MrdGate():
            said = {"method": MRD_METHODS[one.method]}
            if one.until == DAY_0:
                return _("MRD negative by %(method)s before day 0") % said
            return _("MRD negative by %(method)s before conditioning") % said
        case ApheresisRules():
            return _(
                "lymphocytes %(alc)s × 10⁹/L or more; at most %(mg)s mg of prednisone a day (or equal) over %(days)s"
                " days; %(after)s days or more after blinatumomab"
            ) % {
                "alc": one.alc,
                "mg": one.prednisone_mg,
                "days": one.steroid_days,
                "after": one.days_after_blinatumomab,
            }
    return _("CD19-positive cells in blood below %(n)s/µL") % {"n": one.cd19_per_ul}


def transplant_lines(protocol: Protocol) -> list[tuple[str, str, tuple[str | int, ...]]]:
    """(what it is, in words, where it stands in the file) of indications and of what graft and cells wait for."""
    plan, cells = protocol.transplant, protocol.cell_therapy
    lines: list[tuple[str, str, tuple[str | int, ...]]] = [
        (
            local(one.name),
            rule_words(one.when) if one.when else _("said by the investigator"),
            ("transplant", "indications", number),
        )
        for number, one in enumerate(plan.indications)
    ]
    found = (
        ("washout", plan.washout, ("transplant", "washout")),
        ("mrd_negative", plan.mrd_negative, ("transplant", "mrd_negative")),
        ("apheresis", cells and cells.apheresis, ("cell_therapy", "apheresis")),
        ("aplasia", cells and cells.aplasia, ("cell_therapy", "aplasia")),
    )
    lines += [(str(SETTINGS[name]), condition_of_graft(one), path) for name, one, path in found if one]
    return lines


def response_words(protocol: Protocol, one: plans.ResponseRules) -> str:
    return _(
        "CRc is %(crc)s; counts within %(counts)s days of the marrow; marrow up to %(marrow)s days old;"
        " no CRc is failure at %(visits)s"
    ) % {
        "crc": listed(one.crc),
        "counts": one.counts_window_days,
        "marrow": one.marrow_max_age_days,
        "visits": listed(visit_name(protocol, key) for key in one.refractory_at) or "—",
    }
