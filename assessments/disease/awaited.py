"""What marrow, MRD and samples wait for: derived for each subject, and read as lines of the inbox."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.domain.paper import from_paper
from trialsite.casebook.due import work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.names import visit_name
from trialsite.casebook.reading import one_reading
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource, facts_of, follow_up_ends
from trialsite.casebook.states import FOLLOWED, SubjectState
from trialsite.studies.domain.protocol import SamplePlan

from ..domain.index_sample import IndexSample, IndexState, index_sample
from ..domain.mrd import Method, Verdict
from ..domain.mrd_course import MrdState
from ..domain.response import REPEAT_MARROW_DAYS, Category
from ..domain.sample_log import Chase, Wait, chase
from ..domain.sample_log import LoggedSample as SampleDays
from ..models import AwaitedOfDisease, LoggedSample
from ..models.disease import MrdMethod
from ..models.samples import AWAITED
from ..samples.states import SampleState
from .mrd_results import MrdLine, course_of, mrd_lines, study_method
from .responses import Judged, judged_responses
from .treatment_began import steroids_or_treatment_began

SOON_DAYS = 7  # a line stands in the inbox from so many days before it is due (assumption)
KIND_OF_WAIT = {
    Wait.SEND: "sample-send",
    Wait.RECEIPT: "sample-receipt",
    Wait.REPORT: "sample-report",
    Wait.REDRAW: "sample-redraw",
}


# Derived


def derive_awaited(subject: Subject) -> Iterator[AwaitedOfDisease]:
    """The rows of the projection. After the end of follow-up only samples that left the site are waited for."""
    with one_reading():
        responses = judged_responses([subject.pk]).get(subject.pk, [])
        lines = mrd_lines([subject.pk]).get(subject.pk, [])
        samples = list(
            LoggedSample.objects.filter(subject=subject)
            .exclude(state=SampleState.VOIDED)
            .order_by("drawn_at", "pk")
        )
        ended = subject.pk in follow_up_ends([subject.pk]) or subject.state not in FOLLOWED
        if not ended:
            yield from awaited_index(subject, samples, lines)
            yield from awaited_of_responses(responses)
            yield from awaited_confirmation(subject, lines)
        yield from awaited_of_samples(subject, samples, ended)


def has_ngs(subject: Subject) -> bool:
    return any(one.method == Method.NGS_IG_TR for one in subject.protocol_version.protocol.mrd)


def index_of(
    subject: Subject, samples: Sequence[LoggedSample], lines: Sequence[MrdLine]
) -> IndexSample | None:
    """The index sample of a subject; None in a study without NGS."""
    if not has_ngs(subject):
        return None
    zone = ZoneInfo(subject.site.timezone)
    logged = [
        one.drawn_at.astimezone(zone).date()
        for one in samples
        if one.method == Method.NGS_IG_TR
        and one.state not in (SampleState.VOIDED, SampleState.REJECTED)
        and (
            one.purpose == LoggedSample.Purpose.INDEX
            or one.drawn_at.astimezone(zone).date() <= subject.screened_on
        )
    ]
    tested = [
        line.result.sampled_on
        for line in lines
        if line.at_screening and line.line.method == Method.NGS_IG_TR and line.line.qualifier != "NOT_DONE"
    ]
    began = steroids_or_treatment_began([subject.pk]).get(subject.pk)
    return index_sample(min([*logged, *tested], default=None), began, subject.enrolled_on)


def awaited_index(
    subject: Subject, samples: Sequence[LoggedSample], lines: Sequence[MrdLine]
) -> Iterator[AwaitedOfDisease]:
    """Until an index sample is drawn it is due since the day of screening: before everything else."""
    found, day = index_of(subject, samples, lines), subject.screened_on
    if from_paper(day, subject.from_paper_until):  # what is past is on the list of gaps, if at all
        return
    if found is not None and found.state in (IndexState.DUE, IndexState.MISSING):
        yield AwaitedOfDisease(
            kind="index-sample", since=day, due=day, latest=day, method=Method.NGS_IG_TR.value
        )


def awaited_of_responses(responses: Sequence[Judged]) -> Iterator[AwaitedOfDisease]:
    """Counts and marrow again after the latest marrow, where they have not recovered or the blasts are exactly 5 %."""
    if not responses:
        return
    last = responses[-1]
    marrow_on = last.record.performed_on
    assert marrow_on is not None
    here = {
        "since": marrow_on,
        "visit_key": last.record.visit.key,
        "visit_repeat": last.record.visit.repeat,
    }
    if last.awaited is not None:
        for kind, by in (
            ("repeat-counts", last.awaited.counts_by),
            ("repeat-marrow", last.awaited.marrow_by),
        ):
            yield AwaitedOfDisease(kind=kind, due=by, latest=by, **here)
    elif last.response.category is Category.INDETERMINATE_5PCT and not last.said:
        by = marrow_on + timedelta(days=REPEAT_MARROW_DAYS)
        yield AwaitedOfDisease(kind="repeat-marrow", due=by, latest=by, **here)


def awaited_confirmation(subject: Subject, lines: Sequence[MrdLine]) -> Iterator[AwaitedOfDisease]:
    """A second sample one to four weeks after a positive one that nothing has confirmed or taken back."""
    method = study_method(subject.protocol_version.protocol)
    course = course_of(lines, method, facts_of(subject.pk, ["relapsed"])["relapsed"])
    open_ones = [one for one in course.events if one.state is MrdState.POSITIVE_UNCONFIRMED and one.confirm]
    if not open_ones:
        return
    last = open_ones[-1]
    later = [
        line
        for line in lines
        if line.line.method == method
        and line.verdict
        and line.verdict.verdict is Verdict.NEGATIVE
        and line.result.sampled_on > last.on
    ]
    if later or last.confirm is None:
        return
    first, latest = last.confirm
    yield AwaitedOfDisease(kind="confirm-mrd", since=last.on, due=first, latest=latest, method=method)


def awaited_of_samples(
    subject: Subject, samples: Sequence[LoggedSample], ended: bool
) -> Iterator[AwaitedOfDisease]:
    zone, days = ZoneInfo(subject.site.timezone), subject.protocol_version.protocol.samples
    for sample in samples:
        found = chase_of(sample, samples, zone, days)
        if found is None or (ended and found.wait in (Wait.SEND, Wait.REDRAW)):
            continue
        yield AwaitedOfDisease(
            kind=KIND_OF_WAIT[found.wait],
            since=sample.last_at.astimezone(zone).date(),
            due=found.by,
            latest=found.by,
            visit_key=sample.visit_key,
            visit_repeat=sample.visit_repeat,
            method=sample.method,
            label=sample.label,
            sample_id=sample.pk,
        )


def chase_of(
    sample: LoggedSample, samples: Sequence[LoggedSample], zone: ZoneInfo, days: SamplePlan
) -> Chase | None:
    """What one sample waits for by the days of its protocol, on the clock of its site."""

    def day(at: datetime | None) -> date | None:
        return None if at is None else at.astimezone(zone).date()

    if sample.state == SampleState.VOIDED:
        return None
    redrawn = any(
        one.method == sample.method
        and one.purpose == sample.purpose
        and one.drawn_at > sample.drawn_at
        and one.state != SampleState.VOIDED
        for one in samples
    )
    return chase(
        SampleDays(
            method=sample.method,
            drawn_on=sample.drawn_at.astimezone(zone).date(),
            sent_on=day(sample.sent_at),
            received_on=day(sample.received_at),
            rejected_on=day(sample.rejected_at),
            reported_on=day(sample.reported_at),
            redrawn=redrawn,
        ),
        days,
    )


# Read


def awaited_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """What this user can do: those soon due, the most pressing first."""
    soon = now().date() + timedelta(days=SOON_DAYS)
    found = AwaitedOfDisease.objects.filter(reach_of(user, "sample.log"), due__lte=soon)
    if wanted.study:
        found = found.filter(study__key=wanted.study)
    if wanted.kind:
        found = found.filter(kind=wanted.kind)
    rows = found.select_related("subject__study", "subject__site", "subject__protocol_version")
    for row in rows.order_by("latest", "due", "subject__subject_number", "pk")[: wanted.limit]:
        yield line_of(row)


def line_of(row: AwaitedOfDisease) -> WorkLine:
    page = (
        "subject-samples" if row.kind.startswith("sample-") or row.kind == "index-sample" else "assessments"
    )
    url = reverse(page, args=[row.subject_id])
    if row.sample_id:
        url += f"#sample-{row.sample_id}"
    elif row.kind == "index-sample":
        url += "?draw=INDEX"
    return work_line(row.subject, row.kind, KINDS[row.kind], row.latest, url, detail_of(row))


def detail_of(row: AwaitedOfDisease) -> str:
    """What the line is about: the tube, or the finding it follows from."""
    method = dict(MrdMethod.choices).get(row.method, "")
    if row.label:
        visit = (
            visit_name(row.subject.protocol_version.protocol, row.visit_key, row.visit_repeat)
            if row.visit_key
            else ""
        )
        return " · ".join(str(part) for part in (row.label, method, visit) if part)
    if row.kind == "index-sample":
        return _("before steroids begin")
    if row.kind == "confirm-mrd":
        return _("positive on %(day)s; second sample from %(first)s to %(last)s") % {
            "day": row.since.isoformat(),
            "first": row.due.isoformat(),
            "last": row.latest.isoformat(),
        }
    return _("marrow of %(day)s") % {"day": row.since.isoformat()}


KINDS = dict(AWAITED)
AWAITED_WORK = WorkSource(KINDS, awaited_work)


# Beside the number of a subject


def index_alerts(subject: Subject) -> Iterator[str]:
    """The index sample is missing although something began or screening is complete, or was drawn too late."""
    if not has_ngs(subject) or subject.state == SubjectState.SCREEN_FAILED:
        return
    with one_reading():
        samples = list(LoggedSample.objects.filter(subject=subject))
        found = index_of(subject, samples, mrd_lines([subject.pk]).get(subject.pk, []))
    if found is not None and found.alarms:
        yield found.sentence.in_language(get_language() or "en")
