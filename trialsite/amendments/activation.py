"""Putting a protocol version in force at a site, and taking its ongoing subjects there: every write."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.access.models import User
from trialsite.access.permissions import require
from trialsite.audit import acting, because
from trialsite.casebook.errors import CheckFailed, Refused
from trialsite.casebook.free_text import refuse_identifiers
from trialsite.casebook.holds import in_force
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import refresh
from trialsite.casebook.registries import follow_up_ends
from trialsite.casebook.site_day import site_day
from trialsite.casebook.states import FOLLOWED
from trialsite.casebook.tasks import handed_over
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.models import Activation, ProtocolVersion, Site, StudySite
from trialsite.studies.selectors import version_in_force
from trialsite.studies.services import keep_first_activation

from .domain.compatible import Incompatible, compatible
from .domain.moving import Candidate, Stays, why_stays


@dataclass(frozen=True)
class Approval:
    """What the ethics committee of a site said to a version, and from when the site works by it."""

    approved_on: date | None
    reference: str
    in_force_from: date | None


@transaction.atomic
def activate_version(
    *, version: ProtocolVersion, site: Site, approval: Approval, by: User, reason: str = ""
) -> Activation:
    """Put a version in force at a site from a day on; its ongoing subjects move to it once that day has come.

    Raises CheckFailed at "approved_on", "reference" or "in_force_from"; Refused where the version cannot follow what
    the study has used, is older than what is in force there, or is activated there already.
    """
    require(by, "protocol.activate", study_id=version.study_id, site_id=site.pk)
    place = locked_place(version, site)
    refuse_wrong_approval(approval, site_day(site))
    refuse_identifiers({"reference": approval.reference})
    refuse_incompatible(version)
    assert approval.approved_on is not None
    assert approval.in_force_from is not None
    if place is None:
        place = open_site(version, site, approval.in_force_from)
    else:
        keep_first_activation(place)
    refuse_step_back(version, site, approval.in_force_from)
    activation = Activation.objects.create(
        study_id=version.study_id,
        site=site,
        version=version,
        approved_on=approval.approved_on,
        reference=approval.reference.strip(),
        in_force_from=approval.in_force_from,
        activated_by=by,
    )
    follow(place)
    transaction.on_commit(lambda: hand_over(activation))
    return activation


def hand_over(activation: Activation) -> None:
    """Let a worker move the subjects; without a broker the hourly task finds them."""
    from .tasks import move_subjects_of_site

    handed_over(move_subjects_of_site, activation.study_id, activation.site_id)


def locked_place(version: ProtocolVersion, site: Site) -> StudySite | None:
    """The site's part in the study, locked until commit; None where the site has not been opened."""
    places = StudySite.objects.select_for_update().filter(study_id=version.study_id, site=site)
    return places.first()


def site_of(*, version: ProtocolVersion, key: str, by: User) -> Site:
    """A site that runs the study or that the version plans, by its key; a hospital new to the system is added."""
    require(by, "protocol.activate", study_id=version.study_id)
    known = Site.objects.filter(key=key)
    if found := known.filter(study_sites__study=version.study_id).first():
        return found
    plan = next((one for one in version.protocol.sites if one.key == key), None)
    if plan is None:
        raise Refused(_("Version %(version)s does not plan this site.") % {"version": version.version})
    names = {"name_en": plan.name.en, "name_zh": plan.name.zh, "timezone": plan.timezone}
    return known.get_or_create(key=key, defaults=names)[0]


def open_site(version: ProtocolVersion, site: Site, on: date) -> StudySite:
    """Let a site take part that the version's file plans."""
    planned = {one.key: one.planned for one in version.protocol.sites}
    if site.key not in planned:
        raise Refused(_("Version %(version)s does not plan this site.") % {"version": version.version})
    return StudySite.objects.create(
        study_id=version.study_id,
        site=site,
        protocol_version=version,
        activated_on=on,
        planned=planned[site.key],
    )


def follow(place: StudySite) -> None:
    """Let a site run the version that is in force there today."""
    version = version_in_force(study=place.study, site=place.site, on=site_day(place.site))
    if version is not None and version.pk != place.protocol_version_id:
        place.protocol_version = version
        place.save(update_fields=["protocol_version"])


# Refusals


def refuse_wrong_approval(approval: Approval, today: date) -> None:
    wrong = {}
    if approval.approved_on is None:
        wrong["approved_on"] = _("Enter the day of the ethics approval.")
    elif approval.approved_on > today:
        wrong["approved_on"] = _("This day has not come yet at the site.")
    if not approval.reference.strip():
        wrong["reference"] = _("Enter the number of the approval.")
    if approval.in_force_from is None:
        wrong["in_force_from"] = _("Enter the day from which the site works by this version.")
    elif approval.approved_on and approval.in_force_from < approval.approved_on:
        wrong["in_force_from"] = _("A version is in force from its approval at the earliest.")
    if wrong:
        raise CheckFailed(wrong)


def incompatibilities(version: ProtocolVersion) -> list[Incompatible]:
    """Why a version cannot follow the earlier ones that the study has put in force somewhere."""
    used = used_versions(version.study_id).filter(loaded_at__lt=version.loaded_at)
    return against(used, version.protocol)


