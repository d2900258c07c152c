"""Response endpoints of one subject: a yes or no at named visits, or alive without relapse at a landmark.

The denominator is the analysis set, and what was never assessed counts as not reached: a visit that was
missed for good gives "no", one that is still to come gives "unknown".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from outcomes.domain.history import Dated, History, MrdAt, ResponseAt
from outcomes.domain.occurrences import FINDERS, Occurrence, View, occurrences, relapsed
from outcomes.domain.plans import EVALUABLE, ORIGINS, EndpointPlan, used
from outcomes.domain.results import CENSORED_CODE, EVENT_CODE, EndpointResult, Status, addresses
from trialsite.clinical.dates import add_months
from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.kleene import Truth, all_of, any_of

READ_AT_VISITS = ("crc", "cr_or_cri", "mrd_negative", "mrd_negative_cr")
# Categories of a response assessment that say neither yes nor no.
UNDECIDED_CATEGORIES = re.compile(r"|NE|UNKNOWN|INDETERMINATE.*")
NO_DAY = date.max


@dataclass(frozen=True, slots=True)
class Answer:
    """What one assessment says, and the records that say it."""

    truth: Truth
    day: date
    sources: tuple[ItemAddress, ...]


@dataclass(frozen=True, slots=True)
class VisitAnswer:
    """What a visit says: `assessed` False when nothing is recorded; `over` when nothing can come any more."""

    visit: str
    truth: Truth
    assessed: bool
    over: bool
    answers: tuple[Answer, ...]

    @property
    def settled(self) -> Truth:
        """The answer once a visit without a clear one is over: then it counts as not reached."""
        return Truth.FALSE if self.over and self.truth is Truth.UNKNOWN else self.truth


def derive_proportion(plan: EndpointPlan, history: History, cut: date | None) -> EndpointResult:
    """Whether the subject responded. `cause` is 1 for yes, 0 for no, None while it is not known.

    With `assessed_at` the best of those visits counts; without it every assessment after the start of
    treatment (or randomisation). MRD is read by the plan's method. MRD-negative CR needs CR and negative
    MRD at one visit: CRi does not count (assumption to registration 002).
    """
    if not set(plan.events) <= set(READ_AT_VISITS):
        return _recorded_or_not(plan, history, cut)
    visits = [
        _visit_answer(
            plan, history, cut, visit, [_answers(event, plan, history, cut, visit) for event in plan.events]
        )
        for visit in (plan.assessed_at or ("",))
    ]
    overall = any_of(visit.settled for visit in visits)
    if overall is Truth.TRUE:
        return _responder(plan, history, [answer for visit in visits for answer in visit.answers])
    unclear = tuple(visit.visit for visit in visits if visit.truth is Truth.UNKNOWN)
    seen = [answer for visit in visits for answer in visit.answers]
    if overall is Truth.UNKNOWN:
        waiting = [visit for visit in visits if visit.settled is Truth.UNKNOWN]
        status, reason = (
            Status.UNKNOWN,
            "indeterminate" if any(v.assessed for v in waiting) else "not_yet_assessed",
        )
    elif not any(visit.assessed for visit in visits):
        status, reason = Status.NO_EVENT, "not_assessed"
    else:
        status = Status.NO_EVENT
        reason = "non_responder" if any(v.truth is Truth.FALSE for v in visits) else "indeterminate"
    return EndpointResult(
        plan.key,
        True,
        status,
        reason,
        cause=None if status is Status.UNKNOWN else CENSORED_CODE,
        params={"event": plan.events[0]},
        sources=addresses(*(source for answer in seen for source in answer.sources)),
        missing=tuple(visit or "assessment" for visit in unclear),
    )


def _responder(plan: EndpointPlan, history: History, answers: list[Answer]) -> EndpointResult:
    first = min((one for one in answers if one.truth is Truth.TRUE), key=lambda one: one.day)
    origin = ORIGINS[plan.origin](history) if plan.origin else None
    start = origin.day if origin else None
    return EndpointResult(
        plan.key,
        True,
        Status.EVENT,
        "responder",
        origin=start,
        date=first.day,
        days=(first.day - start).days if start else None,
        event_type=plan.events[0],
        cause=EVENT_CODE,
        params={"event": plan.events[0], "date": first.day.isoformat()},
        sources=first.sources,
    )


def _visit_answer(
    plan: EndpointPlan, history: History, cut: date | None, visit: str, answers: Iterable[list[Answer]]
) -> VisitAnswer:
    found = tuple(answer for some in answers for answer in some)
    truth = any_of(answer.truth for answer in found) if found else Truth.UNKNOWN
    return VisitAnswer(visit, truth, bool(found), _is_over(history, cut, visit), found)


def _is_over(history: History, cut: date | None, visit: str) -> bool:
    """Whether no assessment can come at this visit: its window has closed, or treatment or follow-up has ended.

    Without a cut-off the last day on which anything is recorded stands for it.
    """
    view = View(history, date.min)
    ended = [*occurrences("death", view), *occurrences("treatment_failure", view), *relapsed(view)]
    if any(used(event.day or event.earliest, cut) for event in ended):
        return True
    if (withdrawn := history.follow_up_withdrawn) is not None and used(withdrawn.earliest, cut):
        return True
    closes = history.closes(visit)
    known_until = cut or max((sign.earliest for sign in history.shows_alive()), default=None)
    return closes is not None and known_until is not None and closes < known_until


def _answers(event: str, plan: EndpointPlan, history: History, cut: date | None, visit: str) -> list[Answer]:
    start = None if visit else _start(history)
    responses = [one for one in history.responses if _belongs(one, one.visit, visit, start, cut)]
    samples = [
        one
        for one in history.mrd
        if plan.method in (None, one.method) and _belongs(one, one.visit, visit, start, cut)
    ]
    if event == "crc":
        return [_answer(one.in_crc, one) for one in responses]
    if event == "cr_or_cri":
        return [_answer(one.cr_or_cri, one) for one in responses]
    if event == "mrd_negative":
        return [_answer(_negative(one), one) for one in samples]
    return list(_cr_with_negative_mrd(responses, samples))


def _belongs(dated: Dated, at: str, visit: str, start: date | None, cut: date | None) -> bool:
    if visit and at != visit:
        return False
    return dated.day is not None and used(dated.day, cut) and (start is None or dated.day > start)


def _start(history: History) -> date | None:
    """Day of randomisation or of the first dose, whichever came first: what lies before is baseline."""
    begun = (history.randomised_on, history.c1d1)
    return min((one.earliest for one in begun if one is not None), default=None)


def _answer(truth: Truth, *seen: ResponseAt | MrdAt) -> Answer:
    return Answer(truth, max(one.day or NO_DAY for one in seen), addresses(*(one.source for one in seen)))


def _negative(sample: MrdAt) -> Truth:
    return sample.negative if sample.counts else Truth.FALSE


def _is_cr(response: ResponseAt) -> Truth:
    if UNDECIDED_CATEGORIES.fullmatch(response.category):
        return Truth.UNKNOWN
    return Truth.of(response.category == "CR")


def _cr_with_negative_mrd(responses: list[ResponseAt], samples: list[MrdAt]) -> Iterable[Answer]:
    """Response and sample of one visit (of one day where they name no visit); half of a pair can only say
    no.
    """
    paired: set[int] = set()
    for response in responses:
        partners = [i for i, sample in enumerate(samples) if _together(response, sample)]
        paired.update(partners)
        for i in partners:
            yield _answer(all_of([_is_cr(response), _negative(samples[i])]), response, samples[i])
        if not partners:
            yield _answer(all_of([_is_cr(response), Truth.UNKNOWN]), response)
    for i, sample in enumerate(samples):
        if i not in paired:
            yield _answer(all_of([_negative(sample), Truth.UNKNOWN]), sample)


def _together(response: ResponseAt, sample: MrdAt) -> bool:
    if response.visit or sample.visit:
        return response.visit == sample.visit
    return response.on == sample.on


def _recorded_or_not(plan: EndpointPlan, history: History, cut: date | None) -> EndpointResult:
    """A proportion of subjects in whom something was recorded at all (such as an adverse event of grade 3)."""
    origin = ORIGINS[plan.origin](history) if plan.origin else None
    start = (origin.day if origin else None) or _start(history) or date.min
    found: list[Occurrence] = []
    for event in plan.events:
        if event not in FINDERS:
            raise ValueError(f"There is no event of a proportion called {event}.")
        found += [
            one
            for one in occurrences(event, View(history, start, plan.method))
            if one.day and used(one.day, cut)
        ]
    first = min(found, key=lambda one: one.order, default=None)
    if first is None or first.day is None:
        return EndpointResult(
            plan.key,
            True,
            Status.NO_EVENT,
            "none_recorded",
            cause=CENSORED_CODE,
            params={"event": plan.events[0]},
        )
    known = origin.day if origin else None
    return EndpointResult(
        plan.key,
        True,
        Status.EVENT,
        "responder",
        origin=known,
        date=first.day,
        days=(first.day - known).days if known else None,
        event_type=first.event,
        cause=EVENT_CODE,
        params={"event": first.event, "date": first.day.isoformat()},
        sources=addresses(first.source),
        imputed=first.imputed,
    )


def derive_binary_landmark(
    plan: EndpointPlan, history: History, origin: date, origin_source: ItemAddress | None, cut: date | None
) -> EndpointResult:
    """Alive without relapse so many calendar months after the origin, in three answers (registration 003).

    Reached: an adequate assessment on or after the landmark, before any event. Not reached: relapse or
    death up to the landmark. Anything else cannot be evaluated: UNKNOWN, counted as failure in a
    sensitivity analysis only.
    """
    landmark = add_months(origin, _months(plan))
    view = View(history, origin)
    events = [one for name in ("relapse", "death") for one in occurrences(name, view)]
    event = min(
        (one for one in events if one.day and used(one.day, cut)), key=lambda one: one.order, default=None
    )
    event_day = event.day if event is not None and event.day is not None else NO_DAY
    if event is not None and event_day < origin:
        return EndpointResult(
            plan.key,
            True,
            Status.UNKNOWN,
            "death_before_origin",
            origin=origin,
            params={"date": event_day.isoformat()},
            sources=addresses(origin_source, event.source),
            missing=(event.event,),
        )
    seen = [
        (one.day, one)
        for one in history.assessments
        if one.day and landmark <= one.day < event_day and used(one.day, cut)
    ]
    params = {"landmark": landmark.isoformat()}
    if event is not None and event_day <= landmark:
        return EndpointResult(
            plan.key,
            True,
            Status.NO_EVENT,
            "landmark_not_reached",
            origin=origin,
            date=event_day,
            days=(event_day - origin).days,
            event_type=event.event,
            cause=CENSORED_CODE,
            params={**params, "event": event.event, "date": event_day.isoformat()},
            sources=addresses(origin_source, event.source),
            missing=(event.event,) if event.imputed else (),
            imputed=event.imputed,
        )
    if not seen:
        return EndpointResult(
            plan.key,
            True,
            Status.UNKNOWN,
            "landmark_not_evaluable",
            origin=origin,
            params=params,
            sources=addresses(origin_source),
            missing=("assessment",),
        )
    day, assessment = min(seen, key=lambda pair: pair[0])
    return EndpointResult(
        plan.key,
        True,
        Status.EVENT,
        "landmark_reached",
        origin=origin,
        date=day,
        days=(day - origin).days,
        event_type=plan.events[0],
        cause=EVENT_CODE,
        params={**params, "date": day.isoformat()},
        sources=addresses(origin_source, assessment.source),
    )


def as_failure(found: EndpointResult) -> EndpointResult:
    """A landmark that cannot be evaluated as one that was not reached (sensitivity analysis)."""
    if found.reason_code != "landmark_not_evaluable":
        return found
    return replace(found, status=Status.NO_EVENT, reason_code="landmark_as_failure", cause=CENSORED_CODE)


def _months(plan: EndpointPlan) -> int:
    """The landmark in whole calendar months, from the plan or from the name of its set."""
    if plan.landmark_months is not None:
        if plan.landmark_months != int(plan.landmark_months):
            raise ValueError(f"{plan.key} needs a landmark in whole months, not {plan.landmark_months}.")
        return int(plan.landmark_months)
    if found := EVALUABLE.fullmatch(plan.analysis_set):
        return int(found[1])
    raise ValueError(f"{plan.key} names no landmark.")
