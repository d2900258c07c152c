"""The gaps of a record from paper: derived from plan, forms, checks and criteria, and read as lists."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext_lazy, ngettext

from enrollment.paper_facts import dossier_then
from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.casebook.edit_checks import checks_in_use, run_check
from trialsite.casebook.form_types import form_type
from trialsite.casebook.forms import MISSING_PREFIX
from trialsite.casebook.items import item_label, values_of
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, local, visit_name
from trialsite.casebook.outages import outages_at, source_of
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import FormType, Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import RecordLine, records_of, standing_of_kind
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import FOLLOWED
from trialsite.clinical.verdicts import CriterionVerdict
from trialsite.studies.models import Study

from .domain.gaps import Gap, GapKind, PastVisit, visit_gaps
from .models import PlannedVisit, RecordGap
from .visits.plans import derive_visits
from .visits.standing import needless

FILL = gettext_lazy("Fill the gaps of records from paper")
UNKNOWN = "UNKNOWN"  # the reason of an empty item that somebody may still find out


# Derived


def derive_gaps(subject: Subject) -> Iterator[RecordGap]:
    """The rows of the projection: none for a subject that is followed here from the start, without an outage."""
    until = subject.from_paper_until
    if until is None and not outages_at(subject):
        return
    lines = records_of(subject)
    if until is not None:
        entered: dict[tuple[str, int], set[str]] = defaultdict(set)
        for line in lines:
            entered[line.visit_key, line.visit_repeat].add(line.form_key)
        visits = [past_visit(visit) for visit in derive_visits(subject)]
        yield from (row_of(gap) for gap in visit_gaps(visits, entered, until))
    for key in dict.fromkeys(line.form_key for line in lines):
        kind = form_type(key, subject)
        if kind is not None:
            yield from gaps_in_forms(subject, kind, {one.id: one for one in lines if one.form_key == key})
    if until is not None and subject.enrolled_on is not None:
        yield from open_criteria(subject)


def past_visit(visit: PlannedVisit) -> PastVisit:
    required = tuple(one["form"] for one in visit.forms if one["required"])
    expected = not visit.missed and not needless(visit)
    return PastVisit(visit.key, visit.repeat, visit.latest, required, expected)


def row_of(gap: Gap) -> RecordGap:
    return RecordGap(
        kind=gap.kind.value,
        visit_key=gap.visit,
        visit_repeat=gap.repeat,
        form_key=gap.form,
        item=gap.item,
        on=gap.on,
    )


def gaps_in_forms(subject: Subject, kind: FormType, lines: dict[Any, RecordLine]) -> Iterator[RecordGap]:
    """The empty required items and the findings of forms of one kind that came from paper or a worksheet."""
    records = kind.model.objects.filter(pk__in=lines).prefetch_related(*(row.accessor for row in kind.rows))
    checks = [check for check in checks_in_use(kind, subject.study_id) if not check.hard]
    wanted = required_items(kind)
    for record in records.order_by("performed_on", "pk"):
        if not source_of(record, subject):
            continue
        record.subject = subject
        at = lines[record.pk]
        values, rows = values_of(record), lines_of_form(kind, record)
        for item in wanted:
            why = record.missing.get(item)
            if why == UNKNOWN or (why is None and values.get(item) in (None, "", [])):
                yield gap_at(at, GapKind.ITEM, item)
        for check in checks:
            for fired in run_check(check, values, rows, subject):
                yield gap_at(at, GapKind.FINDING, fired.item, fired.message_en, fired.message_zh)


def required_items(kind: FormType) -> list[str]:
    """The items of a form that want a value or a reason."""
    fields = kind.form({}).fields
    return [
        item
        for item, field in fields.items()
        if not item.startswith(MISSING_PREFIX) and getattr(field, "wanted", False)
    ]


def lines_of_form(kind: FormType, record: Any) -> dict[str, list[dict[str, Any]]]:
    """The standing lines of a saved form as a submission hands them over."""
    return {row.name: [values_of(line) for line in standing_of_kind(row, record)] for row in kind.rows}


def gap_at(at: RecordLine, kind: GapKind, item: str, english: str = "", chinese: str = "") -> RecordGap:
    return RecordGap(
        kind=kind.value,
        visit_key=at.visit_key,
        visit_repeat=at.visit_repeat,
        form_key=at.form_key,
        form_repeat=at.form_repeat,
        item=item[:120],
        on=at.performed_on,
        detail_en=Truncator(english).chars(500),
        detail_zh=Truncator(chinese).chars(500),
    )


def open_criteria(subject: Subject) -> Iterator[RecordGap]:
    """The criteria that the record up to the day of enrolment does not decide."""
    for line in dossier_then(subject).lines:
        if line.verdict is CriterionVerdict.UNKNOWN:
            yield RecordGap(kind=GapKind.CRITERION.value, item=line.id, on=subject.enrolled_on)


# Read


@dataclass(frozen=True)
class GapLine:
    """One gap in words, with the place where it is filled."""

    gap: RecordGap
    what: str
    visit: str
    form: str
    detail: str
    url: str


def gaps_of(subject: Subject) -> list[GapLine]:
    """Everything that the record of one subject lacks, in the order of the days."""
    bring_up_to_date(Subject.objects.filter(pk=subject.pk))
    rows = RecordGap.objects.filter(subject=subject).order_by("on", "pk")
    return [line_of(subject, row) for row in rows]


def line_of(subject: Subject, row: RecordGap) -> GapLine:
    protocol = subject.protocol_version.protocol
    return GapLine(
        row,
        row.get_kind_display(),
        visit_name(protocol, row.visit_key, row.visit_repeat) if row.visit_key else "",
        form_title(protocol, row.form_key) if row.form_key else "",
        detail_words(subject, row),
        address_of(subject, row),
    )


def detail_words(subject: Subject, row: RecordGap) -> str:
    """Which item, what was found, or which criterion."""
    if row.kind == GapKind.CRITERION:
        criteria = subject.protocol_version.protocol.criteria
        text = next((local(one.text) for one in criteria if one.id == row.item), "")
        return f"{row.item} {text}".strip()
    kind = form_type(row.form_key, subject) if row.form_key else None
    label = item_label(kind, row.item) if kind and row.item else ""
    found = row.detail_zh if (get_language() or "").startswith("zh") else row.detail_en
    return ": ".join(filter(None, (label, found)))


def address_of(subject: Subject, row: RecordGap) -> str:
    """The form where the gap is filled; for a criterion the dossier."""
    if row.kind == GapKind.CRITERION:
        return reverse("eligibility", args=[subject.pk])
    if row.form_key:
        return Slot(subject.pk, row.visit_key, row.form_key, row.visit_repeat, row.form_repeat).url()
    return reverse("subject", args=[subject.pk])


def subjects_from_paper(user: User, study: Study) -> QuerySet[Subject]:
    """The subjects of a study that were entered from paper, or have gaps after an outage, with their number."""
    visible = Subject.objects.visible_to(user).filter(study=study)
    bring_up_to_date(visible.filter(from_paper_until__isnull=False))
    gaps = dict(
        RecordGap.objects.visible_to(user)
        .filter(study=study)
        .order_by()
        .values_list("subject_id")
        .annotate(Count("pk"))
    )
    found = visible.filter(from_paper_until__isnull=False) | visible.filter(pk__in=gaps)
    return found.select_related("study", "site", "protocol_version", "paper__entered_by").order_by(
        "site__key", "subject_number", "screening_number"
    )


def gaps_of_study(user: User, study: Study) -> QuerySet[RecordGap]:
    """Every gap of a study at the sites of this user."""
    return RecordGap.objects.visible_to(user).filter(study=study)


# The one line of the inbox


def gap_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """One line for each study and site whose records from paper have gaps, for who fills them."""
    gaps = wanted.of(RecordGap.objects.filter(reach_of(user, "form.submit"), subject__state__in=FOLLOWED))
    places = gaps.order_by("study__key", "site__key").values_list("study__key", "site__key")
    counted = places.annotate(Count("pk"), Count("subject", distinct=True))
    for study, site, count, subjects in counted[: wanted.limit]:
        many = ngettext("%(n)d gap", "%(n)d gaps", count) % {"n": count}
        of = ngettext("%(n)d subject", "%(n)d subjects", subjects) % {"n": subjects}
        yield WorkLine(
            kind="gaps",
            verb=FILL,
            subject_id=None,
            subject_number=of,
            study_key=study,
            site_key=site,
            due=None,
            latest=None,
            url=reverse("gaps", args=[study]),
            detail=many,
        )


GAP_WORK = WorkSource({"gaps": FILL}, gap_work)
