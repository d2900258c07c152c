"""What the pages and the API show of recruitment: places, pauses, stages, lists, and what was out of the ordinary."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.audit.moment import earlier_instant
from trialsite.casebook.models import Subject
from trialsite.casebook.names import local
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.clinical.facts import Fact
from trialsite.studies.domain.protocol import Stage
from trialsite.studies.models import Site, Study

from .conditions import gates_not_passed
from .domain.recruitment import SITE, STUDY, Counted, Places, full_at, places_of
from .models import Confirmation, EmergencyAllocation, EnrolmentPlace, MisRandomisation, RecruitmentPause
from .recruitment_words import level_name, pauses_in_words
from .selectors import facts_of_subjects, rule_facts
from .states import PauseState, PlaceState


def counted_in(study: Study) -> list[Counted]:
    """How many subjects of a study count, by site and stratum, over all sites; numbers and nothing else.

    As of an earlier instant: those of the sites that the reader's role opens."""
    if earlier_instant():
        return counted_then(study)
    with connection.cursor() as cursor:
        cursor.execute("SELECT site_key, levels, enrolled, held FROM enrolment_counts(%s)", [study.pk])
        return [Counted(*row) for row in cursor.fetchall()]


def counted_then(study: Study) -> list[Counted]:
    subjects = Subject.objects.filter(study=study).select_related("site")
    places = {one.subject_id: one for one in EnrolmentPlace.objects.filter(study=study)}
    found = []
    for subject in subjects:
        place = places.get(subject.pk)
        levels = place.levels if place else ""
        held = subject.state == SubjectState.SCREENING and holds(place, subject)
        if subject.subject_number or held:
            found.append(Counted(subject.site.key, levels, int(not held), int(held)))
    return found


def holds(place: EnrolmentPlace | None, subject: Subject) -> bool:
    """Whether a place is held now: it lapses when the day at the site has passed its last one."""
    return (
        place is not None
        and place.state == PlaceState.HELD
        and place.held_until is not None
        and place.held_until >= site_today(subject)
    )


def place_of(subject: Subject) -> EnrolmentPlace | None:
    return EnrolmentPlace.objects.filter(subject=subject).first()


def warnings_at(study: Study, site: Site, levels: Mapping[str, str | None] | None = None) -> list[str]:
    """Why a subject of this site could not be enrolled now, a sentence each; [] when it could."""
    found = pauses_in_words(study, site)
    full = full_at(places_of(study.protocol, counted_in(study)), site.key, levels or {})
    return [*found, full_words(study, full)] if full else found


def full_words(study: Study, full: Places) -> str:
    """That a cap is reached, with its numbers."""
    if full.kind == STUDY:
        sentence = _("The study is full: %(planned)d planned, %(enrolled)d enrolled, %(held)d held.")
    elif full.kind == SITE:
        sentence = _("This site is full: %(planned)d planned, %(enrolled)d enrolled, %(held)d held.")
    else:
        sentence = _("%(level)s is full: %(planned)d planned, %(enrolled)d enrolled, %(held)d held.")
    return sentence % {
        "level": level_name(study.protocol, full.key),
        "enrolled": full.enrolled,
        "held": full.held,
        "planned": full.planned,
    }


@dataclass(frozen=True)
class StageLine:
    """A stage of recruitment with its number, and the pause that it led to, if it came so far."""

    name: str
    stage: Stage
    enrolled: int
    pause: RecruitmentPause | None


def stages_of(study: Study, enrolled: int) -> list[StageLine]:
    pauses = {one.stage: one for one in RecruitmentPause.objects.filter(study=study).exclude(stage="")}
    return [
        StageLine(local(one.name), one, enrolled, pauses.get(one.key))
        for one in study.protocol.recruitment.stages
    ]


def pauses_of(user: User, study: Study) -> QuerySet[RecruitmentPause]:
    """The pauses of a study that the user may see, those in force first, then the latest."""
    found = RecruitmentPause.objects.all().visible_to(user).filter(study=study)
    return found.select_related("site", "paused_by", "resumed_by").order_by("state", "-paused_at")


def paused_studies(user: User) -> set[UUID]:
    """The studies in which recruitment stands still somewhere."""
    found = RecruitmentPause.objects.all().visible_to(user).filter(state=PauseState.PAUSED)
    return set(found.values_list("study_id", flat=True))


def held_places(user: User, study: Study) -> list[EnrolmentPlace]:
    """The places held now at the sites that the user sees, the first to lapse first."""
    found = EnrolmentPlace.objects.visible_to(user).filter(
        study=study, state=PlaceState.HELD, subject__state=SubjectState.SCREENING
    )
    rows = found.select_related("subject__site", "changed_by").order_by("held_until", "pk")
    return [row for row in rows if holds(row, row.subject)]


# What was out of the ordinary


@dataclass(frozen=True)
class Emergency:
    """An emergency allocation, and what of it is still to be filled in (codes of `conditions`, with their ids)."""

    allocation: EmergencyAllocation
    open: tuple[tuple[str, str], ...]


def emergencies_of(rows: Iterable[EmergencyAllocation]) -> list[Emergency]:
    """What emergency allocations still lack: the confirmation of eligibility afterwards, and the protocol's gates."""
    found = list(rows)
    ids = [one.subject_id for one in found]
    confirmed = set(
        Confirmation.objects.filter(
            subject_id__in=ids, confirmed_at__gt=F("subject__emergency__allocated_at")
        )
        .order_by()
        .values_list("subject_id", flat=True)
    )
    told = MisRandomisation.objects.filter(subject_id__in=ids, kind=MisRandomisation.Kind.INELIGIBLE)
    settled = set(told.values_list("subject_id", flat=True))
    names = {name for one in found for name in rule_facts(one.subject.protocol_version)}
    facts = facts_of_subjects(ids, names)
    return [
        Emergency(one, () if one.subject_id in settled else still_open(one, confirmed, facts[one.subject_id]))
        for one in found
    ]


def still_open(
    emergency: EmergencyAllocation, confirmed: set[UUID], facts: Mapping[str, Fact]
) -> tuple[tuple[str, str], ...]:
    lacks: list[tuple[str, str]] = []
    if emergency.randomisation.confirmation_id is None and emergency.subject_id not in confirmed:
        lacks.append(("confirmation", ""))
    left = gates_not_passed(emergency.subject, facts, emergency.randomisation.randomised_on)
    return (*lacks, *(("gate", one.id) for one in left))


def emergencies_visible_to(user: User, study: Study | None = None) -> list[Emergency]:
    """The emergency allocations at the sites that the user sees, the latest first."""
    rows = EmergencyAllocation.objects.visible_to(user)
    if study is not None:
        rows = rows.filter(study=study)
    full = rows.select_related(
        "subject__site", "subject__study", "subject__protocol_version", "randomisation", "allocated_by"
    )
    return emergencies_of(full.order_by("-allocated_at"))


def emergency_of(subject: Subject) -> Emergency | None:
    """The emergency allocation of a subject, if its arm was given in one."""
    row = (
        EmergencyAllocation.objects.filter(subject=subject)
        .select_related("randomisation", "allocated_by")
        .first()
    )
    if row is None:
        return None
    row.subject = subject
    return emergencies_of([row])[0]


def mis_randomisations(user: User, study: Study) -> QuerySet[MisRandomisation]:
    found = MisRandomisation.objects.visible_to(user).filter(study=study)
    return found.select_related("subject__site", "randomisation", "recorded_by").order_by("-recorded_at")
