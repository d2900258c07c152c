"""Some subjects of an export with what every dataset asks of them: days, visits, elements, exposure, numbered rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import override

from assessments.models import AdverseEvent
from assessments.subjects import known_facts
from enrollment.models import Consent, Randomisation, ScreenFailure
from enrollment.models.log import Disposition
from outcomes.models import Death
from treatment.models import ConcomitantMedication, EndOfTreatment
from treatment.plan.paths import begun_of
from trialsite.casebook.models import LOG, Subject, Visit
from trialsite.casebook.reading import one_reading
from trialsite.casebook.selectors import records_of_subjects
from trialsite.casebook.states import RecordState
from trialsite.clinical.partial_date import PartialDate
from trialsite.exchange.profiles import emptied, nature_of

from ..extract import Extract
from .text import day_of, iso
from .trial import SCREENING, Design, NumberedVisit, PlannedElement

if TYPE_CHECKING:
    from .dataset import Dataset

Found = dict[str, Any]


@dataclass(frozen=True)
class SubjectElement:
    """An element that a subject went through. `order`: its place in the arm, None where it was not planned there."""

    code: str
    name: str
    epoch: str
    order: int | None
    start: str
    end: str


@dataclass(frozen=True)
class Course:
    """One subject's way: `exposures` are rows of EX before they are numbered; days are ISO texts, "" for none."""

    consented: str
    elements: Sequence[SubjectElement]
    exposures: Sequence[Found]
    died: PartialDate | None
    ended: str
    last_day: str
    arm: str
    why_no_arm: str

    @property
    def first_exposure(self) -> str:
        return min((one["EXSTDTC"] for one in self.exposures), default="")

    @property
    def last_exposure(self) -> str:
        return max((one["EXENDTC"] or one["EXSTDTC"] for one in self.exposures), default="")

    @property
    def treated(self) -> bool:
        return bool(self.exposures) and bool(self.arm)

    @property
    def reference_start(self) -> str:
        """RFSTDTC: the first exposure of those who were treated."""
        return self.first_exposure if self.treated else ""

    def element_on(self, day: date) -> SubjectElement | None:
        """The element of a day; the day on which one ends and the next begins is of the next."""
        said = day.isoformat()
        return next((one for one in reversed(self.elements) if one.start <= said), None)

    def epoch_of(self, dtc: str) -> str:
        """The epoch of a date; "" where it is not known or before the first element."""
        day = day_of(dtc)
        found = self.element_on(day) if day else None
        return found.epoch if found else ""