def against(used: Iterable[ProtocolVersion], protocol: Protocol) -> list[Incompatible]:
    """Why a protocol cannot follow these versions, each reason once."""
    return list(dict.fromkeys(one for old in used for one in compatible(old.protocol, protocol)))


def used_versions(study_id: UUID) -> QuerySet[ProtocolVersion]:
    """The versions of a study under which something may have been recorded, the first loaded first."""
    activated = Exists(Activation.objects.filter(version=OuterRef("pk")))
    opened = Exists(StudySite.objects.filter(protocol_version=OuterRef("pk")))
    return ProtocolVersion.objects.filter(study_id=study_id).filter(activated | opened).order_by("loaded_at")


def refuse_incompatible(version: ProtocolVersion) -> None:
    found = incompatibilities(version)
    if found:
        language = get_language() or "en"
        raise Refused(" ".join(f"{one.path}: {one.sentence.in_language(language)}" for one in found))


def refuse_step_back(version: ProtocolVersion, site: Site, in_force_from: date) -> None:
    """A site goes forward: to a later version, from a later day."""
    known = Activation.objects.filter(study_id=version.study_id, site=site).select_related("version")
    for one in known:
        told = {"version": one.version.version, "day": one.in_force_from.isoformat()}
        if one.version_id == version.pk:
            raise Refused(_("Version %(version)s is activated there already, from %(day)s.") % told)
        if one.version.loaded_at > version.loaded_at:
            raise Refused(
                _(
                    "The site has the later version %(version)s. To go back, load the text anew as a new version."
                )
                % told
            )
        if one.in_force_from > in_force_from:
            raise CheckFailed(
                {"in_force_from": _("Version %(version)s comes into force there on %(day)s only.") % told}
            )


# Subjects


def bring_into_force() -> int:
    """Let every site run the version that is in force there today, and take its subjects along; how many moved."""
    with acting(role="system", reason="protocol versions that come into force"):
        places = list(StudySite.objects.select_related("study", "site"))
        for place in places:
            follow(place)
    return sum(move_subjects(place.study_id, place.site_id) for place in places)


def move_subjects(study_id: UUID, site_id: UUID) -> int:
    """Take the ongoing subjects of a site to the version in force there, each in a transaction of its own."""
    with acting(role="system"):
        place = StudySite.objects.select_related("study", "site").get(study_id=study_id, site_id=site_id)
        version = version_in_force(study=place.study, site=place.site, on=site_day(place.site))
        waiting = list(to_move(place, version).values_list("pk", flat=True)) if version else []
    return sum(move_subject_on(one) for one in waiting)


def to_move(place: StudySite, version: ProtocolVersion) -> QuerySet[Subject]:
    """The ongoing subjects of a site that have an earlier version than it; nobody goes back."""
    ongoing = Subject.objects.filter(study_id=place.study_id, site_id=place.site_id, state__in=FOLLOWED)
    return ongoing.filter(protocol_version__loaded_at__lt=version.loaded_at).order_by("pk")


def move_subject_on(subject_id: UUID) -> bool:
    """Take one subject to the version in force at its site; whether it moved. What is recorded stays as it is."""
    with acting(role="system"):
        found = Subject.objects.select_related("study", "site", "protocol_version")
        subject = found.select_for_update(of=("self",), no_key=True).get(pk=subject_id)
        version = version_in_force(study=subject.study, site=subject.site, on=site_day(subject.site))
        if version is None or not is_later(version, subject.protocol_version) or not moves_on(subject):
            return False
        with because(reason_of(subject, version)):
            subject.protocol_version = version
            subject.version += 1
            subject.save(update_fields=["protocol_version", "version"])
        refresh(subject)
    return True


def is_later(version: ProtocolVersion, than: ProtocolVersion) -> bool:
    return version.loaded_at > than.loaded_at


def moves_on(subject: Subject) -> bool:
    return dict(standings([subject]))[subject.pk] is None


def standings(subjects: Sequence[Subject]) -> Iterator[tuple[UUID, Stays | None]]:
    """Of each subject why it would stay on its version; None for those that move."""
    ids = [one.pk for one in subjects]
    ended = follow_up_ends(ids)
    held = held_subjects(subjects)
    for one in subjects:
        yield one.pk, why_stays(Candidate(one.state in FOLLOWED, ended.get(one.pk), one.pk in held))


def held_subjects(subjects: Sequence[Subject]) -> set[UUID]:
    """Those of whom nothing may change, themselves, their site or their study being held."""
    holds = list(in_force().filter(study__in={one.study_id for one in subjects}, visit_key=""))
    return {
        subject.pk
        for subject in subjects
        for hold in holds
        if hold.study_id == subject.study_id
        and hold.site_id in (None, subject.site_id)
        and hold.subject_id in (None, subject.pk)
    }


def reason_of(subject: Subject, version: ProtocolVersion) -> str:
    """Why the version of a subject changes, as the trail keeps it."""
    activation = Activation.objects.filter(version=version, site=subject.site).first()
    told = f"protocol version {version.version} in force"
    if activation is None:
        return told
    approval = f", ethics approval {activation.reference}" if activation.reference else ""
    return f"{told} at {subject.site.key} from {activation.in_force_from.isoformat()}{approval}"
