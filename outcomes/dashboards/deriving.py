"""From the record of one subject to the cells of the dashboards that it stands in."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Sum

from assessments.disease.mrd_results import MrdLine, mrd_lines, study_method
from assessments.disease.responses import judged_responses
from assessments.domain.ae_window import treatment_emergent
from assessments.domain.crs import crs_grade
from assessments.domain.grade_bounds import GradeBounds, worst
from assessments.domain.icans import icans_grade
from assessments.domain.mrd import Qualifier, Verdict
from assessments.events.checks import CAUSES, RELATED
from assessments.events.graded import crs_findings, ice_findings
from assessments.events.windows import milestones, window_of
from assessments.models import AdverseEvent, CytokineRelease, IceScore, MrdSample
from assessments.subjects import known_facts, several_facts
from enrollment.models import Randomisation
from treatment.domain.infusion import infusion_course
from treatment.models import CycleStart, DoseGiven, InfusionSegment
from treatment.selectors import as_segment, cycles_of_subject, segments_of, windows_of
from trialsite.casebook.domain.paper import from_paper
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records, records_of
from trialsite.casebook.states import RecordState
from trialsite.clinical.facts import Fact, Interval
from trialsite.clinical.kleene import Truth
from trialsite.keys import made_at
from trialsite.review.models import FormToVerify

from ..domain.history import History
from ..domain.mrd_reduction import FOUR_PLACES, Height, log_reduction
from ..histories import history_of
from ..models import SubjectCell

ANY = ""  # the line of all lines together
NOT_KNOWN = "?"
OLDER = 40  # years: the limit between the age groups (assumption)
RESPONSES = ("CR", "CRh", "CRi", "MLFS", "PR", "NR", "PD", "RELAPSE")  # the best first
PLAIN_STOPS = ("BAG_CHANGE", "END", "")  # of an infusion that goes on as planned
HEIGHTS = {
    Qualifier.QUANTIFIED: Height.VALUE,
    Qualifier.DETECTED_BELOW_LOQ: Height.BELOW_LOQ,
    Qualifier.NOT_DETECTED: Height.NOT_DETECTED,
}


@dataclass(frozen=True)
class Found:
    """One entry of a cell; entries of one cell are added up."""

    topic: str
    line: str = ANY
    level: str = ""
    n: int = 1
    value: Decimal | None = None


def derive_cells(subject: Subject) -> list[SubjectCell]:
    """The cells of one subject; unsaved."""
    history = subject.__dict__.get("_history") or history_of([subject.pk])[subject.pk]
    cells: dict[tuple[str, str, str], SubjectCell] = {}
    for one in found_of(subject, history):
        key = (one.topic, one.line[:200], one.level[:40])
        if key in cells:
            cells[key].n += one.n
        else:
            topic, line, level = key
            cells[key] = SubjectCell(topic=topic, line=line, level=level, n=one.n, value=one.value)
    return list(cells.values())


def found_of(subject: Subject, history: History) -> Iterator[Found]:
    yield from time_at_risk(subject, history)
    yield from event_cells(subject)
    yield from syndrome_cells(subject)
    yield from mrd_cells(subject, history)
    yield from response_cells(subject)
    yield from treatment_cells(subject)
    yield from group_cells(subject)
    yield from entry_cells(subject)
    yield from verification_cells(subject)


# Safety


def time_at_risk(subject: Subject, history: History) -> Iterator[Found]:
    """Days from the first dose to the end of the window of adverse events, or to the last sign of life before it."""
    if history.c1d1 is None:
        return
    first = history.c1d1.earliest
    ends = [history.death.earliest] if history.death else []
    ends = ends or [max((one.earliest for one in history.shows_alive()), default=first)]
    closes = window_of(subject).end
    last = min([*ends, *([closes] if closes else [])])
    yield Found("treated", value=Decimal(max((last - first).days + 1, 1)))


def event_cells(subject: Subject) -> Iterator[Found]:
    """The worst grade of each term, and of any, in each selection of the adverse events."""
    first_dose = milestones([subject.pk])[subject.pk].c1d1
    chosen: dict[str, Callable[[AdverseEvent], bool]] = {
        "ae": lambda one: True,
        "ae_emergent": lambda one: treatment_emergent(one.onset, first_dose) is not Truth.FALSE,
        "ae_related": lambda one: any(getattr(one, cause) in RELATED for cause in CAUSES),
        "ae_serious": lambda one: bool(one.serious),
        "ae_special": lambda one: bool(one.special_interest),
    }
    events = list(current_records(AdverseEvent, [subject.pk]))
    for topic, belongs in chosen.items():
        own = [one for one in events if belongs(one)]
        by_term = defaultdict(list)
        for one in own:
            by_term[one.term].append(one)
        for term, some in by_term.items():
            yield Found(topic, term, worst_grade(some), len(some))
        if own:
            yield Found(topic, ANY, worst_grade(own), len(own))


def worst_grade(events: Iterable[AdverseEvent]) -> str:
    """The worst grade that is recorded of some events; "?" while none is."""
    grades = [one.grade for one in events if one.grade]
    return str(max(grades)) if grades else NOT_KNOWN


def syndrome_cells(subject: Subject) -> Iterator[Found]:
    """The worst ASTCT grade of cytokine release and of neurotoxicity, of those of whom a form was entered."""
    crs = [crs_grade(crs_findings(one)) for one in current_records(CytokineRelease, [subject.pk])]
    icans = [icans_grade(ice_findings(one)) for one in current_records(IceScore, [subject.pk])]
    for line, grades in (("CRS", crs), ("ICANS", icans)):
        if grades:
            yield Found("astct", line, certain(worst(grades)), len(grades))


def certain(grade: GradeBounds) -> str:
    return NOT_KNOWN if grade.grade is None else str(grade.grade)


# The disease


def mrd_cells(subject: Subject, history: History) -> Iterator[Found]:
    """The verdict at each visit by the study's method, each measured height, and the reduction since the baseline."""
    method = study_method(subject.protocol_version.protocol)
    lines = [
        one
        for one in mrd_lines([subject.pk]).get(subject.pk, [])
        if one.line.method == method and one.verdict
    ]
    at_visit: dict[str, MrdLine] = {}
    for line in lines:
        place = place_of(line.sample)
        if place not in at_visit or line.verdict.verdict is not Verdict.INDETERMINATE:  # type: ignore[union-attr]
            at_visit[place] = line
    for place, line in at_visit.items():
        yield Found("mrd", place, line.verdict.verdict.value)  # type: ignore[union-attr]
    first = history.c1d1.earliest if history.c1d1 else None
    for line in lines:
        kind, height = height_of(line)
        if first is not None and height is not None:
            days = (line.result.sampled_on - first).days
            yield Found("mrd_height", str(days), kind.value, value=height.log10().quantize(FOUR_PLACES))
    yield from reductions(lines)


