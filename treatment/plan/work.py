"""The inbox lines of treatment: what follows to decide, the next phase to start, last days that are missing."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, ExpressionWrapper, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from trialsite.access.models import User
from trialsite.access.permissions import reach_of
from trialsite.audit.moment import now
from trialsite.casebook.due import work_line
from trialsite.casebook.fact_words import fact_label
from trialsite.casebook.models import Subject
from trialsite.casebook.names import phase_name
from trialsite.casebook.outages import of_the_past
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import most_pressing
from trialsite.casebook.site_day import on_each_day, site_days
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState, SubjectState
from trialsite.casebook.versions import named
from trialsite.listing import listed
from trialsite.studies.domain.protocol import OFF_TREATMENT

from ..domain.path import OBSERVATION, NextKind
from ..domain.planned import due_until
from ..models import InfusionSegment, TreatmentStep
from ..models.decisions import DecidedKind

KINDS = {
    "decide": _("Decide what follows"),
    "phase": _("Start the next phase"),
    "phase-end": _("Record the last day of a phase"),
    "treatment-end": _("Record the end of treatment"),
    "infusion": _("Record the end of an infusion"),
}
LONGEST_BAG = timedelta(days=7)  # the longest that one bag runs


def treatment_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """What this user can do for the treatment of visible subjects."""
    return most_pressing(
        lines(asked_for(user, permission, wanted), wanted.limit)
        for kind, (permission, lines) in SOURCES.items()
        if wanted.kind in ("", kind)
    )


def asked_for(user: User, permission: str, wanted: Wanted) -> Q:
    """The rows of this user's sites that are asked for."""
    ours = reach_of(user, permission)
    if wanted.study:
        ours &= Q(study__key=wanted.study)
    if wanted.site:
        ours &= Q(site__key=wanted.site)
    return ours


def standing_steps(ours: Q) -> QuerySet[TreatmentStep]:
    """Where enrolled subjects stand."""
    steps = TreatmentStep.objects.filter(ours, subject__state=SubjectState.ENROLLED)
    return steps.select_related("subject__study", "subject__site", "subject__protocol_version")


def by_day(steps: QuerySet[TreatmentStep], day: str) -> QuerySet[TreatmentStep]:
    """The first due first."""
    return steps.order_by(F(day).asc(nulls_last=True), "subject__subject_number")


def steps_due(ours: Q) -> QuerySet[TreatmentStep]:
    """Those whose next step is due within days."""
    soon = on_each_day(site_days(), lambda day: Q(due__lte=due_until(day)))
    steps = standing_steps(ours).filter(Q(due=None) | soon).exclude(of_the_past("due"))
    return by_day(steps, "due")


def phases_to_decide(ours: Q, limit: int) -> Iterator[WorkLine]:
    """What follows a phase, where nobody has decided on it and that is due: as the page asks for it."""
    now_due = on_each_day(site_days(), lambda day: Q(decide_on__lte=due_until(day)))
    for step in by_day(standing_steps(ours).filter(now_due), "decide_on")[:limit]:
        url = page_of(step.subject, "#following")
        yield work_line(step.subject, "decide", KINDS["decide"], step.decide_on, url, proposed_words(step))


def proposed_words(step: TreatmentStep) -> str:
    """What the protocol proposes, or why it proposes nothing."""
    if step.next_kind == NextKind.UNKNOWN:
        return gettext("missing: %(what)s") % {"what": listed([fact_label(one) for one in step.missing])}
    if step.next_kind == NextKind.NO_BRANCH:
        return gettext("no branch of the protocol fits")
    proposed = phase_name(step.subject.protocol_version.protocol, step.next_phase or OFF_TREATMENT)
    return gettext("proposed: %(phase)s") % {"phase": proposed}


def last_days_to_record(ours: Q, limit: int) -> Iterator[WorkLine]:
    """Phases that are over by their plan, or as the next began, and have no last day: the first of each subject."""
    over = on_each_day(site_days(), lambda day: Q(over_on__lte=day))
    steps = standing_steps(ours).filter(over).exclude(of_the_past("over_on"))
    for step in by_day(steps.select_related("unended__visit"), "over_on")[:limit]:
        assert step.unended is not None  # it is what was over that day
        name = phase_name(step.subject.protocol_version.protocol, step.unended.phase)
        url = Slot.of_record(step.unended).url() + "?edit=1"
        yield work_line(step.subject, "phase-end", KINDS["phase-end"], step.over_on, url, name)


def phases_to_start(ours: Q, limit: int) -> Iterator[WorkLine]:
    """Phases that were decided, and the first one."""
    first = Q(phase="", decided="", next_kind=NextKind.CLEAR)
    for step in steps_due(ours).filter(first | Q(decided=DecidedKind.PHASE))[:limit]:
        subject, protocol = step.subject, step.subject.protocol_version.protocol
        found = named(protocol, "phases", step.decided_phase or step.next_phase)
        if found is None or (found.kind == OBSERVATION and not found.branches):
            continue  # it begins by itself
        name = phase_name(protocol, found.key)
        yield work_line(subject, "phase", KINDS["phase"], step.due, page_of(subject), name)


def ends_to_record(ours: Q, limit: int) -> Iterator[WorkLine]:
    """Subjects for whom it was decided that protocol treatment ends, until that is on its form."""
    steps = steps_due(ours).filter(decided=DecidedKind.OFF_TREATMENT)
    for step in steps.exclude(next_kind=NextKind.COMPLETE)[:limit]:
        url = reverse("new-log-form", args=[step.subject_id, "EOT"])
        yield work_line(step.subject, "treatment-end", KINDS["treatment-end"], step.due, url)


def page_of(subject: Subject, place: str = "") -> str:
    return reverse("treatment", args=[subject.pk]) + place


def infusions_without_end(ours: Q, limit: int) -> Iterator[WorkLine]:
    """Stretches of infusion that have no stop although another one began, or no bag lasts that long."""
    standing = InfusionSegment.objects.filter(voided=False).exclude(record__state=RecordState.VOIDED)
    later = standing.filter(subject=OuterRef("subject"), start__gt=OuterRef("start")).order_by("start")
    longest = ExpressionWrapper(F("start") + LONGEST_BAG, output_field=DateTimeField())
    rows = (
        standing.filter(ours, stop=None)
        .annotate(until=Coalesce(Subquery(later.values("start")[:1]), longest))
        .filter(until__lte=now())
        .exclude(of_the_past("record__performed_on"))
        .select_related("record__visit", "subject__study", "subject__site")
        .order_by("until")
    )
    for row in rows[:limit]:
        slot = Slot.of_record(row.record)
        due = row.until.astimezone(ZoneInfo(row.subject.site.timezone)).date()
        yield work_line(row.subject, "infusion", KINDS["infusion"], due, slot.url() + "?edit=1")


SOURCES = {
    "decide": ("treatment.decide", phases_to_decide),
    "phase": ("form.submit", phases_to_start),
    "phase-end": ("form.submit", last_days_to_record),
    "treatment-end": ("form.submit", ends_to_record),
    "infusion": ("form.submit", infusions_without_end),
}
TREATMENT_WORK = WorkSource(KINDS, treatment_work)
