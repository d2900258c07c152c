"""Endpoints of one subject, derived from its history by the protocol's plan: event or censored, when, and why.

Rules shared by all trials; where no source is named they are assumptions that the sponsor signs off.
Time is whole days from origin to event or censoring, 0 allowed. Records after the data cut-off, or after
the day follow-up was withdrawn, are not used; a subject known alive later was alive on that day.
Transplantation, CAR-T and new therapy censor nothing (treatment policy). Event-free endpoints are censored
at the last adequate disease assessment, overall survival at the last day known alive (ELN outcome table,
Döhner H et al. Blood 2022;140:1345–1377). MRD recurrence is no relapse.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from outcomes.domain.adjudication import derived_by_committee
from outcomes.domain.history import Dated, History
from outcomes.domain.occurrences import Occurrence, View, died, occurrences
from outcomes.domain.plans import (
    ANALYSES,
    BINARY_LANDMARK,
    CUMULATIVE_INCIDENCE,
    ORIGINS,
    PROPORTION,
    TIME_TO_EVENT,
    EndpointPlan,
    Membership,
    Switches,
    last_day_used,
    membership,
    used,
)
from outcomes.domain.response_rates import as_failure, derive_binary_landmark, derive_proportion
from outcomes.domain.results import (
    CENSORED_CODE,
    EVENT_CODE,
    FIRST_COMPETING_CODE,
    EndpointResult,
    Status,
    addresses,
)
from trialsite.clinical.dates import days_of_months
from trialsite.clinical.facts import ItemAddress


def derive(
    plan: EndpointPlan,
    history: History,
    data_cut_off: date | None = None,
    switches: Switches | None = None,
) -> EndpointResult:
    """One endpoint of one subject, with the switches of the plan's analysis unless others are given.

    data_cut_off None: all that is recorded counts. Where a committee judges events, its decisions count
    (`outcomes.domain.adjudication`), unless the switches say the investigators'. ValueError for a plan that
    names an unknown set, origin, kind, event or way of censoring.
    """
    turned = ANALYSES[plan.analysis] if switches is None else switches
    if turned.response_by_counts:
        history = history.read_by_counts()
    if turned.investigator:
        return _derived(plan, history, data_cut_off, turned)
    return derived_by_committee(history, lambda told: _derived(plan, told, data_cut_off, turned))


def _derived(
    plan: EndpointPlan, history: History, data_cut_off: date | None, switches: Switches
) -> EndpointResult:
    if withdrawn := history.data_use_withdrawn:
        return EndpointResult(
            plan.key,
            False,
            Status.NOT_IN_SET,
            "data_use_withdrawn",
            params={"withdrawn": withdrawn.partial.text},
            sources=addresses(withdrawn.source),
        )
    member = membership(plan.analysis_set, history, data_cut_off, switches.only)
    if member.in_set is not True:
        return _outside(plan, member)
    cut = last_day_used(history, data_cut_off)
    if plan.kind == PROPORTION:
        return derive_proportion(plan, history, cut)
    origin = origin_of(plan, history)
    if origin is None or origin.day is None or not used(origin.day, cut):
        return EndpointResult(
            plan.key,
            True,
            Status.NO_ORIGIN,
            "origin_unknown",
            sources=addresses(origin.source if origin else None),
            missing=(str(plan.origin),),
        )
    if plan.kind == BINARY_LANDMARK:
        found = derive_binary_landmark(plan, history, origin.day, origin.source, cut)
        return as_failure(found) if switches.not_evaluable_fails else found
    if plan.kind in (TIME_TO_EVENT, CUMULATIVE_INCIDENCE):
        return _TimeTo(plan, history, origin.day, origin.source, cut, data_cut_off, switches).result()
    raise ValueError(f"There is no kind of endpoint called {plan.kind}.")


def origin_of(plan: EndpointPlan, history: History) -> Dated | None:
    """The day from which the endpoint's time runs, as recorded."""
    if plan.origin not in ORIGINS:
        raise ValueError(f"There is no origin called {plan.origin}.")
    return ORIGINS[plan.origin](history)


