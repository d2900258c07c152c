"""Filling in partial dates for analysis: by rule, inside the possible range only, and always flagged.

The record keeps the partial date; only the analysis sees these. Controls as in the pharmaverse package
admiral (`impute_dtc_dt`, `restrict_imputed_dtc_dt`): a date is clamped only to a day that the partial date
may be. The rules per variable are assumptions of this system until the sponsor's analysis plan states others.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from trialsite.clinical.partial_date import PartialDate, Precision

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Imputed:
    """A date for analysis.

    on: the day, or None where the rule forbids imputation. flag: `""` as recorded, `D` the day was filled
    in, `M` month and day. query: the sentence to ask the site, empty when nothing is to be asked.
    sensitivity: the day to use in the sensitivity analysis instead, where the rule names one.
    """

    on: date | None
    flag: str
    why: str
    query: str = ""
    sensitivity: date | None = None


def impute_event_start(
    start: PartialDate, first_dose: date | None, stop: PartialDate | None = None
) -> Imputed:
    """Start of an adverse event or concomitant drug: first dose if it may be that day, else the first day.

    The first dose is not used when the event had stopped before it: then the event began before treatment.
    """
    if start.exact:
        return _as_recorded(start)
    if stop is not None and stop.latest < start.earliest:
        query = f"The stop {stop} lies before the start {start}. Please check both dates."
        return Imputed(start.earliest, start.flag, "first possible day", query)
    before_stop = stop is None or (first_dose is not None and first_dose <= stop.latest)
    if first_dose is not None and start.contains(first_dose) and before_stop:
        return Imputed(first_dose, start.flag, "day of the first dose")
    return Imputed(start.earliest, start.flag, "first possible day")


def impute_event_stop(stop: PartialDate, death: date | None = None, cutoff: date | None = None) -> Imputed:
    """Stop of an adverse event or concomitant drug: the last possible day, not after death or cut-off."""
    if stop.exact:
        return _as_recorded(stop)
    query = ""
    if death is not None and death < stop.earliest:
        query = f"The stop {stop} lies after the death on {death}. Please check both dates."
    ends = [day for day in (death, cutoff) if day is not None and stop.contains(day)]
    on = min([stop.latest, *ends])
    why = "last possible day" if on == stop.latest else "death" if on == death else "data cut-off"
    return Imputed(on, stop.flag, why, query)


def impute_death(death: PartialDate, last_alive: date | None = None) -> Imputed:
    """Date of death: the first possible day after the subject was last known alive.

    A day past the data cut-off is left there, so that an analysis at that cut-off counts the subject as
    alive. Last known alive on or after the last possible day is a contradiction, and asked.
    """
    if death.exact:
        return _as_recorded(death)
    on, why, clash = _first_after(death, last_alive)
    query = (
        f"The subject was known alive on {last_alive}, after the death in {death}. Please check."
        if clash
        else ""
    )
    return Imputed(on, death.flag, why, query)


def impute_relapse(relapse: PartialDate, last_adequate_assessment: date | None = None) -> Imputed:
    """Date of relapse: stays an event, on the first possible day after the last adequate assessment.

    It is flagged, its query stays open, and the last possible day serves the sensitivity analysis.
    """
    if relapse.exact:
        return _as_recorded(relapse)
    on, why, clash = _first_after(relapse, last_adequate_assessment)
    query = f"The relapse is dated {relapse} only. Please give the day."
    if clash:
        query += f" An assessment on {last_adequate_assessment} found no relapse."
    return Imputed(on, relapse.flag, why, query, sensitivity=relapse.latest)


def impute_nothing(recorded: PartialDate) -> Imputed:
    """Response, MRD, transplantation, dose, randomisation: never imputed; without the day no date."""
    if recorded.exact:
        return _as_recorded(recorded)
    query = f"This date is recorded as {recorded} only. Please give the day: it is never filled in."
    return Imputed(None, recorded.flag, "no imputation for this kind of date", query)


def impute_history(recorded: PartialDate, consent: date | None = None) -> Imputed:
    """Diagnosis or prior therapy: the 15th, or 1 July when the month is unknown, not after consent."""
    if recorded.exact:
        return _as_recorded(recorded)
    middle = _middle(recorded)
    if consent is not None and recorded.contains(consent) and consent < middle:
        return Imputed(consent, recorded.flag, "day of consent")
    return Imputed(middle, recorded.flag, "middle of the possible range")


def impute_birth(birth: PartialDate) -> Imputed:
    """Birth: the 15th, or 1 July when the month is unknown; never used for an eligibility verdict."""
    return (
        _as_recorded(birth)
        if birth.exact
        else Imputed(_middle(birth), birth.flag, "middle of the possible range")
    )


def impute_last_contact(contact: PartialDate) -> Imputed:
    """Last contact: the first possible day, so that no follow-up is claimed that may not have been."""
    return (
        _as_recorded(contact)
        if contact.exact
        else Imputed(contact.earliest, contact.flag, "first possible day")
    )


def _as_recorded(recorded: PartialDate) -> Imputed:
    return Imputed(recorded.earliest, "", "as recorded")


def _first_after(partial: PartialDate, last: date | None) -> tuple[date, str, bool]:
    """The first possible day after `last`, why, and whether the two contradict each other."""
    if last is None or last < partial.earliest:
        return partial.earliest, "first possible day", False
    if partial.contains(last + ONE_DAY):
        return last + ONE_DAY, f"day after {last}", False
    return partial.earliest, "first possible day", True


def _middle(partial: PartialDate) -> date:
    if partial.precision is Precision.MONTH:
        return partial.earliest.replace(day=15)
    if partial.precision is Precision.YEAR:
        return date(partial.earliest.year, 7, 1)
    return partial.earliest + (partial.latest - partial.earliest) // 2
