"""When a trial stops or pauses by its own figures: Simon's two stages, limits of toxicity and of futility."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document, Text, decimal_or_none, text_of

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol

TWO_STAGE, TOXICITY, FUTILITY = "two_stage", "toxicity", "futility"
KINDS = (TWO_STAGE, TOXICITY, FUTILITY)
COUNTED = ("proportion", "binary-landmark")  # kinds of endpoints that a subject reaches or does not
NEEDS: dict[str, tuple[str, ...]] = {
    TWO_STAGE: ("p0", "p1", "r1", "n1", "r"),
    TOXICITY: ("limit", "certainty", "looks"),
    FUTILITY: ("limit", "certainty", "looks"),
}
MAY: dict[str, tuple[str, ...]] = {TWO_STAGE: (), TOXICITY: ("prior",), FUTILITY: ("prior", "p1", "success")}
PROBABILITIES = ("p0", "p1", "limit", "certainty", "success")


@dataclass(frozen=True)
class MonitoringRule:
    """A rule on the subjects who reach an endpoint, at most `n` of them, in the order of inclusion.

    two_stage: stop at `r1` or fewer of `n1`; the trial succeeds at more than `r` of `n` (H0: p0, H1: p1).
    toxicity: stop when the rate is above `limit` with a probability above `certainty`. futility: stop when it is
    below `limit` with a probability above `certainty`; the trial succeeds when after `n` the rate is above `limit`
    with a probability above `success`, and is planned for the rate `p1`. `prior`: a and b of the beta law; `looks`:
    after how many assessed subjects it is looked at.
    """

    key: str
    name: Text
    kind: str
    endpoint: str
    n: int
    pauses_recruitment: bool
    source: str
    cite: str
    p0: Decimal | None = None
    p1: Decimal | None = None
    r1: int | None = None
    n1: int | None = None
    r: int | None = None
    limit: Decimal | None = None
    certainty: Decimal | None = None
    success: Decimal | None = None
    prior: tuple[Decimal, Decimal] = (Decimal(1), Decimal(1))
    looks: tuple[int, ...] = ()

    @classmethod
    def of(cls, document: Document) -> MonitoringRule:
        prior = document.get("prior")
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            kind=document["kind"],
            endpoint=document["endpoint"],
            n=document["n"],
            pauses_recruitment=document["pauses_recruitment"],
            source=document["source"],
            cite=document["cite"],
            r1=document.get("r1"),
            n1=document.get("n1"),
            r=document.get("r"),
            prior=(Decimal(prior["a"]), Decimal(prior["b"])) if prior else (Decimal(1), Decimal(1)),
            looks=looks_of(document),
            **{name: decimal_or_none(document.get(name)) for name in PROBABILITIES},
        )


def looks_of(document: Document) -> tuple[int, ...]:
    """The looks as the file lists them, or every so many subjects from the first one on; the last is after `n`."""
    if "from_n" in document and "every" in document:
        regular = range(document["from_n"], document["n"], document["every"])
        return (*regular, document["n"]) if document["from_n"] <= document["n"] else ()
    return tuple(document.get("looks", ()))


def monitoring_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Every disagreement of the section `monitoring`."""
    endpoints = {one.key: one.kind for one in protocol.endpoints}
    for number, rule in enumerate(protocol.monitoring):
        here: Path = ("monitoring", number)
        if endpoints.get(rule.endpoint) not in COUNTED:
            counted = [key for key, kind in endpoints.items() if kind in COUNTED]
            sentence = f"{rule.endpoint} is no endpoint that a subject reaches or not; accepted: {', '.join(counted)}."
            yield (*here, "endpoint"), sentence
        lacking = [name for name in NEEDS[rule.kind] if getattr(rule, name) in (None, ())]
        if lacking:
            words = "looks (or from_n and every)" if lacking == ["looks"] else ", ".join(lacking)
            yield here, f"A rule of the kind {rule.kind} needs {words}."
        else:
            yield from _parameters(rule, here)
        for name in unfit(rule):
            yield (*here, name), f"{name} is no part of a rule of the kind {rule.kind}; leave it out."


def unfit(rule: MonitoringRule) -> list[str]:
    """What is given and belongs to another kind of rule."""
    known = (*NEEDS[rule.kind], *MAY[rule.kind])
    return [
        name
        for name in (*PROBABILITIES, "r1", "n1", "r", "looks")
        if name not in known and getattr(rule, name) not in (None, ())
    ]


def _parameters(rule: MonitoringRule, here: Path) -> Iterator[tuple[Path, str]]:
    for name in PROBABILITIES:
        value = getattr(rule, name)
        if value is not None and not 0 < value < 1:
            yield (*here, name), "A probability lies between 0 and 1."
    if min(rule.prior) <= 0:
        yield (*here, "prior"), "The parameters a and b of a prior are positive."
    if (low := rule.p0 if rule.kind == TWO_STAGE else rule.limit) and rule.p1 is not None and rule.p1 <= low:
        yield (*here, "p1"), f"p1 must lie above {low}."
    if rule.kind == TWO_STAGE:
        assert rule.r1 is not None
        assert rule.n1 is not None
        assert rule.r is not None
        if not (rule.r1 < rule.n1 < rule.n and rule.r1 <= rule.r < rule.n):
            yield here, f"{rule.r1}/{rule.n1}, {rule.r}/{rule.n} is not a design of two stages."
    elif any(after <= before for before, after in pairwise((0, *rule.looks))) or rule.looks[-1] > rule.n:
        yield (*here, "looks"), f"The looks must rise, to at most n ({rule.n})."
