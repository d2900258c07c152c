"""How a trial recruits and randomises: caps, stages, method, strata and what must hold before, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from trialsite.studies.domain.sites_and_strata import PlannedSite, Stratum
from trialsite.studies.domain.values import Document, Rule, Text, text_of

BLOCKS, MINIMISATION, LIST = "permuted_blocks", "minimisation", "list"
METHODS = (BLOCKS, MINIMISATION, LIST)


@dataclass(frozen=True)
class Gate:
    """What must hold before a subject is given its arm, besides confirmed eligibility.

    verified: the item that the rule rests on must have been compared with its source."""

    key: str
    text: Text
    rule: Rule
    verified: bool
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Gate:
        return cls(
            key=document["key"],
            text=text_of(document["text"]),
            rule=document["rule"],
            verified=document["verified"],
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class MinimisationRules:
    """Pocock and Simon: the probability of the best arms, and how equally good ones share it (ratio, equal)."""

    probability: Decimal
    ties: str


@dataclass(frozen=True)
class Randomisation:
    """Ratio by arm and strata; permuted blocks of sizes in random order, minimisation, or a list made elsewhere."""

    ratio: dict[str, int]
    block_sizes: tuple[int, ...]
    strata: tuple[Stratum, ...]
    source: str
    cite: str
    method: str = BLOCKS
    minimisation: MinimisationRules | None = None
    gates: tuple[Gate, ...] = ()

    @classmethod
    def of(cls, document: Document, sites: tuple[PlannedSite, ...]) -> Randomisation:
        rules = document.get("minimisation")
        return cls(
            ratio=dict(document["ratio"]),
            block_sizes=tuple(document.get("block_sizes", ())),
            strata=tuple(Stratum.of(one, sites) for one in document["strata"]),
            source=document["source"],
            cite=document["cite"],
            method=document.get("method", BLOCKS),
            minimisation=MinimisationRules(Decimal(rules["probability"]), rules["ties"]) if rules else None,
            gates=tuple(Gate.of(one) for one in document.get("gates", ())),
        )


@dataclass(frozen=True)
class Stage:
    """A stage of recruitment: when so many are enrolled it pauses until it is decided to go on."""

    key: str
    name: Text
    subjects: int
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> Stage:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            subjects=document["subjects"],
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class LevelCap:
    """How many subjects of one level of a stratum are enrolled at most."""

    stratum: str
    level: str
    planned: int
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> LevelCap:
        return cls(**{name: document[name] for name in ("stratum", "level", "planned", "source", "cite")})


@dataclass(frozen=True)
class Recruitment:
    """Whether the sites' planned numbers are caps, the caps of levels, and the stages in their order."""

    sites_are_caps: bool = True
    levels: tuple[LevelCap, ...] = ()
    stages: tuple[Stage, ...] = ()

    @classmethod
    def of(cls, document: Document | None) -> Recruitment:
        """The section of a file; without one the sites' planned numbers are caps, and there are no stages."""
        if document is None:
            return PLAIN_RECRUITMENT
        return cls(
            document["site_numbers"] == "cap",
            tuple(LevelCap.of(one) for one in document["levels"]),
            tuple(Stage.of(one) for one in document["stages"]),
        )


PLAIN_RECRUITMENT = Recruitment()
