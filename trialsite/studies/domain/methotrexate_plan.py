"""What a protocol says of methotrexate levels: when they are drawn, what they mean, which leucovorin follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.values import Document, Text, decimal_or_none, text_of

if TYPE_CHECKING:
    from trialsite.studies.domain.protocol import Protocol

VERDICTS = ("normal", "delayed", "delayed_late", "delayed_early")
CLOCKS = ("start", "end")


@dataclass(frozen=True)
class LevelLimit:
    """A level compared at an hour of the table's clock: `op` is <, <=, > or >=, the limit in µmol/L."""

    at_h: Decimal
    op: str
    umol_l: Decimal


@dataclass(frozen=True)
class CreatinineRise:
    """Creatinine at least so many per cent above the last one before the start; at any hour unless one is named."""

    pct: Decimal
    at_h: Decimal | None


Clause = LevelLimit | CreatinineRise
SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
AFTER = {"start": Text("after the start", "开始后"), "end": Text("after the end", "结束后")}


@dataclass(frozen=True)
class LeucovorinStep:
    """One step of the rescue: an amount in mg (BSA: per m²) every so many hours, so often or until a level.

    from_h: the hour after the start from which it is given, None where the file names none."""

    amount: Decimal
    basis: str
    every_h: Decimal
    route: str
    times: int | None
    until_below_umol_l: Decimal | None
    from_h: Decimal | None

    @classmethod
    def of(cls, document: Document) -> LeucovorinStep:
        return cls(
            amount=Decimal(document["amount"]),
            basis=document["basis"],
            every_h=Decimal(document["every_h"]),
            route=document.get("route", ""),
            times=document.get("times"),
            until_below_umol_l=decimal_or_none(document.get("until_below")),
            from_h=decimal_or_none(document.get("from_h")),
        )

    def text(self, bsa_m2: Decimal | None = None) -> Text:
        """`15 mg IV every 6 h × 10`, `150 mg every 3 h until methotrexate is below 1 µmol/L`.

        With the body surface an amount per m² is worked out: `15 mg/m² × 1.82 m² = 27.3 mg every 6 h`."""
        dose = f"{self.amount} mg"
        if self.basis == "BSA":
            dose += "/m²"
            if bsa_m2 is not None:
                dose += f" × {bsa_m2} m² = {(self.amount * bsa_m2).normalize():f} mg"
        dose = f"{dose} {self.route}".strip()
        en, zh = f"{dose} every {self.every_h} h", f"{dose}，每{self.every_h}小时1次"
        if self.from_h is not None:
            en, zh = (
                f"{en} from {self.from_h} h after the start",
                f"甲氨蝶呤开始后{self.from_h}小时起{zh}",
            )
        if self.times is not None:
            en, zh = f"{en} × {self.times}", f"{zh}，共{self.times}次"
        if self.until_below_umol_l is not None:
            either = (" or", "或") if self.times is not None else ("", "，")
            level = self.until_below_umol_l
            en = f"{en}{either[0]} until methotrexate is below {level} µmol/L"
            zh = f"{zh}{either[1]}至甲氨蝶呤<{level} µmol/L"
        return Text(en, zh)


