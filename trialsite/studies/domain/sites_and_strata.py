"""The sites a trial plans and the strata of its randomisation, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass

from trialsite.studies.domain.values import Document, Rule, Text, text_of


@dataclass(frozen=True)
class PlannedSite:
    """A site the trial plans to open; `planned` None where no number per site is stated."""

    key: str
    name: Text
    timezone: str
    planned: int | None
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> PlannedSite:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            timezone=document["timezone"],
            planned=document["planned"],
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class StratumLevel:
    """One level of a stratum and the rule that puts a subject into it."""

    key: str
    name: Text
    rule: Rule


@dataclass(frozen=True)
class Stratum:
    """One stratification factor. by_site: each site is a level; `levels` then holds the planned sites.

    weight: how much the factor counts in minimisation."""

    key: str
    name: Text
    fact: str
    by_site: bool
    levels: tuple[StratumLevel, ...]
    source: str
    cite: str
    weight: int = 1

    @classmethod
    def of(cls, document: Document, sites: tuple[PlannedSite, ...]) -> Stratum:
        levels = tuple(
            StratumLevel(one["key"], text_of(one["name"]), one["rule"]) for one in document.get("levels", [])
        )
        by_site = document.get("by_site", False)
        if by_site:
            levels = tuple(
                StratumLevel(site.key, site.name, {"fact": document["fact"], "op": "=", "value": site.key})
                for site in sites
            )
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            fact=document["fact"],
            by_site=by_site,
            levels=levels,
            source=document["source"],
            cite=document["cite"],
            weight=document.get("weight", 1),
        )
