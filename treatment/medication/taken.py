"""Medicines of a subject as the rules take them: what they are, on which days, how much of a corticosteroid."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Subquery

from trialsite.casebook.models import Subject
from trialsite.casebook.reading import read_once
from trialsite.casebook.selectors import current_records
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState
from trialsite.clinical.partial_date import PartialDate

from ..domain.interactions import WATCHED, Exposure, Interaction, Taken, interactions
from ..domain.ledger import in_unit
from ..domain.medicines import CORTICOSTEROID, Medicine
from ..domain.steroids import Course, Gap, SteroidDays, steroid_days
from ..models import CellCourse, ConcomitantMedication, DoseGiven, DosePlan, PlannedDose
from ..models.medication import Route
from .dictionary import dictionary

SYSTEMIC = {Route.ORAL, Route.IV, Route.IM, Route.SC}
LOCAL = {Route.TOPICAL, Route.INHALED, Route.INTRATHECAL, Route.EYE, Route.RECTAL}
EARLIER_ROUTES = {"po": Route.ORAL, "oral": Route.ORAL, "iv": Route.IV, "口服": Route.ORAL, "静脉": Route.IV}
FOREVER = date.max
STEROID_KEYS = ("DEXAMETHASONE", "METHYLPREDNISOLONE", "PREDNISONE", "PREDNISOLONE", "HYDROCORTISONE")


@dataclass(frozen=True)
class Entry:
    """One form of concomitant medication with what the dictionary says of it; None where it is not known."""

    record: ConcomitantMedication
    medicine: Medicine | None
    url: str = ""


def entries_of(subject_id: UUID) -> list[Entry]:
    """The standing forms of a subject, the earliest first; one query."""

    def read() -> list[Entry]:
        found = current_records(ConcomitantMedication, [subject_id]).select_related("visit")
        return [
            Entry(one, dictionary().recognise(one.medicine), Slot.of_record(one).url())
            for one in found.order_by("started_earliest", "form_repeat")
        ]

    return read_once(("medication", subject_id), read)


def span(
    started: PartialDate | None, stopped: PartialDate | None
) -> tuple[tuple[date, date], tuple[date, date] | None]:
    """The days on which something may have been taken, and those on which it surely was (None when none is)."""
    if started is None:
        return (date.min, FOREVER), None
    last = stopped.latest if stopped else FOREVER
    sure = (started.latest, stopped.earliest if stopped else FOREVER)
    return (started.earliest, last), sure if sure[0] <= sure[1] else None


def taken(entry: Entry) -> Taken | None:
    """A medicine that the dictionary knows, as the interaction rules take it."""
    if entry.medicine is None:
        return None
    possible, sure = span(entry.record.started, entry.record.stopped)
    return Taken(entry.medicine, entry.record.medicine, possible, sure, entry.url)


def all_taken(subject_id: UUID) -> list[Taken]:
    return [one for one in map(taken, entries_of(subject_id)) if one is not None]


def exposures_of(subject: Subject) -> list[Exposure]:
    """Days on which venetoclax or a vinca alkaloid was given, or is planned and not reported; two queries."""

    def read() -> list[Exposure]:
        given = standing_doses([subject.pk]).filter(drug__in=WATCHED, given__gt=0)
        doses = [Exposure(one.drug, one.given_on) for one in given.order_by("given_on") if one.given_on]
        reported = {(one.drug, one.on) for one in doses}
        planned = [one for one in planned_exposures(subject.pk) if (one.drug, one.on) not in reported]
        return sorted([*doses, *planned], key=lambda one: one.on)

    return read_once(("exposures", subject.pk), read)


def standing_doses(subject_ids: Sequence[UUID]) -> Any:
    return DoseGiven.objects.filter(subject_id__in=subject_ids, voided=False).exclude(
        record__state=RecordState.VOIDED
    )


def planned_exposures(subject_id: UUID) -> list[Exposure]:
    """The days that the plans in force have for these drugs."""
    newest = DosePlan.objects.filter(cycle=OuterRef("plan__cycle")).order_by("-number").values("pk")[:1]
    rows = (
        PlannedDose.objects.filter(plan__subject_id=subject_id, drug__in=WATCHED)
        .annotate(newest=Subquery(newest))
        .filter(plan_id=F("newest"))
        .exclude(plan__cycle__state=RecordState.VOIDED)
        .exclude(plan__cycle__performed_on=None)
        .values_list("drug", "days", "plan__cycle__performed_on")
    )
    return [
        Exposure(drug, first + timedelta(days=day - 1), True)
        for drug, days, first in rows
        if first is not None
        for day in days
    ]


def interactions_of(subject: Subject) -> list[Interaction]:
    """What the medicines of a subject do to its treatment; no question about treatment where no medicine is known."""
    medicines = all_taken(subject.pk)
    return interactions(medicines, exposures_of(subject)) if medicines else []


def route_of(record: ConcomitantMedication) -> str:
    """The route as a code; one typed in words before there were codes where it is known, else ""."""
    text = record.route
    return text if text in Route.values else EARLIER_ROUTES.get(text.strip().casefold(), "")


def steroid_course(entry: Entry) -> Course | None:
    """A systemic corticosteroid with what a day of it equals; None of another medicine, or of local use."""
    record, medicine = entry.record, entry.medicine
    if medicine is None or CORTICOSTEROID not in medicine.classes:
        return None
    route = route_of(record)
    if route in LOCAL:
        return None
    _possible, sure = span(record.started, record.stopped)
    mg = None if record.amount is None else in_unit(record.amount, record.unit, "mg")
    gaps = [
        gap
        for gap, missing in (
            (Gap.ROUTE, route not in SYSTEMIC),
            (Gap.DOSE, mg is None),
            (Gap.FREQUENCY, record.per_day is None),
            (
                Gap.DATES,
                not exact(record.started) or (record.stopped is not None and not exact(record.stopped)),
            ),
        )
        if missing
    ]
    daily = None
    if mg is not None and record.per_day is not None and Gap.ROUTE not in gaps:
        daily = medicine.prednisone_mg(mg * record.per_day)
    return Course(record.medicine, daily, sure, tuple(gaps), entry.url)


def exact(day: PartialDate | None) -> bool:
    return day is not None and day.earliest == day.latest


def steroids_of(subject: Subject, today: date) -> SteroidDays:
    """Corticosteroids of the medication forms, of the treatment forms (premedication, chemotherapy) and of the courses
    after CAR-T cells, by day."""
    known = [(one.medicine, course) for one in entries_of(subject.pk) if (course := steroid_course(one))]
    counted = [
        (medicine.key, course.sure)
        for medicine, course in known
        if medicine is not None and course.prednisone_mg is not None and course.sure is not None
    ]
    rows = standing_doses([subject.pk]).filter(drug__in=STEROID_KEYS).order_by("given_on")
    after_cells = steroids_after_cells(subject.pk)
    doses = [*given_steroids(rows), *days_after_cells(after_cells, counted, today)]
    open_courses = [one for one in map(course_after_cells, after_cells) if one.gaps]
    return steroid_days([*(course for _medicine, course in known), *open_courses], doses, today)


def steroids_after_cells(subject_id: UUID) -> list[CellCourse]:
    """The courses of corticosteroid after CAR-T cells; of one that several forms tell of, the last form's lines."""
    rows = CellCourse.objects.filter(subject_id=subject_id, voided=False, agent__in=STEROID_KEYS)
    rows = rows.exclude(record__state=RecordState.VOIDED).select_related("record__visit")
    ordered = list(rows.order_by("record__performed_on", "record_id", "line"))
    last = {(one.agent, one.started_on): one.record_id for one in ordered}
    return [one for one in ordered if last[one.agent, one.started_on] == one.record_id]


