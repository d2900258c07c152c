"""Donor and graft: matched alleles, blood groups, and what conditioning waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text

LOCI = ("hla_a", "hla_b", "hla_c", "hla_drb1", "hla_dqb1")
ALLELES = 2 * len(LOCI)
HAEMATOLOGICAL = frozenset(
    {
        "Anemia",
        "CD4 lymphocytes decreased",
        "Febrile neutropenia",
        "Lymphocyte count decreased",
        "Neutrophil count decreased",
        "Platelet count decreased",
        "White blood cell decreased",
    }
)  # terms of the CTCAE that a wash-out leaves aside (assumption)
ANTIGENS = {"A": frozenset("A"), "B": frozenset("B"), "AB": frozenset("AB"), "O": frozenset()}


@dataclass(frozen=True)
class HlaMatch:
    """Matched alleles of those that were typed: 9 of 10, or 7 of 8 with DQB1 open."""

    matched: int
    typed: int

    @property
    def complete(self) -> bool:
        return self.typed == ALLELES

    def __str__(self) -> str:
        return f"{self.matched}/{self.typed}"


def hla_match(alleles: Mapping[str, int | None]) -> HlaMatch | None:
    """The sum over the loci that are known (0 to 2 each); None where none is. ValueError beyond 0 to 2."""
    known = [count for locus in LOCI if (count := alleles.get(locus)) is not None]
    if any(not 0 <= count <= 2 for count in known):
        raise ValueError("A locus has two alleles: 0, 1 or 2 of them match.")
    return HlaMatch(sum(known), 2 * len(known)) if known else None


def abo_mismatch(donor: str, recipient: str) -> str:
    """NONE, MINOR, MAJOR or BOTH by blood groups such as "A+" (Rh left aside); "" where one is not known.

    Major: the donor has an antigen that the recipient lacks. Minor: the recipient has one that the donor lacks."""
    groups = [ANTIGENS.get(one.rstrip("+-")) for one in (donor, recipient)]
    given, own = groups
    if given is None or own is None:
        return ""
    major, minor = bool(given - own), bool(own - given)
    if major and minor:
        return "BOTH"
    return "MAJOR" if major else "MINOR" if minor else "NONE"


@dataclass(frozen=True)
class Toxicity:
    """An adverse event that is open on the day before conditioning; grade None where nobody gave one."""

    name: Text
    grade: int | None


@dataclass(frozen=True)
class WashoutAnswer:
    """Whether conditioning kept the wash-out, and why."""

    truth: Truth
    reasons: tuple[Text, ...]


def washout(
    days: int,
    max_grade: int,
    ended_on: date | None,
    running: bool,
    conditioning_on: date | None,
    toxicities: Sequence[Toxicity],
) -> WashoutAnswer:
    """Days from the end of blinatumomab to conditioning, and toxicity before it.

    ended_on None and not running: no blinatumomab was given, no days are asked for. running: its end is not recorded.
    toxicities: the non-haematological events that are not over on the day of conditioning. A missing grade is never a
    low one: the answer is then UNKNOWN unless something else decides it.
    """
    if conditioning_on is None:
        return WashoutAnswer(
            Truth.UNKNOWN, (Text("The first day of conditioning is not recorded.", "未记录预处理首日。"),)
        )
    found = [*interval(days, ended_on, running, conditioning_on)]
    for one in toxicities:
        found += [*tolerance(one, max_grade)]
    truths = {truth for truth, _reason in found}
    worst = Truth.FALSE if Truth.FALSE in truths else Truth.UNKNOWN if Truth.UNKNOWN in truths else Truth.TRUE
    return WashoutAnswer(worst, tuple(reason for _truth, reason in found))


def interval(
    days: int, ended_on: date | None, running: bool, conditioning_on: date
) -> list[tuple[Truth, Text]]:
    if running:
        text = Text("The end of blinatumomab is not recorded.", "未记录贝林妥欧单抗的结束时间。")
        return [(Truth.UNKNOWN, text)]
    if ended_on is None:
        return []
    passed = (conditioning_on - ended_on).days
    text = Text(
        f"Blinatumomab ended {ended_on}, conditioning begins {conditioning_on}: {passed} days (at least {days}).",
        f"贝林妥欧单抗于{ended_on}结束，预处理于{conditioning_on}开始：间隔{passed}天（要求≥{days}天）。",
    )
    return [(Truth.of(passed >= days), text)]


def tolerance(one: Toxicity, max_grade: int) -> list[tuple[Truth, Text]]:
    if one.grade is None:
        return [
            (
                Truth.UNKNOWN,
                Text(f"{one.name.en}: no grade is recorded.", f"{one.name.zh}：未记录分级。"),
            )
        ]
    if one.grade <= max_grade:
        return []
    return [
        (
            Truth.FALSE,
            Text(
                f"{one.name.en} of grade {one.grade} is open (at most {max_grade}).",
                f"{one.name.zh}{one.grade}级尚未恢复（要求≤{max_grade}级）。",
            ),
        )
    ]


@dataclass(frozen=True)
class MrdSaid:
    """One MRD result by the method that opens the way to a graft: negative is true, not decided unknown."""

    on: date
    negative: Truth


@dataclass(frozen=True)
class MrdAnswer:
    """Whether MRD was negative before a graft, in a sentence, and the day of the result that counts."""

    truth: Truth
    reason: Text
    on: date | None = None


_SAID = {
    Truth.TRUE: Text("negative", "阴性"),
    Truth.FALSE: Text("positive", "阳性"),
    Truth.UNKNOWN: Text("unknown (indeterminate)", "未知（不确定）"),
}


def mrd_before(day0: date, until: date, method: Text, results: Sequence[MrdSaid]) -> MrdAnswer:
    """Of the results up to a day (conditioning, or day 0) the last one counts; without one it is unknown."""
    when, when_zh = "it", "移植前"
    if until != day0:
        when, when_zh = f"conditioning on {until}", f"预处理（{until}）前"
    last = max((one for one in results if one.on <= until), key=lambda one: one.on, default=None)
    if last is None:
        text = Text(
            f"Transplanted on {day0}; MRD before {when} is unknown: no result by {method.en} is recorded.",
            f"{day0}移植；{when_zh}MRD未知：未记录{method.zh}结果。",
        )
        return MrdAnswer(Truth.UNKNOWN, text)
    said = _SAID[last.negative]
    text = Text(
        f"Transplanted on {day0}; the last MRD before {when} by {method.en}, of {last.on}, is {said.en}.",
        f"{day0}移植；{when_zh}最近一次{method.zh}MRD（{last.on}）为{said.zh}。",
    )
    return MrdAnswer(last.negative, text, last.on)
