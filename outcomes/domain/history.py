"""What happened to one subject, with the record each date came from: all that endpoints are derived from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.kleene import Truth
from trialsite.clinical.partial_date import PartialDate

AnyDate = date | PartialDate


@dataclass(frozen=True, slots=True)
class Dated:
    """Something that happened on a day, as far as the day is known, and the item that says so."""

    on: AnyDate
    source: ItemAddress | None = None

    @property
    def day(self) -> date | None:
        """The day; None while only month or year is known."""
        if isinstance(self.on, PartialDate):
            return self.on.earliest if self.on.exact else None
        return self.on

    @property
    def earliest(self) -> date:
        """The first day it may have been."""
        return self.on.earliest if isinstance(self.on, PartialDate) else self.on

    @property
    def latest(self) -> date:
        """The last day it may have been."""
        return self.on.latest if isinstance(self.on, PartialDate) else self.on

    @property
    def partial(self) -> PartialDate:
        """The date as a partial date, also when it is exact."""
        return self.on if isinstance(self.on, PartialDate) else PartialDate.of(self.on)


@dataclass(frozen=True, slots=True)
class Adjudication:
    """What a committee says of a relapse or death. `event`: the item that dates it on the investigator's form.

    decision: the item that says it; None while the case is open: the investigator's event counts so far. `verdict`:
    a code of `outcomes.domain.adjudication.Verdict`. `on`, `cause`: None and empty where nothing was asked.
    """

    event: ItemAddress
    decision: ItemAddress | None = None
    verdict: str = ""
    on: AnyDate | None = None
    cause: str = ""


class RelapseSite(StrEnum):
    """Where the leukaemia came back. Every one of them is a relapse in all endpoints; MRD recurrence is
    none.
    """

    MARROW = "MARROW"
    CNS = "CNS"
    EXTRAMEDULLARY = "EXTRAMEDULLARY"
    COMBINED = "COMBINED"


@dataclass(frozen=True, slots=True)
class Relapse(Dated):
    """A relapse on the day of the first sample that shows it, not of its confirmation."""

    site: RelapseSite = RelapseSite.MARROW


@dataclass(frozen=True, slots=True)
class Death(Dated):
    """Death from any cause."""

    cause: str = ""


@dataclass(frozen=True, slots=True)
class NewTherapy(Dated):
    """Anti-leukaemic treatment outside the protocol; it ends follow-up in a sensitivity analysis only."""

    kind: str = ""


@dataclass(frozen=True, slots=True)
class AcuteGvhd(Dated):
    """The day on which acute GVHD first reached this overall grade (1 to 4)."""

    grade: int = 1


@dataclass(frozen=True, slots=True)
class ResponseAt(Dated):
    """Response at a visit. `in_crc` and `cr_or_cri` are answered by the protocol's own response rules.

    `visit` is the visit's key, empty for an assessment outside the plan. `category` is CR, CRh, CRi, MLFS, …
    """

    visit: str = ""
    category: str = ""
    in_crc: Truth = Truth.UNKNOWN
    cr_or_cri: Truth = Truth.UNKNOWN


@dataclass(frozen=True, slots=True)
class MrdAt(Dated):
    """MRD of one sample by one method. `negative` is UNKNOWN for an indeterminate verdict.

    `counts` is False where the protocol counts MRD only in remission and the subject was in none.
    """

    visit: str = ""
    method: str = ""
    negative: Truth = Truth.UNKNOWN
    counts: bool = True


@dataclass(frozen=True, slots=True)
class VisitWindow:
    """A visit that is planned for the subject and the last day of its window.

    `assesses`: whether the disease is assessed there.
    """

    visit: str
    closes: date
    assesses: bool = False


@dataclass(frozen=True, slots=True)
class ByCounts:
    """What the marrows say where a remission needs its counts: MLFS is no CRi. As the fields of `History`."""

    first_crc: Dated | None = None
    treatment_failure: Dated | None = None
    assessments: tuple[Dated, ...] = ()
    responses: tuple[ResponseAt, ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """One subject's history.

    assessments: adequate disease assessments (a marrow; or, where none is scheduled, a blood count with
    differential and examination with "no evidence of relapse"; never a telephone call).
    alive: contacts, laboratory samples, doses: anything that shows the subject alive.
    first_crc: the first sample in complete remission. agvhd: first day of each grade reached. cgvhd: first
    NIH diagnosis; cgvhd_systemic: start of systemic therapy for it. relapses: also those before
    transplantation. follow_up_withdrawn: data of later days are not used. data_use_withdrawn: no data are
    used. severe_adverse_events: of grade 3 or more, in the protocol's safety window. windows: the visits
    that are planned, so that a visit missed for good can be told from one to come. major_deviations: major
    or critical departures from the protocol that stand. by_counts: the responses of a sensitivity analysis,
    where the protocol has it. adjudications: of the relapses and of the death that a committee judges.
    """

    c1d1: Dated | None = None
    randomised_on: Dated | None = None
    first_crc: Dated | None = None
    hsct_d0: Dated | None = None
    car_t_d0: Dated | None = None
    relapses: tuple[Relapse, ...] = ()
    death: Death | None = None
    treatment_failure: Dated | None = None
    graft_failure: Dated | None = None
    mrd_recurrence: Dated | None = None
    assessments: tuple[Dated, ...] = ()
    alive: tuple[Dated, ...] = ()
    follow_up_withdrawn: Dated | None = None
    data_use_withdrawn: Dated | None = None
    new_therapies: tuple[NewTherapy, ...] = ()
    agvhd: tuple[AcuteGvhd, ...] = ()
    cgvhd: Dated | None = None
    cgvhd_moderate_severe: Dated | None = None
    cgvhd_systemic: Dated | None = None
    responses: tuple[ResponseAt, ...] = ()
    mrd: tuple[MrdAt, ...] = ()
    severe_adverse_events: tuple[Dated, ...] = ()
    windows: tuple[VisitWindow, ...] = ()
    major_deviations: tuple[Dated, ...] = ()
    adjudications: tuple[Adjudication, ...] = ()
    by_counts: ByCounts | None = None

    def read_by_counts(self) -> History:
        """The same with the responses by counts; itself where none were read."""
        if (read := self.by_counts) is None:
            return self
        return replace(
            self,
            first_crc=read.first_crc,
            treatment_failure=read.treatment_failure,
            assessments=read.assessments,
            responses=read.responses,
        )

    def shows_alive(self) -> Iterator[Dated]:
        """Everything dated that shows the subject alive on its (first possible) day; not the death itself."""
        single = (
            self.c1d1,
            self.randomised_on,
            self.first_crc,
            self.hsct_d0,
            self.car_t_d0,
            self.treatment_failure,
            self.graft_failure,
            self.mrd_recurrence,
            self.follow_up_withdrawn,
            self.cgvhd,
            self.cgvhd_moderate_severe,
            self.cgvhd_systemic,
        )
        yield from (found for found in single if found is not None)
        for several in (
            self.relapses,
            self.assessments,
            self.alive,
            self.new_therapies,
            self.agvhd,
            self.responses,
            self.mrd,
            self.severe_adverse_events,
        ):
            yield from several

    def closes(self, visit: str) -> date | None:
        """The last day of a visit's window; None where no such visit is planned for the subject."""
        return next((window.closes for window in self.windows if window.visit == visit), None)
