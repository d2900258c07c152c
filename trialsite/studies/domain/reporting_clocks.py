"""What a protocol says of reporting: how long somebody has, and which events of special interest have a clock.

Sources of the usual clocks: Chinese GCP 2020, article 26 (the site reports immediately; 24 hours are those of
institutional procedures, an assumption); ICH E2A and the NMPA standard of 2018 (7, 15 and 8 calendar days).
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from trialsite.studies.domain.values import Document

# Which special interest an adverse event can be of (the registrations give no list: assumption of the four studies).
SPECIAL_INTEREST = (
    *(
        "CRS",
        "NEUROTOXICITY",
        "INFECTION",
        "TLS",
        "SOS",
        "HLH",
        "CYTOPENIA",
        "PANCREATITIS",
        "MEDICATION_ERROR",
    ),
    *(
        "INFUSION_REACTION",
        "HYPOGAMMAGLOBULINAEMIA",
        "OPPORTUNISTIC",
        "PREGNANCY",
        "SECOND_MALIGNANCY",
        "OTHER",
    ),
)


@dataclass(frozen=True)
class ReportingClock:
    """How long somebody has: hours from an instant, or calendar days after the day of an instant (day 0).

    One of the two is 0. kinds: of a clock of special interest, the kinds that are reported in that time.
    """

    source: str
    cite: str
    hours: int = 0
    days: int = 0
    kinds: tuple[str, ...] = ()

    @classmethod
    def of(cls, document: Document) -> ReportingClock:
        return cls(
            document["source"],
            document["cite"],
            document.get("hours", 0),
            document.get("days", 0),
            tuple(document.get("kinds", ())),
        )


GCP = (
    "Chinese GCP 2020, article 26: immediately (《药物临床试验质量管理规范》第二十六条);"
    " 24 hours: institutional procedure"
)
NMPA = "ICH E2A; NMPA 2018, expedited reporting of safety data (《药物临床试验期间安全性数据快速报告的标准和程序》)"


@dataclass(frozen=True)
class ReportingClocks:
    """The clocks of one study, by what must be done in time."""

    sae_form: ReportingClock = ReportingClock("assumption", "institutional procedure", hours=24)
    sae_to_sponsor: ReportingClock = ReportingClock("assumption", GCP, hours=24)
    sae_to_ethics: ReportingClock = ReportingClock("assumption", GCP, hours=24)
    special_interest: ReportingClock = ReportingClock(
        "assumption", "institutional procedure: as an SAE", hours=24, kinds=("PREGNANCY",)
    )
    susar_grave: ReportingClock = ReportingClock("reference", NMPA, days=7)
    susar_other: ReportingClock = ReportingClock("reference", NMPA, days=15)
    susar_follow_up: ReportingClock = ReportingClock("reference", NMPA, days=8)

    @classmethod
    def of(cls, document: Document | None) -> ReportingClocks:
        """As the file says; without the section the usual ones."""
        if document is None:
            return USUAL_CLOCKS
        return cls(**{one.name: ReportingClock.of(document[one.name]) for one in fields(cls)})


USUAL_CLOCKS = ReportingClocks()
