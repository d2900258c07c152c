"""What a version would change before it is in force: read from every room, written nowhere."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet

from trialsite.access.models import User
from trialsite.casebook.amended import ChangeKind, SubjectChange, dry_runs
from trialsite.casebook.models import Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.states import FOLLOWED
from trialsite.studies.models import ProtocolVersion, Site

from .activation import standings
from .domain.moving import Stays

TOGETHER = 50  # subjects that are read at a time
ORDER = {kind: place for place, kind in enumerate(ChangeKind)}


@dataclass(frozen=True)
class SubjectRun:
    """What changes for one subject, or why it stays on its version."""

    subject: Subject
    stays: Stays | None
    changes: tuple[SubjectChange, ...] = ()


@dataclass
class SiteTotals:
    """What changes at one site: subjects that move, that change and that stay, and lines of each kind."""

    site: Site
    moving: int = 0
    changed: int = 0
    staying: int = 0
    kinds: Counter[ChangeKind] = field(default_factory=Counter)

    def add(self, run: SubjectRun) -> None:
        self.moving += run.stays is None
        self.staying += run.stays is not None
        self.changed += bool(run.changes)
        self.kinds.update(one.kind for one in run.changes)

    @property
    def by_kind(self) -> list[tuple[ChangeKind, int]]:
        return sorted(self.kinds.items(), key=lambda entry: ORDER[entry[0]])


def subjects_of_run(version: ProtocolVersion, user: User, site: str = "") -> QuerySet[Subject]:
    """The ongoing subjects that a version concerns, as far as the user may see them, site by site."""
    found = Subject.objects.visible_to(user).filter(study=version.study_id, state__in=FOLLOWED)
    found = found.filter(protocol_version__loaded_at__lt=version.loaded_at).select_related(
        "study", "site", "protocol_version"
    )
    if site:
        found = found.filter(site__key=site)
    return found.order_by("site__key", "screening_number", "pk")


def run_of(subjects: Sequence[Subject], version: ProtocolVersion) -> list[SubjectRun]:
    """What the version changes for each of some subjects; as many queries for many as for one of each version."""
    with one_reading(anew=True):
        stays = dict(standings(subjects))
        by_version: dict[UUID, list[Subject]] = defaultdict(list)
        for subject in subjects:
            if stays[subject.pk] is None:
                by_version[subject.protocol_version_id].append(subject)
        told: dict[UUID, list[SubjectChange]] = defaultdict(list)
        for group in by_version.values():
            for room in dry_runs.values():
                for one, changes in room(group, version).items():
                    told[one] += changes
    return [SubjectRun(one, stays[one.pk], tuple(in_order(told[one.pk]))) for one in subjects]


def in_order(changes: Sequence[SubjectChange]) -> list[SubjectChange]:
    """Kind by kind; within a kind as the room told it."""
    return sorted(changes, key=lambda one: ORDER[one.kind])


def runs(version: ProtocolVersion, user: User, site: str = "") -> Iterator[SubjectRun]:
    """The whole dry run, some subjects at a time."""
    subjects = subjects_of_run(version, user, site)
    ids = list(subjects.values_list("pk", flat=True))
    for first in range(0, len(ids), TOGETHER):
        some = subjects.filter(pk__in=ids[first : first + TOGETHER])
        yield from run_of(list(some), version)


def totals_of(found: Sequence[SubjectRun]) -> list[SiteTotals]:
    """What changes at each site, in the order of their keys."""
    sites: dict[str, SiteTotals] = {}
    for run in found:
        site = run.subject.site
        sites.setdefault(site.key, SiteTotals(site)).add(run)
    return [sites[key] for key in sorted(sites)]