def course_after_cells(line: CellCourse) -> Course:
    """A course with what a day of it equals: its doses spread over its days; one dose is of the first day."""
    last = line.started_on if line.doses == 1 else line.stopped_on
    gaps = ((Gap.DOSE, line.dose_mg), (Gap.FREQUENCY, line.doses), (Gap.DATES, last))
    daily = None
    if line.dose_mg is not None and line.doses is not None and last is not None:
        days = (last - line.started_on).days + 1
        daily = dictionary().by_key[line.agent].prednisone_mg(line.dose_mg * line.doses / days)
    return Course(
        line.get_agent_display(),
        daily,
        (line.started_on, last) if last is not None else None,
        tuple(gap for gap, value in gaps if value is None),
        Slot.of_record(line.record).url(),
    )


def days_after_cells(
    lines: Iterable[CellCourse], counted: Sequence[tuple[str, tuple[date, date]]], today: date
) -> Iterable[tuple[date, Decimal]]:
    """The days of these courses with milligrams of prednisone, without those on which a medication form counts the same
    medicine already."""
    for line in lines:
        course = course_after_cells(line)
        if course.prednisone_mg is None or course.sure is None:
            continue
        first, last = course.sure
        for day in (first + timedelta(days=n) for n in range((min(last, today) - first).days + 1)):
            if not any(key == line.agent and begun <= day <= over for key, (begun, over) in counted):
                yield day, course.prednisone_mg


def given_steroids(rows: Iterable[Any]) -> Iterable[tuple[date, Decimal]]:
    """Doses of the treatment forms in milligrams of prednisone; what has no weight is not counted."""
    known: Mapping[str, Medicine] = dictionary().by_key
    for row in rows:
        mg = in_unit(row.given, row.unit, "mg") if row.given is not None and row.given_on else None
        equal = None if mg is None else known[row.drug].prednisone_mg(mg)
        if equal:
            yield row.given_on, equal
