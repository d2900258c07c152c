"""What the record says of adverse events, as episodes: CRS and ICE forms, adverse events, liver values."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from assessments.domain.crs import ctcae_crs_grade
from assessments.domain.grade_track import in_order
from assessments.domain.icans import icans_grade
from assessments.events.graded import crs_findings, ice_findings
from assessments.events.tracks import steps_of
from assessments.laboratory.results import lab_values
from assessments.models import AdverseEvent, CytokineRelease, IceScore
from assessments.models.safety import AgentAction, Causality
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import current_records
from trialsite.casebook.slots import Slot
from trialsite.clinical.kleene import Truth
from trialsite.clinical.quantity import compare
from trialsite.studies.domain.blinatumomab_plan import DoseModification, LiverLimit

from ..domain.infusion_events import Episode, daily_episodes, joined
from ..domain.modification import EventKind

SEIZURES = ("BRIEF", "PROLONGED")
NOT_CAUSED = (Causality.NOT_RELATED, Causality.NOT_GIVEN)


def episodes_of(subject: Subject, table: DoseModification) -> list[Episode]:
    """Every episode that the table may speak of, the earliest first; the number of queries is fixed."""
    found = [*of_cytokines(subject), *of_neurology(subject), *of_events(subject, table)]
    found = [*joined(found), *of_liver(subject, table)]
    return sorted(found, key=lambda one: (one.onset, one.kind))


def of_cytokines(subject: Subject) -> Iterator[Episode]:
    """Cytokine release by day: the CTCAE grade as entered, else what the components give for certain."""
    records = (
        current_records(CytokineRelease, [subject.pk]).exclude(performed_on=None).select_related("visit")
    )
    days = []
    for one in records:
        grade = one.ctcae_grade if one.ctcae_grade is not None else ctcae_crs_grade(crs_findings(one)).grade
        days.append((one.performed_on, grade, Slot.of_record(one).url()))
    yield from daily_episodes(EventKind.CRS, days)


def of_neurology(subject: Subject) -> Iterator[Episode]:
    """Neurotoxicity by day, and seizures. Without a CTCAE grade a day on which ICANS is grade 0 for certain is 0."""
    records = current_records(IceScore, [subject.pk]).exclude(performed_on=None).select_related("visit")
    days, seizures = [], []
    for one in records:
        grade, url = one.ctcae_grade, Slot.of_record(one).url()
        if grade is None and icans_grade(ice_findings(one)).grade == 0:
            grade = 0
        days.append((one.performed_on, grade, url))
        if one.seizure in SEIZURES:
            seizures.append(
                Episode(EventKind.SEIZURE, None, one.performed_on, None, one.performed_on, (url,))
            )
    yield from daily_episodes(EventKind.NEUROTOXICITY, days)
    yield from seizures


def of_events(subject: Subject, table: DoseModification) -> Iterator[Episode]:
    """Adverse events of the record by their CTCAE term. One that the investigator holds for not caused by blinatumomab,
    or for an event outside the table's kinds unlikely, is left out (assumption)."""
    records = current_records(AdverseEvent, [subject.pk]).select_related("visit").prefetch_related("track")
    for one in records:
        kind = kind_here(table, one.term, one.cause_blinatumomab)
        if kind is None or one.onset is None:
            continue
        ended = one.stop.latest if one.stop else None
        yield Episode(
            kind,
            one.grade or None,
            one.onset.earliest,
            back_to_grade_1(one) or ended,
            ended,
            (Slot.of_record(one).url(),),
            one.words if kind == EventKind.OTHER else "",
            judged=True,
            unchanged=one.action_blinatumomab == AgentAction.NONE,
        )


def kind_here(table: DoseModification, term: str, cause: str) -> EventKind | None:
    """What an adverse event is to the table by its term and cause; None where it is left out."""
    kind = table.terms.kind_of(term)
    unlikely = kind == EventKind.OTHER and cause == Causality.UNLIKELY
    return None if kind is None or cause in NOT_CAUSED or unlikely else EventKind(kind)


def back_to_grade_1(event: AdverseEvent) -> date | None:
    """The day from which the track of an event stays at grade 1, at the latest; None where it does not say so."""
    steps = in_order(steps_of(event))
    worse = [place for place, step in enumerate(steps) if step.grade is None or step.grade > 1]
    after = steps[worse[-1] + 1 :] if worse else []
    return after[0].since.latest if after and after[0].since else None


def of_liver(subject: Subject, table: DoseModification) -> Iterator[Episode]:
    """ALT, AST or bilirubin above the limit of the table, to the first later value at grade 1 or less.

    A value whose upper limit is not known is no episode: the laboratory page asks for the range."""
    limits = {one.analyte: one for one in table.liver}
    values = lab_values([subject.pk], limits).get(subject.pk, [])
    for analyte, limit in limits.items():
        ours = [one for one in values if one.analyte == analyte and one.uln is not None]
        yield from _above(analyte, limit, ours)


def _above(analyte: str, limit: LiverLimit, values: list) -> Iterator[Episode]:  # type: ignore[type-arg]
    onset: date | None = None
    for one in values:
        if onset is None and compare(one.quantity, ">", limit.above * one.uln) is Truth.TRUE:
            onset = one.on
        elif onset is not None and compare(one.quantity, "<=", limit.resolved * one.uln) is Truth.TRUE:
            yield Episode(EventKind.LIVER, None, onset, one.on, one.on, (), name_of(analyte))
            onset = None
    if onset is not None:
        yield Episode(EventKind.LIVER, None, onset, None, None, (), name_of(analyte))


def name_of(analyte: str) -> str:
    return {"alt": "ALT", "ast": "AST"}.get(analyte, _("bilirubin"))
