"""What a protocol measures: MRD thresholds, response criteria and endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from trialsite.studies.domain.values import Document, Text, decimal_or_none, text_of
from trialsite.studies.domain.vocabulary import ANALYSES

SENSITIVITY = "sensitivity"


@dataclass(frozen=True)
class MrdThreshold:
    """The fraction below which MRD by this method is negative (0.0001 is 0.01 %; at the threshold it is
    positive).
    """

    method: str
    threshold: Decimal
    role: str
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> MrdThreshold:
        return cls(
            method=document["method"],
            threshold=Decimal(document["threshold"]),
            role=document["role"],
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class ResponseRules:
    """How marrow and counts become a response category.

    cri_allow_both_fail: CRi when both neutrophils and platelets fail (literal ELN wording); else that is
    MLFS. crh: CRh is a category of its own. literal_mlfs_is_cri: MLFS counts as CRi (literal wording of
    registration 002). mrd_1pct_warning: warn when MRD is 1 % or more in morphological remission. crc: the
    categories that make CRc. counts_window_days: counts this many days around the marrow.
    marrow_max_age_days: a later count recovery may use a marrow up to this old. refractory_at: visits at
    which no CRc is treatment failure.
    """

    criteria_set: str
    cri_allow_both_fail: bool
    crh: bool
    literal_mlfs_is_cri: bool
    mrd_1pct_warning: bool
    crc: tuple[str, ...]
    counts_window_days: int
    marrow_max_age_days: int
    refractory_at: tuple[str, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> ResponseRules:
        return cls(
            criteria_set=document["criteria_set"],
            cri_allow_both_fail=document["cri_allow_both_fail"],
            crh=document["crh"],
            literal_mlfs_is_cri=document["literal_mlfs_is_cri"],
            mrd_1pct_warning=document["mrd_1pct_warning"],
            crc=tuple(document["crc"]),
            counts_window_days=document["counts_window_days"],
            marrow_max_age_days=document["marrow_max_age_days"],
            refractory_at=tuple(document["refractory_at"]),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Sensitivity:
    """An endpoint looked at again with one of its rules turned; `analysis` is a name of `vocabulary.ANALYSES`."""

    analysis: str

    @property
    def words(self) -> Text:
        return ANALYSES[self.analysis]

    @classmethod
    def of(cls, document: Document) -> Sensitivity:
        return cls(document["analysis"])


@dataclass(frozen=True)
class EndpointPlan:
    """One endpoint: in whom, from when, which event, what competes, how censored.

    origin None: a proportion without a time axis. landmark_months: where the curve is read (t = months ×
    30.4375 days). horizon_months: follow-up is cut there. assessed_at: the visits a proportion is read at.
    method: the MRD method. landmark_days: the landmark where days are meant (day 100), instead of months.
    sensitivity: the further analyses of it. analysis: which of them this is; empty for the endpoint itself.
    """

    key: str
    name: Text
    role: str
    kind: str
    analysis_set: str
    origin: str | None
    events: tuple[str, ...]
    competing: tuple[str, ...]
    censor: str | None
    landmark_months: Decimal | None
    landmark_days: int | None
    horizon_months: Decimal | None
    assessed_at: tuple[str, ...]
    method: str | None
    definition: Text
    source: str
    cite: str
    sensitivity: tuple[Sensitivity, ...] = ()
    analysis: str = ""

    @property
    def analyses(self) -> Iterator[EndpointPlan]:
        """Its sensitivity analyses, each as an endpoint of its own: `RFS-censored_at_hsct`."""
        for one in self.sensitivity:
            yield replace(
                self,
                key=f"{self.key}-{one.analysis}",
                name=Text(f"{self.name.en}: {one.words.en}", f"{self.name.zh}：{one.words.zh}"),
                role=SENSITIVITY,
                sensitivity=(),
                analysis=one.analysis,
            )

    @classmethod
    def of(cls, document: Document) -> EndpointPlan:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            role=document["role"],
            kind=document["kind"],
            analysis_set=document["analysis_set"],
            origin=document["origin"],
            events=tuple(document["events"]),
            competing=tuple(document.get("competing", [])),
            censor=document.get("censor"),
            landmark_months=decimal_or_none(document.get("landmark_months")),
            landmark_days=document.get("landmark_days"),
            horizon_months=decimal_or_none(document.get("horizon_months")),
            assessed_at=tuple(document.get("assessed_at", [])),
            method=document.get("method"),
            definition=text_of(document["definition"]),
            source=document["source"],
            cite=document["cite"],
            sensitivity=tuple(Sensitivity.of(one) for one in document.get("sensitivity", [])),
        )
