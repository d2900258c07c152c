"""Levels of high-dose methotrexate judged by the protocol's table: the row, the leucovorin, the next level.

Levels fall once the infusion is over. So where no level was drawn at an hour of the table, a later one above the limit
says that it was above, and an earlier one below says that it was below; anything else stays unknown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.body import round_half_up
from trialsite.clinical.kleene import Truth, all_of, any_of
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text
from trialsite.studies.domain.methotrexate_plan import (
    Clause,
    CreatinineRise,
    Glucarpidase,
    LeucovorinStep,
    LevelLimit,
    MethotrexatePlan,
    RescueRow,
    RescueTable,
    clause_text,
    rescue_text,
)

ABOVE = (">", ">=")
NOTHING = Text("", "")


class Verdict(StrEnum):
    """What the levels say; ASK_PHARMACY where no table is for this infusion, then never a dose."""

    NORMAL = "NORMAL"
    DELAYED = "DELAYED"
    DELAYED_LATE = "DELAYED_LATE"
    DELAYED_EARLY = "DELAYED_EARLY"
    INFORMATION = "INFORMATION"
    PENDING = "PENDING"
    NO_ROW = "NO_ROW"
    ASK_PHARMACY = "ASK_PHARMACY"


DELAYED = frozenset({Verdict.DELAYED, Verdict.DELAYED_LATE, Verdict.DELAYED_EARLY})


@dataclass(frozen=True)
class Level:
    """A level in µmol/L at its hours from the start and, where that is known, from the end of the infusion.

    valid: false when it was drawn from the infusion line. creatinine_umol_l: at that time, None when not known."""

    hours_from_start: Decimal
    hours_from_end: Decimal | None
    level: Quantity
    valid: bool = True
    creatinine_umol_l: Decimal | None = None

    def hours(self, clock: str) -> Decimal | None:
        return self.hours_from_start if clock == "start" else self.hours_from_end


@dataclass(frozen=True)
class Infusion:
    """One infusion: how long it ran (or is to run), its levels, and the last creatinine before the start.

    bsa_m2: the body surface that leucovorin per m² rests on, None when it is not known."""

    infusion_h: Decimal | None
    levels: tuple[Level, ...] = ()
    baseline_creatinine_umol_l: Decimal | None = None
    bsa_m2: Decimal | None = None

    @property
    def valid(self) -> tuple[Level, ...]:
        """The levels that count, in their order."""
        return tuple(sorted((one for one in self.levels if one.valid), key=lambda one: one.hours_from_start))


@dataclass(frozen=True)
class Elimination:
    """What the table says. `row` and `rescue` None where none holds; `open` names what could not be excluded.

    next_h: hours from the start at which the next level is due, None when none is. over: whether the last level lies
    below what the study asks for. glucarpidase: None where the protocol says nothing of it."""

    verdict: Verdict
    sentence: Text
    table: RescueTable | None = None
    row: RescueRow | None = None
    rescue: Text | None = None
    now: LeucovorinStep | None = None
    open: tuple[Text, ...] = ()
    next_h: Decimal | None = None
    over: Truth = Truth.UNKNOWN
    over_sentence: Text = NOTHING
    glucarpidase: Truth | None = None
    glucarpidase_sentence: Text = NOTHING


def table_for(plan: MethotrexatePlan, infusion_h: Decimal | None) -> RescueTable | None:
    """The table for an infusion of so many hours, bounds included; None when none is for it or it is not known."""
    if infusion_h is None:
        return None
    return next(
        (one for one in plan.tables if abs(infusion_h - one.infusion_h) <= one.infusion_within_h), None
    )


def judge(plan: MethotrexatePlan, infusion: Infusion) -> Elimination:
    """The verdict of one infusion with the row that holds, its leucovorin, and what follows.

    Rows are read from the gravest; one that holds counts although another is unknown. Normal counts when its row holds
    and no graver one does: what was never drawn is named in `open`."""
    over, over_sentence = finished(plan, infusion)
    table = table_for(plan, infusion.infusion_h)
    alert, alert_sentence = glucarpidase_of(plan, infusion)
    if table is None:
        return Elimination(
            Verdict.ASK_PHARMACY,
            no_table(infusion.infusion_h),
            over=over,
            over_sentence=over_sentence,
            glucarpidase=alert,
            glucarpidase_sentence=alert_sentence,
            next_h=None if over is Truth.TRUE else after_last(plan, infusion),
        )
    truths = [(row, row_truth(row, table, infusion)) for row in table.rows]
    holding = next((row for row, truth in truths if truth is Truth.TRUE), None)
    verdict = Verdict(holding.verdict.upper()) if holding else not_decided(table, infusion, truths)
    return Elimination(
        verdict,
        sentence_of(verdict, holding, table, truths),
        table,
        holding,
        rescue_text(holding, infusion.bsa_m2) if holding else None,
        step_now(holding, infusion) if holding else None,
        still_open(table, infusion, truths, holding),
        next_level(plan, table, holding, infusion),
        over,
        over_sentence,
        alert,
        alert_sentence,
    )


def no_table(infusion_h: Decimal | None) -> Text:
    if infusion_h is None:
        return Text(
            "How long the infusion runs is not known: ask the pharmacy. No dose is proposed.",
            "输注时长未知：请咨询药师。系统不建议剂量。",
        )
    hours = f"{infusion_h.normalize():f}"
    return Text(
        f"The protocol has no table for an infusion of {hours} h: ask the pharmacy. No dose is proposed.",
        f"方案中没有适用于{hours}小时输注的表格：请咨询药师。系统不建议剂量。",
    )


def row_truth(row: RescueRow, table: RescueTable, infusion: Infusion) -> Truth:
    """Whether a row holds: one of its alternatives, each with all its clauses."""
    return any_of(all_of(clause_truth(clause, table, infusion) for clause in clauses) for clauses in row.any)


def clause_truth(clause: Clause, table: RescueTable, infusion: Infusion) -> Truth:
    if isinstance(clause, CreatinineRise):
        return rise_truth(clause, table.clock, table.level_within_h, infusion)
    return level_truth(clause, table.clock, table.level_within_h, infusion)


def level_truth(limit: LevelLimit, clock: str, within_h: Decimal, infusion: Infusion) -> Truth:
    """A level against its limit: the one nearest to the hour (of two the later), else what others let conclude."""
    timed = [(hours, one) for one in infusion.valid if (hours := one.hours(clock)) is not None]
    near = [
        (abs(hours - limit.at_h), -hours, one) for hours, one in timed if abs(hours - limit.at_h) <= within_h
    ]
    if near:
        return compare(min(near, key=lambda each: each[:2])[2].level, limit.op, limit.umol_l)
    later = [compare(one.level, limit.op, limit.umol_l) for hours, one in timed if hours > limit.at_h]
    earlier = [
        compare(one.level, limit.op, limit.umol_l)
        for hours, one in timed
        if hours < limit.at_h and one.hours_from_end is not None and one.hours_from_end >= 0
    ]
    above, below = (Truth.TRUE, Truth.FALSE) if limit.op in ABOVE else (Truth.FALSE, Truth.TRUE)
    if above in later:
        return above
    return below if below in earlier else Truth.UNKNOWN


def rise_truth(rise: CreatinineRise, clock: str, within_h: Decimal, infusion: Infusion) -> Truth:
    """Creatinine against the last one before the start; at a named hour the nearest, else any after the start."""
    points = [
        (hours, one.creatinine_umol_l)
        for one in sorted(infusion.levels, key=lambda each: each.hours_from_start)
        if one.creatinine_umol_l is not None
        and one.hours_from_start > 0
        and (hours := one.hours(clock)) is not None
    ]
    if rise.at_h is not None:
        near = sorted((abs(hours - rise.at_h), -hours, value) for hours, value in points)
        points = [(-later, value) for apart, later, value in near[:1] if apart <= within_h]
    baseline = infusion.baseline_creatinine_umol_l
    if not points or not baseline:
        return Truth.UNKNOWN
    # As a product: exact where the quotient is not.
    return Truth.of(any((value - baseline) * 100 >= rise.pct * baseline for _hours, value in points))


def rise_pct(infusion: Infusion) -> Decimal | None:
    """By how many per cent the highest creatinine after the start lies above the last before; None when not known."""
    after = [
        one.creatinine_umol_l
        for one in infusion.levels
        if one.creatinine_umol_l is not None and one.hours_from_start > 0
    ]
    baseline = infusion.baseline_creatinine_umol_l
    return (max(after) - baseline) * 100 / baseline if after and baseline else None


Truths = Sequence[tuple[RescueRow, Truth]]


def not_decided(table: RescueTable, infusion: Infusion, truths: Truths) -> Verdict:
    """No row holds: still to be decided, only informed so far, or a course that the table does not have."""
    levels = infusion.valid
    if not any(truth is Truth.UNKNOWN for _row, truth in truths):
        return Verdict.NO_ROW
    hours = [one.hours(table.clock) for one in levels]
    informs = [
        hour is not None and any(abs(hour - at) <= table.level_within_h for at in table.information_h)
        for hour in hours
    ]
    return Verdict.INFORMATION if informs and all(informs) else Verdict.PENDING


def sentence_of(verdict: Verdict, row: RescueRow | None, table: RescueTable, truths: Truths) -> Text:
    match verdict:
        case Verdict.INFORMATION:
            hours = ", ".join(f"{one.normalize():f}" for one in table.information_h)
            return Text(
                f"The level at {hours} h informs only: it is still steady state.",
                f"{hours}小时血药浓度仅供参考：此时仍处于稳态。",
            )
        case Verdict.PENDING:
            return Text(
                "Not decided yet: no row of the table holds so far.", "尚不能判定：目前尚无符合的行。"
            )
        case Verdict.NO_ROW:
            return Text(
                "No row of the table describes this course: ask the pharmacy. No dose is proposed.",
                "表中没有符合该变化过程的行：请咨询药师。系统不建议剂量。",
            )
    assert row is not None
    held = Text(row.text.en, row.text.zh)
    if row.leucovorin:
        return held
    return Text(
        f"{held.en}. The protocol holds no dose for it: ask the pharmacy.",
        f"{held.zh}。方案中未给出相应剂量：请咨询药师。",
    )


def still_open(
    table: RescueTable, infusion: Infusion, truths: Truths, holding: RescueRow | None
) -> tuple[Text, ...]:
    """What could still make a graver row hold, or any row where none does."""
    found: dict[Text, None] = {}
    for row, truth in truths:
        if row is holding:
            break
        if truth is Truth.UNKNOWN:
            for clause in (one for clauses in row.any for one in clauses):
                if clause_truth(clause, table, infusion) is Truth.UNKNOWN:
                    found[clause_text(clause, table.clock)] = None
    return tuple(found)


def step_now(row: RescueRow, infusion: Infusion) -> LeucovorinStep | None:
    """The step that the last level asks for: the first whose level is not reached yet; None once all are."""
    last = infusion.valid[-1].level if infusion.valid else None
    for step in row.leucovorin:
        if step.until_below_umol_l is None or compare(last, "<", step.until_below_umol_l) is not Truth.TRUE:
            return step
    return None


def finished(plan: MethotrexatePlan, infusion: Infusion) -> tuple[Truth, Text]:
    """Whether the last level lies below what the study asks for before discharge."""
    limit = plan.discharge_below_umol_l
    if not infusion.valid:
        return Truth.UNKNOWN, Text(
            f"No valid level yet; discharge below {limit} µmol/L only.",
            f"尚无有效血药浓度；低于{limit} µmol/L方可出院。",
        )
    below = compare(infusion.valid[-1].level, "<", limit)
    if below is Truth.TRUE:
        return below, Text(f"The last level is below {limit} µmol/L.", f"末次血药浓度低于{limit} µmol/L。")
    return below, Text(
        f"The last level is not below {limit} µmol/L: no discharge yet.",
        f"末次血药浓度未低于{limit} µmol/L：暂不可出院。",
    )


def next_level(
    plan: MethotrexatePlan, table: RescueTable, row: RescueRow | None, infusion: Infusion
) -> Decimal | None:
    """Hours from the start of the next level: the table's next hour, then at the plan's rhythm.

    None once the last level lies below the study's limit and below the last one that the row's leucovorin asks for."""
    ends = [step.until_below_umol_l for step in row.leucovorin if step.until_below_umol_l] if row else []
    limit = min([plan.discharge_below_umol_l, *ends[-1:]])
    levels = infusion.valid
    if levels and compare(levels[-1].level, "<", limit) is Truth.TRUE:
        return None
    assert infusion.infusion_h is not None
    shift = Decimal(0) if table.clock == "start" else infusion.infusion_h
    last = levels[-1].hours(table.clock) if levels else None
    for hour in table.levels_h:
        if last is None or hour > last + table.level_within_h:
            return hour + shift
    return after_last(plan, infusion)


def after_last(plan: MethotrexatePlan, infusion: Infusion) -> Decimal:
    """The plan's rhythm after the last level, or after the start where there is none."""
    return (infusion.valid[-1].hours_from_start if infusion.valid else Decimal(0)) + plan.then_every_h