def place_of(record: Any) -> str:
    """A visit with its number, as one word."""
    return f"{record.visit.key}.{record.visit.repeat}"


def height_of(line: MrdLine) -> tuple[Height, Decimal | None]:
    """A result as a height (fraction): its value, or the limit below which it lies; None without either."""
    kind = HEIGHTS.get(line.result.qualifier, Height.UNKNOWN)
    if kind is Height.VALUE:
        return kind, line.result.value
    if line.verdict is None or kind is Height.UNKNOWN:
        return Height.UNKNOWN, None
    limit = line.verdict.loq if kind is Height.BELOW_LOQ else line.verdict.lod
    return kind, limit.value


def reductions(lines: Sequence[MrdLine]) -> Iterator[Found]:
    """The reduction from the last value at screening to the end of induction, and to the lowest sample since."""
    before = [one for one in lines if one.at_screening and height_of(one)[0] is Height.VALUE]
    after = [one for one in lines if not one.at_screening]
    induction = [one for one in after if one.sample.time_point == MrdSample.TimePoint.END_OF_INDUCTION]
    baseline = height_of(before[-1])[1] if before else None
    for line, some in (("best", after), ("induction", induction)):
        if some:
            found = max((log_reduction(baseline, *height_of(one)) for one in some), key=attrgetter("order"))
            yield Found("mrd_drop", line, found.band, value=found.log10)


def response_cells(subject: Subject) -> Iterator[Found]:
    """The response that stands at each visit, and the best of all."""
    counting = [one for one in judged_responses([subject.pk]).get(subject.pk, []) if one.counts]
    at_visit = {place_of(one.record): one.category for one in counting}
    for place, category in at_visit.items():
        yield Found("response", place, category)
    if counting:
        known = [one.category for one in counting if one.category in RESPONSES]
        yield Found("response", ANY, min(known, key=RESPONSES.index, default=counting[-1].category))


# Treatment


