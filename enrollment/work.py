"""The inbox lines of enrolment: what screening lacks, and who waits for signature, number or arm."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import chain, count, islice
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from trialsite.access.models import User
from trialsite.access.permissions import may, reach_of
from trialsite.casebook.due import work_line
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Wanted, WorkLine, WorkSource
from trialsite.casebook.selectors import most_pressing, subjects_visible_to
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.clinical.facts import Fact
from trialsite.clinical.verdicts import SubjectVerdict
from trialsite.listing import listed, told
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.selectors import studies_visible_to

from .domain.eligibility import Dossier
from .models import Confirmation, RecruitmentPause
from .recruitment import emergencies_visible_to
from .recruitment_words import open_words, pause_words
from .selectors import assess, facts_of_subjects, latest_confirmations, rule_facts, standing
from .states import PauseState

SHOWN_CRITERIA = 4
FIRST_JUDGED, JUDGED_TOGETHER = 10, 50  # subjects at first, and then
KINDS = {
    "screening": gettext_lazy("Complete the screening"),
    "confirm": gettext_lazy("Confirm eligibility"),
    "enrol": gettext_lazy("Enrol"),
    "randomise": gettext_lazy("Randomise"),
    "screen-failure": gettext_lazy("Close the screening"),
    "emergency": gettext_lazy("Fill in after an emergency allocation"),
    "stopped": gettext_lazy("Decide on recruitment"),
}
AFTERWARDS = ("randomise", "emergency", "stopped")  # kinds that are not of screening


def enrolment_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """The lines of subjects in screening, and of enrolled ones that wait for their arm."""
    visible = wanted.of(subjects_visible_to(user))
    found: list[Iterator[WorkLine]] = []
    if wanted.kind in ("", "randomise"):
        found.append(randomisation_work(user, visible))
    if wanted.kind in ("", "emergency"):
        found.append(emergency_work(user, wanted))
    if wanted.kind in ("", "stopped"):
        found.append(stopped_work(user, wanted))
    if wanted.kind not in AFTERWARDS:
        screened = visible.filter(state=SubjectState.SCREENING)
        versions = screened.order_by().values_list("protocol_version", flat=True).distinct()
        found += [screening_work(user, screened.filter(protocol_version=one)) for one in versions]
    lines = (one for one in most_pressing(found) if wanted.kind in ("", one.kind))
    return islice(lines, wanted.limit)


def randomisation_work(user: User, visible: QuerySet[Subject]) -> Iterator[WorkLine]:
    """Enrolled subjects of randomised studies that have no arm yet, the first enrolled first."""
    waiting = visible.filter(reach_of(user, "subject.randomise"), state=SubjectState.ENROLLED, arm="")
    randomised = [
        one.pk
        for one in ProtocolVersion.objects.filter(study__in=studies_visible_to(user))
        if one.protocol.randomisation
    ]
    for subject in waiting.filter(protocol_version__in=randomised).order_by("enrolled_on", "pk"):
        yield step_line(subject, "randomise", subject.enrolled_on)


def emergency_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Arms given in an emergency of which something is still to be filled in, the oldest first; due since that day."""
    found = emergencies_visible_to(user)
    for one in sorted(found, key=lambda each: each.allocation.randomisation.randomised_on):
        subject = one.allocation.subject
        if not one.open or wanted.study not in ("", subject.study.key):
            continue
        if wanted.site not in ("", subject.site.key):
            continue
        if allowed(user, subject, "eligibility.sign") or allowed(user, subject, "form.submit"):
            left = open_words(subject.protocol_version.protocol, one.open)
            yield step_line(subject, "emergency", one.allocation.randomisation.randomised_on, left)


def stopped_work(user: User, wanted: Wanted) -> Iterator[WorkLine]:
    """Pauses of recruitment by a stopping rule, for who decides in the whole study whether it goes on."""
    if wanted.site:
        return
    pauses = RecruitmentPause.objects.all().visible_to(user).filter(state=PauseState.PAUSED).exclude(rule="")
    if wanted.study:
        pauses = pauses.filter(study__key=wanted.study)
    for pause in pauses.select_related("study").order_by("paused_at"):
        if may(user, "recruitment.pause", study_id=pause.study_id):
            yield WorkLine(
                kind="stopped",
                verb=KINDS["stopped"],
                subject_id=None,
                subject_number="",
                study_key=pause.study.key,
                site_key="",
                due=pause.paused_at.date(),
                latest=None,
                url=reverse("study-recruitment", args=[pause.study.key]),
                detail=pause_words(pause.study.protocol, pause),
            )


def screening_work(user: User, screened: QuerySet[Subject]) -> Iterator[WorkLine]:
    """What each subject waits for under one protocol version, as far as this user can do it, the first screened first.

    Subjects are judged some at a time, so that who asks for the first lines does not wait for the last."""
    screened = screened.order_by("screened_on", "pk")
    for first in chain((0,), count(FIRST_JUDGED, JUDGED_TOGETHER)):
        size = JUDGED_TOGETHER if first else FIRST_JUDGED
        some = list(screened[first : first + size])
        confirmations = latest_confirmations([subject.pk for subject in some])
        facts = (
            facts_of_subjects([one.pk for one in some], rule_facts(some[0].protocol_version)) if some else {}
        )
        for subject in some:
            dossier = assess(subject, facts[subject.pk], site_today(subject))
            found = next_step(user, subject, dossier, facts[subject.pk], confirmations.get(subject.pk))
            if found is not None:
                yield found
        if len(some) < size:
            return


def next_step(
    user: User, subject: Subject, dossier: Dossier, facts: dict[str, Fact], confirmation: Confirmation | None
) -> WorkLine | None:
    """The one thing that this subject waits for next."""
    latest = end_of_screening(subject)
    because = dossier.decision.because
    if dossier.verdict is SubjectVerdict.INELIGIBLE:
        if allowed(user, subject, "subject.screen"):
            return step_line(subject, "screen-failure", latest, named(because))
        return None
    if dossier.verdict is SubjectVerdict.PENDING:
        if allowed(user, subject, "form.submit"):
            unknown = ngettext("%(n)d criterion unknown", "%(n)d criteria unknown", len(because)) % {
                "n": len(because)
            }
            return step_line(subject, "screening", latest, told(unknown, named(because)))
        return None
    if not standing(confirmation, subject, facts).holds:
        if allowed(user, subject, "eligibility.sign"):
            again = _("changed since it was confirmed") if confirmation else ""
            return step_line(subject, "confirm", latest, again)
        return None
    return step_line(subject, "enrol", latest) if allowed(user, subject, "subject.enrol") else None


def end_of_screening(subject: Subject) -> date | None:
    """The last day of the screening visit's window."""
    visits = [one for one in subject.protocol_version.protocol.visits if one.anchor == "screening"]
    return subject.screened_on + timedelta(days=max(one.after_days for one in visits)) if visits else None


def named(criteria: Sequence[str]) -> str:
    more = len(criteria) - SHOWN_CRITERIA
    return listed(criteria[:SHOWN_CRITERIA]) + (f" +{more}" if more > 0 else "")


def allowed(user: User, subject: Subject, action: str) -> bool:
    return may(user, action, study_id=subject.study_id, site_id=subject.site_id)


def step_line(subject: Subject, kind: str, latest: date | None, detail: Any = "") -> WorkLine:
    """A step of enrolment, done on the page of the dossier."""
    return work_line(subject, kind, KINDS[kind], latest, reverse("eligibility", args=[subject.pk]), detail)


ENROLMENT_WORK = WorkSource(KINDS, enrolment_work)