@dataclass
class Reading:
    """A batch of subjects; everything about them is read once."""

    extract: Extract
    design: Design
    subjects: Sequence[Subject]
    datasets: Mapping[str, "Dataset"]
    kept: dict[str, list[Found]] = field(default_factory=dict)

    @cached_property
    def ids(self) -> list[UUID]:
        return [one.pk for one in self.subjects]

    def rows(self, name: str) -> list[Found]:
        """The finished rows of a dataset, subject by subject, numbered; none of one that stays behind."""
        if name not in self.kept:
            from .dataset import finished

            one = self.datasets[name]
            with override("en"), one_reading():
                self.kept[name] = [] if self.extract.release.holds_back(one.nature) else finished(one, self)
        return self.kept[name]

    @property
    def shifts(self) -> bool:
        """Whether the dates are to be moved: then no day is filled in, since its rule would tell how far."""
        return self.extract.release.shifts

    def words(self, record: Any, item: str) -> str:
        """A text of a record that was read for others too; "" where it stays behind."""
        stays = self.extract.release.holds_back(nature_of(type(record), item))
        return "" if stays else str(getattr(record, item))

    @cached_property
    def _forms(self) -> dict[tuple[type[Any], str], dict[UUID, list[Any]]]:
        return {}

    def forms(self, model: type[Any], subject: Subject, form: str = "") -> list[Any]:
        """The standing forms of a model of one subject, those with a day."""
        key = (model, form)
        if key not in self._forms:
            self._forms[key] = self.extract.forms(model, self.subjects, form)
        return self._forms[key][subject.pk]

    def lines(self, model: type[Any], record: Any) -> list[Any]:
        """The standing lines of a form, of a model of lines."""
        key = (model, "")
        if key not in self._forms:
            found: dict[UUID, list[Any]] = defaultdict(list)
            rows = model.objects.visible_to(self.extract.reader).filter(
                subject__in=self.subjects, voided=False
            )
            for row in rows.exclude(record__state=RecordState.VOIDED).order_by("record_id", "line"):
                found[row.record_id].append(emptied(row, self.extract.release))
            self._forms[key] = found
        return self._forms[key].get(record.pk, [])

    def fact(self, subject: Subject, name: str) -> Any:
        """The value of a fact of a subject; None where it is not known."""
        found = known_facts(self.ids, name).get(subject.pk)
        return found.value if found is not None and found.known else None

    def zone(self, subject: Subject) -> ZoneInfo:
        return ZoneInfo(subject.site.timezone)

    # Visits

    def visit(self, record: Any) -> NumberedVisit | None:
        """The visit of a form by number and name; None for forms of the log."""
        visit = record.visit
        return None if visit.key == LOG else self.design.visit(visit.key, visit.repeat)

    @cached_property
    def visits(self) -> dict[UUID, list[Visit]]:
        found: dict[UUID, list[Visit]] = defaultdict(list)
        for one in Visit.objects.visible_to(self.extract.reader).filter(subject__in=self.ids):
            found[one.subject_id].append(one)
        return found

    @cached_property
    def days(self) -> dict[UUID, dict[tuple[str, int], list[date]]]:
        """Subject → visit → the days of the forms there."""
        found: dict[UUID, dict[tuple[str, int], list[date]]] = {one: defaultdict(list) for one in self.ids}
        for subject, lines in records_of_subjects(self.ids).items():
            for line in lines:
                if line.performed_on:
                    found[subject][line.visit_key, line.visit_repeat].append(line.performed_on)
        return found

    # The way of a subject

    @cached_property
    def courses(self) -> dict[UUID, Course]:
        with override("en"), one_reading():
            return {one.pk: self._course(one) for one in self.subjects}

    def _course(self, subject: Subject) -> Course:
        from .treatment import exposures

        given = list(exposures(self, subject))
        consents = [one.performed_on for one in self.forms(Consent, subject) if one.performed_on]
        consented = iso(min(consents, default=None))
        died = next((one.died_on for one in self.forms(Death, subject)), None)
        ended = self.dispositions.get(subject.pk)
        arm, why_no_arm = self._arm(subject, bool(given))
        course = Course(
            consented,
            (),
            given,
            died,
            iso(ended.ended_on if ended else None),
            "",
            arm,
            why_no_arm,
        )
        last = self._last_day(subject, course)
        elements = self._elements(subject, course, last)
        return Course(consented, elements, given, died, course.ended, last, arm, why_no_arm)

    def _arm(self, subject: Subject, treated: bool) -> tuple[str, str]:
        """The arm of a subject, and why it has none or none that it was treated in."""
        if subject.pk in self.failures:
            return "", "SCREEN FAILURE"
        arm = subject.arm
        if not arm and subject.enrolled_on and len(self.design.protocol.arms) == 1:
            arm = self.design.protocol.arms[0].key
        if not arm or not subject.enrolled_on:
            return "", "NOT ASSIGNED"
        return arm, "" if treated else "ASSIGNED, NOT TREATED"

    def _last_day(self, subject: Subject, course: Course) -> str:
        """The last day of which anything is known of the subject."""
        days = [iso(day) for each in self.days[subject.pk].values() for day in each]
        days += [one["EXENDTC"][:10] for one in course.exposures if one["EXENDTC"]]
        days += [one.stop.text for one in self.forms(AdverseEvent, subject) if one.stop and one.stop.exact]
        days += [
            one.stopped.text
            for one in self.forms(ConcomitantMedication, subject)
            if one.stopped and one.stopped.exact
        ]
        if course.died:
            whole = course.died.exact or self.shifts
            return iso(course.died) if whole else course.died.latest.isoformat()
        return max((one for one in [*days, course.ended, course.consented] if one), default="")

    def _elements(self, subject: Subject, course: Course, last: str) -> list[SubjectElement]:
        """Screening, then each phase that began, then follow-up once treatment ended."""
        starts: list[tuple[str, str]] = []
        first = course.consented or iso(subject.screened_on)
        starts.append((first, SCREENING))
        if course.arm:
            begun = [one for one in self.begun[subject.pk] if one.phase and iso(one.on) > first]
            starts += [(iso(one.on), one.phase) for one in begun]
            starts += self._follow_up(subject, course.arm, starts)
        over = course.ended or (iso(course.died) if course.died else "")
        if subject.pk in self.failures:
            over = iso(self.failures[subject.pk].failed_on)
        planned = {
            one.phase or SCREENING: place for place, one in enumerate(self.design.arm_elements(course.arm), 1)
        }
        elements = []
        for place, (start, phase) in enumerate(starts):
            one: PlannedElement | None = self.design.elements.get(phase)
            end = starts[place + 1][0] if place + 1 < len(starts) else max(over, start) if over else ""
            if one is None or phase not in planned:
                name = one.name if one else phase
                elements.append(SubjectElement("UNPLAN", name, "", None, start, end))
            else:
                elements.append(SubjectElement(one.code, one.name, one.epoch, planned[phase], start, end))
        return elements

    def _follow_up(
        self, subject: Subject, arm: str, starts: Sequence[tuple[str, str]]
    ) -> Iterable[tuple[str, str]]:
        """The follow-up of an arm begins with its own form, else when treatment ended after the last phase began."""
        last = self.design.arm_elements(arm)[-1]
        ends = [iso(one.performed_on) for one in self.forms(EndOfTreatment, subject) if one.performed_on]
        if last.epoch != "FOLLOW-UP" or not ends or any(phase == last.phase for _on, phase in starts):
            return []
        return [(ends[0], last.phase)] if ends[0] > starts[-1][0] else []

    @cached_property
    def begun(self) -> dict[UUID, list[Any]]:
        return begun_of(self.subjects)

    @cached_property
    def dispositions(self) -> dict[UUID, Disposition]:
        found = Disposition.objects.visible_to(self.extract.reader).filter(
            subject__in=self.ids, undone_at=None
        )
        return {one.subject_id: one for one in found}

    @cached_property
    def failures(self) -> dict[UUID, ScreenFailure]:
        found = ScreenFailure.objects.visible_to(self.extract.reader).filter(subject__in=self.ids)
        return {one.subject_id: one for one in found}

    @cached_property
    def randomisations(self) -> dict[UUID, Randomisation]:
        found = Randomisation.objects.visible_to(self.extract.reader).filter(subject__in=self.ids)
        return {one.subject_id: one for one in found}
