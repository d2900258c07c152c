"""Stays in hospital: which are serious adverse events, which are not, and which prolonged a stay.

Source: ICH E2A (inpatient hospitalisation or its prolongation). That planned stays for treatment, social stays and
relapse itself are none is an assumption of these trials.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text

from .sae import Criterion, Verdict


class Reason(StrEnum):
    """Why a subject was admitted."""

    CHEMOTHERAPY = "CHEMOTHERAPY"
    BLINATUMOMAB = "BLINATUMOMAB"
    HSCT = "HSCT"
    CAR_T = "CAR_T"
    RELAPSE = "RELAPSE"
    SOCIAL = "SOCIAL"
    ADVERSE_EVENT = "ADVERSE_EVENT"
    OTHER = "OTHER"


@dataclass(frozen=True)
class Stay:
    """One stay; without `left_on` it goes on. `planned_days` up to the planned discharge, `event` is a number."""

    admitted_on: date
    left_on: date | None
    reason: str
    planned: bool | None
    planned_days: int | None = None
    event: int | None = None


@dataclass(frozen=True)
class Onset:
    """An adverse event by its number, with the first and last possible day of its onset."""

    number: int
    earliest: date
    latest: date


@dataclass(frozen=True)
class Proposal:
    """That a stay makes an event serious: by which criterion, known since which day, which events may be meant."""

    criterion: Criterion
    since: date
    events: tuple[int, ...]
    why: Text


def serious_stay(stay: Stay) -> Verdict:
    """Whether an admission is a serious adverse event of its own."""
    if stay.reason == Reason.SOCIAL:
        return Verdict(Truth.FALSE, (Text("A social admission is no SAE.", "社会性住院不属于SAE。"),))
    if stay.reason == Reason.RELAPSE:
        return Verdict(
            Truth.FALSE,
            (
                Text(
                    "Relapse itself is no SAE; a fatal relapse is recorded as death with the disease as its cause.",
                    "复发本身不属于SAE；因复发死亡者记录为死亡，死因为疾病。",
                ),
            ),
        )
    if stay.planned is None:
        return Verdict(
            Truth.UNKNOWN, (Text("Say whether the admission was planned.", "请注明是否为计划内住院。"),)
        )
    if stay.planned:
        return Verdict(
            Truth.FALSE,
            (Text("Being admitted as planned is no SAE.", "按计划入院本身不属于SAE。"),),
        )
    return Verdict(
        Truth.TRUE,
        (
            Text(
                "An admission that was not planned makes its event serious.",
                "计划外住院使相关事件成为严重事件。",
            ),
        ),
    )


def stay_recorded(stays: Iterable[Stay], event: int | None, first: date, last: date) -> bool:
    """Whether a stay is recorded for an event whose admission is reported: one that names it, or has one of its days.

    first, last: from the onset of the event to the day on which it became serious, both belong to it.
    """
    return any(
        (event is not None and one.event == event)
        or (one.admitted_on <= last and (one.left_on is None or one.left_on >= first))
        for one in stays
    )


def prolonged_by(stay: Stay, events: Iterable[Onset]) -> Proposal | None:
    """The prolongation of a planned stay in which an adverse event began; None where it is not longer than planned.

    `since` of a stay that goes on may lie ahead: the day after its planned end. An event that can have begun before
    the admission only, or after the planned end, prolonged nothing.
    """
    if not stay.planned or stay.planned_days is None:
        return None
    end = stay.admitted_on + timedelta(days=stay.planned_days)
    if stay.left_on is not None and stay.left_on <= end:
        return None
    meanwhile = [one.number for one in events if one.latest >= stay.admitted_on and one.earliest <= end]
    if stay.event is not None:
        meanwhile = [number for number in meanwhile if number == stay.event]
    if not meanwhile:
        return None
    return Proposal(
        Criterion.PROLONGATION,
        end + timedelta(days=1),
        tuple(sorted(meanwhile)),
        Text(
            f"Longer in hospital than the {stay.planned_days} days planned, and an adverse event began meanwhile.",
            f"住院时间超过计划的{stay.planned_days}天，且住院期间发生了不良事件。",
        ),
    )


def proposals(stay: Stay, events: Iterable[Onset]) -> list[Proposal]:
    """What a stay proposes to report; without events it asks for one."""
    known = list(events)
    verdict = serious_stay(stay)
    if verdict.truth is Truth.TRUE:
        meant = (stay.event,) if stay.event is not None else ()
        return [Proposal(Criterion.HOSPITALISATION, stay.admitted_on, meant, verdict.reasons[0])]
    longer = prolonged_by(stay, known)
    return [longer] if longer else []