def glucarpidase_of(plan: MethotrexatePlan, infusion: Infusion) -> tuple[Truth | None, Text]:
    """Whether advice on glucarpidase is called for: a level above its limit, and creatinine that has risen.

    A high level with a creatinine that nobody measured is unknown, and said; hours count from the start."""
    rule = plan.glucarpidase
    if rule is None:
        return None, NOTHING
    within = Decimal(2)  # assumption, where no table names how far hours may differ
    level = any_of(level_truth(one, "start", within, infusion) for one in rule.limits)
    rise = rise_truth(rule.creatinine_rise, "start", within, infusion)
    truth = all_of((level, rise))
    if truth is Truth.TRUE:
        return truth, Text(
            "Level and creatinine call for advice on glucarpidase: consult now.",
            "血药浓度及肌酐提示需咨询是否使用羧肽酶（glucarpidase）：请立即会诊。",
        )
    if level is Truth.TRUE and rise is Truth.UNKNOWN:
        return truth, Text(
            "The level would call for advice on glucarpidase; how creatinine has changed is not known.",
            "该血药浓度可能需咨询羧肽酶（glucarpidase）；肌酐变化未知。",
        )
    return truth, NOTHING


def shown_hours(hours: Decimal | None) -> str:
    """Hours with one decimal at most."""
    if hours is None:
        return "—"
    return f"{round_half_up(hours, 1).normalize():f}"


__all__ = ["Elimination", "Glucarpidase", "Infusion", "Level", "Verdict", "judge", "rise_pct", "table_for"]