@dataclass(frozen=True)
class RescueRow:
    """A row of a table: it holds when one of `any` holds, each with all its clauses. Graver rows stand first.

    leucovorin: () where the file holds no dose; then the pharmacy is asked."""

    key: str
    verdict: str
    text: Text
    any: tuple[tuple[Clause, ...], ...]
    leucovorin: tuple[LeucovorinStep, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> RescueRow:
        return cls(
            key=document["key"],
            verdict=document["verdict"],
            text=text_of(document["text"]),
            any=tuple(tuple(clause_of(one) for one in clauses) for clauses in document["any"]),
            leucovorin=tuple(LeucovorinStep.of(one) for one in document.get("leucovorin", ())),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class RescueTable:
    """The rows for infusions of about `infusion_h` hours (give or take `infusion_within_h`).

    clock: whether its hours count from the start or from the end of the infusion. levels_h: when levels are drawn; one
    counts for an hour when it is drawn within `level_within_h` of it. information_h: hours at which a level only
    informs."""

    key: str
    name: Text
    infusion_h: Decimal
    infusion_within_h: Decimal
    clock: str
    level_within_h: Decimal
    levels_h: tuple[Decimal, ...]
    information_h: tuple[Decimal, ...]
    rows: tuple[RescueRow, ...]
    source: str
    cite: str

    @classmethod
    def of(cls, document: Document) -> RescueTable:
        return cls(
            key=document["key"],
            name=text_of(document["name"]),
            infusion_h=Decimal(document["infusion_h"]),
            infusion_within_h=Decimal(document["infusion_within_h"]),
            clock=document["clock"],
            level_within_h=Decimal(document["level_within_h"]),
            levels_h=tuple(map(Decimal, document["levels_h"])),
            information_h=tuple(map(Decimal, document.get("information_h", ()))),
            rows=tuple(RescueRow.of(row) for row in document["rows"]),
            source=document["source"],
            cite=document["cite"],
        )


@dataclass(frozen=True)
class Glucarpidase:
    """Levels (hours from the start) that call for advice on glucarpidase when creatinine has risen as well."""

    limits: tuple[LevelLimit, ...]
    creatinine_rise: CreatinineRise
    source: str
    cite: str


@dataclass(frozen=True)
class MethotrexatePlan:
    """The tables of a trial, when to ask for advice on glucarpidase, and below which level (µmol/L) it is over.

    then_every_h: how often a level is drawn after the last hour of the table."""

    tables: tuple[RescueTable, ...]
    glucarpidase: Glucarpidase | None
    discharge_below_umol_l: Decimal
    then_every_h: Decimal

    @classmethod
    def of(cls, document: Document | None) -> MethotrexatePlan:
        """As the file says; without the section no table matches any infusion."""
        if document is None:
            return DEFAULT
        alert = document.get("glucarpidase")
        return cls(
            tables=tuple(RescueTable.of(table) for table in document["tables"]),
            glucarpidase=None if alert is None else glucarpidase_of(alert),
            discharge_below_umol_l=Decimal(document["discharge_below"]),
            then_every_h=Decimal(document["then_every_h"]),
        )


def clause_text(clause: Clause, clock: str) -> Text:
    """`> 1 µmol/L 42 h after the start`, `creatinine up by 50 % or more`."""
    if isinstance(clause, LevelLimit):
        limit = f"{SIGNS[clause.op]} {clause.umol_l} µmol/L"
        return Text(
            f"{limit} {clause.at_h} h {AFTER[clock].en}", f"{AFTER[clock].zh}{clause.at_h}小时 {limit}"
        )
    rise = Text(f"creatinine up by {clause.pct} % or more", f"血肌酐较基线上升≥{clause.pct}%")
    if clause.at_h is None:
        return rise
    return Text(
        f"{rise.en} at {clause.at_h} h {AFTER[clock].en}", f"{AFTER[clock].zh}{clause.at_h}小时{rise.zh}"
    )


def row_text(row: RescueRow, clock: str) -> Text:
    """When a row holds, in one line."""
    parts = [[clause_text(one, clock) for one in clauses] for clauses in row.any]
    return Text(
        "; or ".join(" and ".join(one.en for one in clauses) for clauses in parts),
        "；或".join("且".join(one.zh for one in clauses) for clauses in parts),
    )


def rescue_text(row: RescueRow, bsa_m2: Decimal | None = None) -> Text | None:
    """The leucovorin of a row, step by step, in mg where the body surface is known; None where the file has no dose."""
    if not row.leucovorin:
        return None
    steps = [step.text(bsa_m2) for step in row.leucovorin]
    return Text(", then ".join(one.en for one in steps), "；随后".join(one.zh for one in steps))


DEFAULT = MethotrexatePlan((), None, Decimal("0.1"), Decimal(24))


def clause_of(document: Document) -> Clause:
    """A clause: the rise of creatinine, or a level at an hour."""
    if "creatinine_rise_pct" in document:
        return CreatinineRise(Decimal(document["creatinine_rise_pct"]), decimal_or_none(document.get("at_h")))
    return limit_of(document)


def limit_of(document: Document) -> LevelLimit:
    return LevelLimit(Decimal(document["at_h"]), document["op"], Decimal(document["umol_l"]))


def glucarpidase_of(document: Document) -> Glucarpidase:
    return Glucarpidase(
        limits=tuple(limit_of(one) for one in document["limits"]),
        creatinine_rise=CreatinineRise(Decimal(document["creatinine_rise_pct"]), None),
        source=document["source"],
        cite=document["cite"],
    )


def methotrexate_problems(protocol: Protocol) -> Iterator[tuple[Path, str]]:
    """Keys stand once, hours ascend, and no infusion finds two tables."""
    tables = protocol.methotrexate.tables
    for number, table in enumerate(tables):
        here: Path = ("methotrexate", "tables", number)
        if list(table.levels_h) != sorted(set(table.levels_h)):
            yield (*here, "levels_h"), "The hours of levels stand in ascending order, each once."
        keys = [row.key for row in table.rows]
        for place, key in enumerate(keys):
            if key in keys[:place]:
                yield (
                    (*here, "rows", place, "key"),
                    f"{key} stands in {table.key} twice; each is accepted once.",
                )
        for before in tables[:number]:
            apart = abs(table.infusion_h - before.infusion_h)
            if apart <= table.infusion_within_h + before.infusion_within_h:
                yield (
                    (*here, "infusion_h"),
                    f"An infusion could find both {before.key} and {table.key}; their hours must not overlap.",
                )
