"""Where the versions of a study are in force, and who at a site is not trained in one yet."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language

from trialsite.access.models import Membership, RequiredTraining, Training, TrainingKind
from trialsite.casebook.reading import read_once
from trialsite.casebook.site_day import site_day
from trialsite.studies.models import Activation, ProtocolVersion, Site, Study, StudySite


@dataclass(frozen=True)
class InForce:
    """One version at one site: from when, by which approval, and whether the day has come and it still stands."""

    activation: Activation
    running: bool
    waits: bool

    @property
    def site(self) -> Site:
        return self.activation.site


def activations_of(study: Study) -> dict[UUID, list[InForce]]:
    """Version → its activations at the sites of the study, by site; two queries."""
    found: dict[UUID, list[InForce]] = defaultdict(list)
    runs = dict(StudySite.objects.filter(study=study).values_list("site_id", "protocol_version_id"))
    rows = Activation.objects.filter(study=study).select_related("site", "version", "activated_by")
    for one in rows.order_by("site__key", "in_force_from"):
        running = runs.get(one.site_id) == one.version_id
        waits = not running and one.in_force_from > site_day(one.site)
        found[one.version_id].append(InForce(one, running, waits))
    return found


@dataclass(frozen=True)
class PlaceLine:
    """One site on the page that activates a version: what it runs, its activation of this version if any, its staff."""

    key: str
    name: str  # the system's, where the system knows the site; else the file's
    in_file: str  # the file's name where it is another one
    place: StudySite | None
    runs: Activation | None
    activation: Activation | None
    waits: bool
    untrained: Sequence[str]
    today: date


def place_lines(version: ProtocolVersion) -> list[PlaceLine]:
    """The sites that take part, and those the version plans, by their keys."""
    places = {
        one.site.key: one
        for one in StudySite.objects.filter(study_id=version.study_id).select_related(
            "site", "protocol_version"
        )
    }
    by_site: dict[str, list[Activation]] = defaultdict(list)
    rows = Activation.objects.filter(study_id=version.study_id).select_related(
        "site", "version", "activated_by"
    )
    for one in rows:
        by_site[one.site.key].append(one)
    untrained = untrained_staff(version)
    language = get_language() or "en"
    planned = {one.key: one.name.in_language(language) for one in version.protocol.sites}
    known = {one.key: str(one) for one in Site.objects.filter(key__in=[*planned, *places])}
    return [
        line_of(
            key, (known.get(key, ""), planned.get(key, "")), version, places.get(key), by_site[key], untrained
        )
        for key in sorted({*planned, *places})
    ]


def line_of(
    key: str,
    names: tuple[str, str],
    version: ProtocolVersion,
    place: StudySite | None,
    activations: Sequence[Activation],
    untrained: Mapping[UUID | None, list[str]],
) -> PlaceLine:
    in_system, in_file = names
    own = next((one for one in activations if one.version_id == version.pk), None)
    runs = next((one for one in activations if place and one.version_id == place.protocol_version_id), None)
    today = site_day(place.site) if place else timezone.now().date()
    return PlaceLine(
        key=key,
        name=in_system or in_file,
        in_file=in_file if in_system and in_file != in_system else "",
        place=place,
        runs=runs,
        activation=own,
        waits=own is not None and own.in_force_from > today,
        untrained=untrained.get(place.site_id, []) if place else [],
        today=today,
    )


def untrained_staff(version: ProtocolVersion) -> dict[UUID | None, list[str]]:
    """Site (None: the whole study) → who works there and is not trained in the version; their roles would wait."""
    today = timezone.now().date()
    trained = Training.objects.filter(
        kind=TrainingKind.PROTOCOL, protocol_version=version, withdrawn_at=None
    ).values("user_id")
    needed = RequiredTraining.objects.filter(kind=TrainingKind.PROTOCOL).values("role")
    members = Membership.objects.filter(study_id=version.study_id, ended_at=None, role__in=needed)
    members = members.filter(starts_on__lte=today).exclude(ends_on__lt=today).exclude(user__in=trained)
    found: dict[UUID | None, list[str]] = defaultdict(list)
    for one in members.select_related("user").order_by("user__full_name"):
        found[one.site_id].append(str(one.user))
    return found


def version_words(version_id: Any) -> str:
    """The number of a version, as the trail of a study names it."""
    known = read_once(("versions",), lambda: dict(ProtocolVersion.objects.values_list("pk", "version")))
    return str(known.get(UUID(str(version_id)), version_id))
