"""Places of a study: how many are planned, taken and held, and which number is reached first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trialsite.studies.domain.protocol import Protocol

STUDY, SITE, LEVEL = "study", "site", "level"


@dataclass(frozen=True)
class Counted:
    """How many subjects of one site and stratum ("risk=HIGH;site=SZ01", "" where it was not asked) count."""

    site: str
    levels: str
    enrolled: int
    held: int


@dataclass(frozen=True)
class Places:
    """The places of the study (key ""), of a site, or of a level of a stratum ("risk=HIGH").

    planned None: no number is planned and nothing is refused; `cap` False: the number is a goal and refuses nothing.
    """

    kind: str
    key: str
    planned: int | None
    cap: bool
    enrolled: int
    held: int

    @property
    def free(self) -> int | None:
        """Places left beside those taken and held; None where nothing is planned."""
        return None if self.planned is None else max(self.planned - self.enrolled - self.held, 0)

    @property
    def full(self) -> bool:
        """Whether nobody else is enrolled: the number is a cap and reached, places held included."""
        return self.cap and self.planned is not None and self.enrolled + self.held >= self.planned


def places_of(protocol: Protocol, counted: Iterable[Counted]) -> tuple[Places, ...]:
    """The study, its sites, and the levels that a protocol limits, each with what is taken and held there."""
    lines, plan = list(counted), protocol.recruitment

    def counts(kind: str, key: str, planned: int | None, cap: bool = True) -> Places:
        here = [line for line in lines if _belongs(line, kind, key)]
        enrolled, held = sum(line.enrolled for line in here), sum(line.held for line in here)
        return Places(kind, key, planned, cap, enrolled, held)

    return (
        counts(STUDY, "", protocol.planned_enrolment),
        *(counts(SITE, site.key, site.planned, plan.sites_are_caps) for site in protocol.sites),
        *(counts(LEVEL, f"{one.stratum}={one.level}", one.planned) for one in plan.levels),
    )


def full_at(places: Iterable[Places], site: str, levels: Mapping[str, str | None]) -> Places | None:
    """The first cap that leaves no place for a subject of this site and these levels (factor → level)."""
    own = {STUDY: {""}, SITE: {site}, LEVEL: {f"{factor}={level}" for factor, level in levels.items()}}
    return next((one for one in places if one.full and one.key in own[one.kind]), None)


def _belongs(line: Counted, kind: str, key: str) -> bool:
    return kind == STUDY or (line.site == key if kind == SITE else key in line.levels.split(";"))