def treatment_cells(subject: Subject) -> Iterator[Found]:
    """Phases begun, how they ended and why they began late; changes of doses; blinatumomab in each phase."""
    cycles, zone = cycles_of_subject(subject), ZoneInfo(subject.site.timezone)
    segments = segments_of(subject)
    by_phase: dict[str, list[InfusionSegment]] = defaultdict(list)
    for cycle, first, last in windows_of(cycles):
        yield from cycle_cells(cycle)
        by_phase[cycle.phase] += [
            one for one in segments if first <= one.start.astimezone(zone).date() <= last
        ]
    for phase, rows in by_phase.items():
        yield from infused(phase, rows)
    reasons = (
        DoseGiven.objects.filter(subject=subject, voided=False)
        .exclude(reason="")
        .exclude(record__state=RecordState.VOIDED)
    )
    for reason in reasons.values_list("reason", flat=True):
        yield Found("dose_change", "dose", reason)
    for one in segments:
        if one.stop_reason not in PLAIN_STOPS:
            yield Found("dose_change", "infusion", one.stop_reason)


def cycle_cells(cycle: CycleStart) -> Iterator[Found]:
    yield Found("phase", cycle.phase, cycle.end_reason or "-")
    if cycle.delay_reason:
        yield Found("delay", cycle.phase, cycle.delay_reason)
    if cycle.dose_level_reason:
        yield Found("dose_change", "phase", cycle.dose_level_reason)


def infused(phase: str, rows: Sequence[InfusionSegment]) -> Iterator[Found]:
    """Hours and micrograms of blinatumomab that ran in a phase; what still runs is not counted."""
    ended = [one for one in rows if one.stop is not None]
    latest = max((one.stop for one in ended if one.stop is not None), default=None)
    if latest is None:
        return
    ran = infusion_course([as_segment(one) for one in ended], latest, 0)
    yield Found("blinatumomab", phase, "hours", value=ran.hours.quantize(FOUR_PLACES))
    yield Found("blinatumomab", phase, "micrograms", value=ran.micrograms.quantize(FOUR_PLACES))


# Groups, and the pace of entry


def group_cells(subject: Subject) -> Iterator[Found]:
    """The group of each factor that a subject belongs to: sex, age, risk, MRD at screening, strata."""
    facts = several_facts([subject.pk], ("sex", "high_risk", "mrd_verdict_screening"))
    known = {name: found.get(subject.pk, Fact.missing()).value for name, found in facts.items()}
    risk = {True: "HIGH", False: "STANDARD"}
    yield Found("group", "sex", str(known["sex"] or NOT_KNOWN))
    yield Found("group", "age", age_group(known_facts([subject.pk], "age_years").get(subject.pk)))
    yield Found("group", "risk", risk.get(known["high_risk"], NOT_KNOWN))  # type: ignore[arg-type,call-overload]
    yield Found("group", "mrd", str(known["mrd_verdict_screening"] or NOT_KNOWN))
    for stratum in Randomisation.objects.filter(subject=subject).values_list("stratum", flat=True):
        for factor, _equals, level in (one.partition("=") for one in stratum.split(";") if "=" in one):
            if factor != "site":
                yield Found("group", f"stratum:{factor}", level)


def age_group(fact: Fact | None) -> str:
    """Below or from 40 years on; "?" where the age is not known, or may be on both sides."""
    value: Any = fact.value if fact else None
    low, high = (value.low, value.high) if isinstance(value, Interval) else (value, value)
    if low is not None and low >= OLDER:
        return "FROM_40"
    return "BELOW_40" if high is not None and high < OLDER else NOT_KNOWN


def entry_cells(subject: Subject) -> Iterator[Found]:
    """How many days after its day each form was entered (the line); forms of the past from paper do not count."""
    zone = ZoneInfo(subject.site.timezone)
    for line in records_of(subject):
        made = made_at(line.id)
        if made and line.performed_on and not from_paper(line.performed_on, subject.from_paper_until):
            yield Found("entry", str(max((made.astimezone(zone).date() - line.performed_on).days, 0)))


def verification_cells(subject: Subject) -> Iterator[Found]:
    """The items that can be verified (n), all and critical ones, and how many are (the value)."""
    forms = FormToVerify.objects.filter(subject=subject)
    sums = forms.aggregate(
        Sum("all_items"), Sum("all_verified"), Sum("critical"), Sum("critical_verified"), forms=Count("pk")
    )
    if sums["forms"]:
        yield Found("items", "all", n=sums["all_items__sum"], value=Decimal(sums["all_verified__sum"]))
        verified = Decimal(sums["critical_verified__sum"])
        yield Found("items", "critical", n=sums["critical__sum"], value=verified)