def _outside(plan: EndpointPlan, member: Membership) -> EndpointResult:
    params = {}
    if member.evaluable_on is not None:
        params = {"evaluable_on": member.evaluable_on.isoformat(), "months": str(member.months)}
    status = Status.UNKNOWN if member.in_set is None else Status.NOT_IN_SET
    return EndpointResult(plan.key, member.in_set, status, member.reason_code, params=params)


# Assumption of this system: an event after so many missed assessments in a row may have come long before.
MISSED_FOR_A_GAP = 2


@dataclass(frozen=True, slots=True)
class Bound:
    """A day after which this endpoint looks no further, and the reason when a censoring falls on it."""

    day: date
    reason_code: str
    params: dict[str, str]
    source: ItemAddress | None = None


@dataclass(frozen=True, slots=True)
class _TimeTo:
    """A time-to-event or cumulative-incidence endpoint of one subject whose origin is known."""

    plan: EndpointPlan
    history: History
    origin: date
    origin_source: ItemAddress | None
    cut: date | None
    data_cut_off: date | None
    switches: Switches

    @property
    def view(self) -> View:
        return View(self.history, self.origin, self.plan.method, self.switches.relapse_on_last_day)

    def result(self) -> EndpointResult:
        death = died(self.view)
        if death is not None and death.day is not None and death.day < self.origin:
            return self._unknown("death_before_origin", {"date": death.day.isoformat()}, [death])
        bound = self._bound()
        last = min((day for day in (self.cut, bound.day if bound else None) if day), default=None)
        found = [
            event
            for name in (*self.plan.events, *self._competing)
            for event in self._occurrences(name)
            if used(event.day or event.earliest, last)
        ]
        first = min((event for event in found if event.day is not None), key=lambda e: e.order, default=None)
        doubtful = [
            event
            for event in found
            if event.day is None and (first is None or event.earliest < (first.day or event.earliest))
        ]
        if doubtful:
            words = {"event": doubtful[0].event, "recorded": doubtful[0].recorded}
            return self._unknown("event_date_unknown", words, doubtful)
        if first is None:
            return self._censored(bound)
        if self.switches.before_gap and (gap := self._gap_before(first)):
            return self._censored(gap, forced=True)
        return self._event(first)

    @property
    def _competing(self) -> tuple[str, ...]:
        if self.switches.death_competes:
            return tuple(name for name in self.plan.competing if name == "death")
        return tuple(self.plan.competing)

    def _gap_before(self, first: Occurrence) -> Bound | None:
        """The last assessment before the event, where two planned ones or more were missed between them."""
        assert first.day is not None
        seen = [one for one in self.history.assessments if one.day and self.origin <= one.day < first.day]
        last = max(seen, key=lambda one: one.day or self.origin, default=None)
        day, source = (last.earliest, last.source) if last else (self.origin, self.origin_source)
        missed = sum(window.assesses and day < window.closes < first.day for window in self.history.windows)
        if missed < MISSED_FOR_A_GAP:
            return None
        params = {"event": first.event, "missed": str(missed), "event_date": first.day.isoformat()}
        return Bound(day, "gap", params, source)

    def _occurrences(self, name: str) -> list[Occurrence]:
        try:
            return occurrences(name, self.view)
        except KeyError as unknown:
            raise ValueError(f"There is no dated event called {name}.") from unknown

    def _event(self, first: Occurrence) -> EndpointResult:
        assert first.day is not None
        own = first.event in self.plan.events
        early = self._counts_on_first_day(first)
        day = self.origin if early else first.day
        reason = ("event" if own else "competing") + ("_imputed" if first.imputed else "")
        params = {"event": first.event, "date": first.day.isoformat()}
        if first.imputed:
            params["recorded"] = first.recorded
        return EndpointResult(
            self.plan.key,
            True,
            Status.EVENT,
            "failure_on_first_day" if early else reason,
            origin=self.origin,
            date=day,
            days=(day - self.origin).days,
            event_type=first.event,
            cause=EVENT_CODE if own else FIRST_COMPETING_CODE + list(self.plan.competing).index(first.event),
            params=params,
            sources=addresses(self.origin_source, first.source),
            missing=(_item_of(first.event),) if first.imputed else (),
            imputed=first.imputed,
        )

    def _counts_on_first_day(self, first: Occurrence) -> bool:
        if not self.switches.failure_on_first_day or "treatment_failure" not in self.plan.events:
            return False
        if first.event == "treatment_failure":
            return True
        seen = (*self.history.responses, *self.history.assessments)
        return first.event == "death" and not any(
            self.origin < one.earliest <= first.order[0] for one in seen
        )

    def _bound(self) -> Bound | None:
        bounds = [*self._interventions()]
        if (months := self.plan.horizon_months) is not None:
            day = self.origin + timedelta(days=int(days_of_months(Decimal(months))))
            bounds.append(Bound(day, "horizon", {"months": str(months)}))
        return min(bounds, key=lambda bound: bound.day, default=None)

    def _interventions(self) -> Iterable[Bound]:
        recorded: list[tuple[str, Dated | None]] = [
            ("hsct", self.history.hsct_d0),
            ("car_t", self.history.car_t_d0),
            *(("new_therapy", therapy) for therapy in self.history.new_therapies),
        ]
        for name, dated in recorded:
            # On the origin itself (time from transplantation) it ends nothing.
            if name in self.switches.censor_at and dated is not None and dated.earliest > self.origin:
                yield Bound(dated.earliest, "intervention", {"event": name}, dated.source)

    def _censored(self, bound: Bound | None, *, forced: bool = False) -> EndpointResult:
        day, reason, source, missing = self._last_seen()
        params: dict[str, str] = {}
        withdrawn = self.history.follow_up_withdrawn
        if bound is not None and (forced or bound.day < day):
            day, reason, source, missing = bound.day, bound.reason_code, bound.source or source, ()
            params = dict(bound.params)
        elif withdrawn is not None and withdrawn.earliest == self.cut:
            reason, params = "follow_up_withdrawn", {"withdrawn": withdrawn.partial.text}
        return EndpointResult(
            self.plan.key,
            True,
            Status.CENSORED,
            reason,
            origin=self.origin,
            date=day,
            days=(day - self.origin).days,
            cause=CENSORED_CODE,
            params={**params, "date": day.isoformat()},
            sources=addresses(self.origin_source, source),
            missing=missing,
        )

    def _last_seen(self) -> tuple[date, str, ItemAddress | None, tuple[str, ...]]:
        """The day of censoring by the plan, its reason, its source and what is missing."""
        match self.plan.censor:
            case "last_known_alive":
                return (*self._last_alive(), ())
            case "last_adequate_assessment":
                seen, missing = self.history.assessments, "assessment"
            case "last_mrd_sample":
                method = self.plan.method
                seen = tuple(one for one in self.history.mrd if method in (None, one.method))
                missing = "mrd"
            case other:
                raise ValueError(f"There is no way of censoring called {other}.")
        dated = [
            (one.day, one) for one in seen if one.day and self.origin < one.day and used(one.day, self.cut)
        ]
        if not dated:
            return self.origin, "no_assessment", self.origin_source, (missing,)
        day, last = max(dated, key=lambda pair: pair[0])
        return day, str(self.plan.censor), last.source, ()

    def _last_alive(self) -> tuple[date, str, ItemAddress | None]:
        """The last day known alive; a later sign of life, or a later death, shows the subject alive at the
        cut.
        """
        signs = list(self.history.shows_alive())
        if self.history.death is not None:
            # No event by the cut, so this death lies after it.
            signs.append(self.history.death)
        last = max(signs, key=lambda sign: sign.earliest)
        if self.cut is not None and last.earliest > self.cut:
            at_cut_off = self.cut == self.data_cut_off
            return self.cut, "alive_at_cut_off" if at_cut_off else "last_known_alive", last.source
        return max(last.earliest, self.origin), "last_known_alive", last.source

    def _unknown(self, reason: str, params: dict[str, str], events: list[Occurrence]) -> EndpointResult:
        return EndpointResult(
            self.plan.key,
            True,
            Status.UNKNOWN,
            reason,
            origin=self.origin,
            params=params,
            sources=addresses(self.origin_source, *(event.source for event in events)),
            missing=tuple(dict.fromkeys(_item_of(event.event) for event in events)),
        )


def _item_of(event: str) -> str:
    """The recorded thing behind an event: a death without relapse is recorded as a death."""
    return "death" if event == "death_without_relapse" else event
