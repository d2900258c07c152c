"""What a protocol says of samples for MRD: after how many days somebody asks where one is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol


@dataclass(frozen=True)
class SamplePlan:
    """After how many days a sample that has not moved on is asked for.

    send_days: from drawing to the courier. receipt_days: from the courier to the laboratory. report_days: from the
    laboratory's receipt to its report, by method; report_days_other: of a method that is not named. 0: the same day.
    """

    send_days: int
    receipt_days: int
    report_days: Mapping[str, int]
    report_days_other: int

    @classmethod
    def of(cls, document: Document | None) -> SamplePlan:
        """As the file says; without the section what is usual (assumption: no registration names any days)."""
        if document is None:
            return DEFAULT
        return cls(
            send_days=document["send_days"],
            receipt_days=document["receipt_days"],
            report_days=dict(document["report_days"]),
            report_days_other=document["report_days_other"],
        )

    def report_within(self, method: str) -> int:
        """Days from receipt to report by a method."""
        return self.report_days.get(method, self.report_days_other)


DEFAULT = SamplePlan(1, 3, {"MFC": 14, "NGS_IG_TR": 21}, 21)


def sample_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Days of a report are given for methods of this trial."""
    if protocol.samples is DEFAULT:
        return
    known = list(dict.fromkeys(one.method for one in protocol.mrd))
    for method in protocol.samples.report_days:
        if method not in known:
            path: Path = ("samples", "report_days", method)
            yield path, f"This trial measures no MRD by {method}; accepted are {', '.join(known)}."
