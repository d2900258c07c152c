"""How a study numbers its subjects, and whether who takes part in another trial may be screened."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document

PARTS = ("study", "site", "number")
PART = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class NumberRule:
    """One kind of number: its pattern, the digits of the running number, and what a series counts.

    pattern: fixed signs with `{study}` (the prefix), `{site}` (the key of the site that gives the number) and
    `{number}`. per: "study" (one series over all sites) or "site" (a series at each site).
    """

    pattern: str
    width: int
    per: str

    @classmethod
    def of(cls, document: Document) -> NumberRule:
        return cls(document["pattern"], document["width"], document["per"])

    def series(self, kind: str, study: str, site: str) -> str:
        """The counter that the next number is taken from: "screening:BLINA-FULL", "screening:BLINA-FULL:SGH"."""
        return f"{kind}:{study}" if self.per == "study" else f"{kind}:{study}:{site}"

    def number(self, *, prefix: str, site: str, running: int) -> str:
        """The number as it is written; a running number beyond the width takes the digits that it needs."""
        return self.pattern.format(study=prefix, site=site, number=f"{running:0{self.width}d}")

    def running_in(self, text: str, *, prefix: str, site: str) -> int | None:
        """The running number of a number that was written elsewhere; None where it is of another pattern."""
        written = re.escape(self.pattern.format(study=prefix, site=site, number="\0"))
        match = re.fullmatch(written.replace(re.escape("\0"), r"(\d{1,9})"), text)
        return int(match[1]) if match else None


@dataclass(frozen=True)
class Numbering:
    """Screening numbers and subject numbers of a study."""

    screening: NumberRule
    subject: NumberRule

    @classmethod
    def of(cls, document: Document | None) -> Numbering:
        """As the file says; without the section S-ABC-0001 at screening and ABC-0001 once enrolled."""
        if document is None:
            return DEFAULT
        return cls(NumberRule.of(document["screening"]), NumberRule.of(document["subject"]))


DEFAULT = Numbering(NumberRule("S-{study}-{number}", 4, "study"), NumberRule("{study}-{number}", 4, "study"))


def numbering_problems(numbering: Numbering) -> Iterator[tuple[Path, str]]:
    """Patterns that would give one number twice, or that nobody can fill in."""
    for kind, rule in (("screening", numbering.screening), ("subject", numbering.subject)):
        path: Path = ("numbering", kind, "pattern")
        named = PART.findall(rule.pattern)
        strange = [part for part in named if part not in PARTS]
        if strange or set(PART.sub("", rule.pattern)) & set("{}"):
            yield (
                path,
                "A pattern is made of fixed signs, {study}, {site} and {number}; nothing else is filled in.",
            )
        if named.count("number") != 1:
            yield path, "A pattern names {number} once."
        if rule.per == "site" and "site" not in named:
            yield path, "A series per site needs {site} in its pattern: two sites would give the same number."
    if numbering.screening.pattern == numbering.subject.pattern:
        yield ("numbering", "subject", "pattern"), "Screening and subject numbers need different patterns."


@dataclass(frozen=True)
class OtherTrials:
    """Whether somebody may be screened who takes part in another trial (running), or did before (ended)."""

    running: bool
    ended: bool

    @classmethod
    def of(cls, document: Document | None) -> OtherTrials:
        """As the file says; a file that says nothing excludes nobody."""
        if document is None:
            return cls(running=True, ended=True)
        return cls(document["running"] == "allowed", document["ended"] == "allowed")

    def allows(self, *, running: bool) -> bool:
        return self.running if running else self.ended
