"""What the registry states about a trial, field by field, as it was read from each registration text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from trialsite.studies.domain.values import Document, Text, decimal_or_none, text_of


@dataclass(frozen=True)
class RegistryOutcome:
    """One outcome measure of the registry: the endpoint of the file it stands for, its landmark and its time frame.

    None where the registration states no time.
    """

    endpoint: str
    role: str
    landmark_months: Decimal | None
    time_frame_months: Decimal | None

    @classmethod
    def of(cls, document: Document) -> RegistryOutcome:
        return cls(
            endpoint=document["endpoint"],
            role=document["role"],
            landmark_months=decimal_or_none(document.get("landmark_months")),
            time_frame_months=decimal_or_none(document.get("time_frame_months")),
        )


@dataclass(frozen=True)
class Saying:
    """What one place of the registration says; equal `value` means that two places say the same."""

    value: str
    text: Text
    cite: str

    @classmethod
    def of(cls, document: Document) -> Saying:
        return cls(document["value"], text_of(document["text"]), document["cite"])


@dataclass(frozen=True)
class Statement:
    """One matter on which the registration speaks in several places; `question` is the sponsor's question about it."""

    about: Text
    says: tuple[Saying, ...]
    question: str | None

    @classmethod
    def of(cls, document: Document) -> Statement:
        says = tuple(Saying.of(one) for one in document["says"])
        return cls(text_of(document["about"]), says, document.get("question"))


@dataclass(frozen=True)
class RegistryEntry:
    """One registration text of the trial. What it does not state is None.

    min_age, max_age: completed years. consent: who signs, as stated. multicentre: whether it says so. The three
    dates are the registry's, estimated or actual. questions: time_frame, origin or consent → the sponsor's question.
    """

    id: str
    planned_enrolment: int | None
    min_age: int | None
    max_age: int | None
    allocation: str | None
    phase: str | None
    multicentre: bool | None
    consent: tuple[str, ...]
    start: date | None
    primary_completion: date | None
    completion: date | None
    outcomes: tuple[RegistryOutcome, ...]
    statements: tuple[Statement, ...]
    questions: dict[str, str]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> RegistryEntry:
        return cls(
            id=document["id"],
            planned_enrolment=document["planned_enrolment"],
            min_age=document["min_age"],
            max_age=document["max_age"],
            allocation=document["allocation"],
            phase=document["phase"],
            multicentre=document["multicentre"],
            consent=tuple(document["consent"] or ()),
            start=day_or_none(document["start"]),
            primary_completion=day_or_none(document["primary_completion"]),
            completion=day_or_none(document["completion"]),
            outcomes=tuple(RegistryOutcome.of(one) for one in document["outcomes"]),
            statements=tuple(Statement.of(one) for one in document.get("statements", [])),
            questions=dict(document.get("questions", {})),
            source=document["source"],
            cite=document["cite"],
        )


def day_or_none(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
