"""MRD of one sample: what was measured, how sensitively, and what that says against the study's threshold.

Values are fractions of nucleated cells (0.0001 is 0.01 %), never percent and never 0 for negative. How a
laboratory's text becomes such a result is the matter of `mrd_report`, states over time that of `mrd_course`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from trialsite.clinical.kleene import Truth
from trialsite.clinical.text import Text


class Method(StrEnum):
    """How residual leukaemia was looked for."""

    MFC = "MFC"
    NGS_IG_TR = "NGS_IG_TR"
    RQPCR_IG_TR = "RQPCR_IG_TR"
    RTPCR_FUSION = "RTPCR_FUSION"
    DPCR = "DPCR"


class Qualifier(StrEnum):
    """What the laboratory found; only QUANTIFIED has a value."""

    NOT_DETECTED = "NOT_DETECTED"
    DETECTED_BELOW_LOQ = "DETECTED_BELOW_LOQ"
    QUANTIFIED = "QUANTIFIED"
    NOT_EVALUABLE = "NOT_EVALUABLE"
    NOT_DONE = "NOT_DONE"


class Verdict(StrEnum):
    """MRD against the study's threshold for this method."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    INDETERMINATE = "INDETERMINATE"


class Flag(StrEnum):
    """What to know beside the verdict."""

    LOW_LEVEL = "LOW_LEVEL"  # leukaemic cells seen, but below the threshold
    SENSITIVITY_CONFLICT = "SENSITIVITY_CONFLICT"  # the stated limit is better than the cells analysed allow
    HEMODILUTED = "HEMODILUTED"
    NO_INDEX = "NO_INDEX"  # no index sequence was found at diagnosis
    CD19_GATING = "CD19_GATING"  # after anti-CD19 therapy, gating on CD19 alone misses leukaemic cells


class ReportingClass(StrEnum):
    """Classes in which ELN and EWALL report MRD."""

    COMPLETE = "COMPLETE"
    INTERMEDIATE = "INTERMEDIATE"
    FAILURE = "FAILURE"


class SensitivitySource(StrEnum):
    """Where a limit of detection or quantification comes from, best first."""

    STATED = "STATED"  # in this report
    CELLS = "CELLS"  # computed from the cells of this sample
    REPORTED_BOUND = "REPORTED_BOUND"  # the x of a reported "<x"
    DECLARED = "DECLARED"  # the laboratory's dated, signed declaration for the method
    MISSING = "MISSING"


@dataclass(frozen=True)
class CellRules:
    """How many leukaemic events make a flow result detectable and quantifiable.

    20 and 50 events: EuroFlow practice (general knowledge; laboratories use 10-40 and 30-60). NGS: with no
    clone found, 3 cell equivalents bound the fraction with 95 % confidence (rule of three).
    """

    lod_events: int = 20
    loq_events: int = 50
    ngs_lod95: int = 3


CELL_RULES = CellRules()
PG_DNA_PER_CELL = Decimal("6.6")  # diploid human genome (general knowledge): 20 µg are 3.03 million cells
# NGS and RQ-PCR follow the patient's own IG/TR rearrangement (general knowledge).
NEED_INDEX = (Method.NGS_IG_TR, Method.RQPCR_IG_TR)
REPORTING_SENSITIVITY = Decimal("0.0001")  # 0.01 %, ELN 2024 and EWALL reporting terms


@dataclass(frozen=True)
class Sensitivity:
    """A limit (fraction) and where it comes from; value None when nothing says it."""

    value: Decimal | None
    source: SensitivitySource
    declared_on: date | None = None  # the date of the declaration, where that is the source


@dataclass(frozen=True)
class Declaration:
    """A laboratory's signed statement of its limits for a method, valid from a day on; `signed_on` is its date."""

    method: Method
    valid_from: date
    lod: Decimal | None
    loq: Decimal | None
    signed_on: date | None = None


@dataclass(frozen=True)
class MrdResult:
    """One method on one sample of one date.

    value: fraction, only when QUANTIFIED. lod, loq: fractions stated in the report. reported_below: the x
    of a reported "<x". cells_analysed: flow; dna_ng: DNA used by a molecular method. index_found: whether the
    sequence that this method follows was found at diagnosis."""

    method: Method
    sampled_on: date
    qualifier: Qualifier
    value: Decimal | None = None
    lod: Decimal | None = None
    loq: Decimal | None = None
    reported_below: Decimal | None = None
    cells_analysed: int | None = None
    dna_ng: Decimal | None = None
    hemodilution: Truth = Truth.UNKNOWN
    cd19_gating_adequate: Truth = Truth.UNKNOWN
    index_found: Truth = Truth.UNKNOWN

    def __post_init__(self) -> None:
        if self.qualifier is not Qualifier.QUANTIFIED and self.value is not None:
            raise ValueError(f"Only a quantified result has a value; {self.qualifier} has none.")
        if self.value is not None and not 0 < self.value <= 1:
            raise ValueError(f"An MRD value is a fraction above 0 and at most 1, not {self.value}.")


@dataclass(frozen=True)
class MrdVerdict:
    """The verdict, why, and the sensitivity it rests on."""

    verdict: Verdict
    reason: Text
    threshold: Decimal
    lod: Sensitivity
    loq: Sensitivity
    flags: tuple[Flag, ...] = ()


def cell_equivalents(dna_ng: Decimal) -> Decimal:
    """Cells that an amount of DNA stands for, at 6.6 pg a diploid cell."""
    return dna_ng * 1000 / PG_DNA_PER_CELL


def limits_from_cells(
    method: Method, cells: Decimal | int | None, rules: CellRules = CELL_RULES
) -> tuple[Decimal | None, Decimal | None]:
    """Limit of detection and of quantification (fractions) that the cells of this sample allow.

    Flow: 20 and 50 events among the cells analysed. NGS: 3 cell equivalents, no limit of quantification.
    Other methods, no cells or zero cells: (None, None)."""
    if not cells:
        return None, None
    if method is Method.MFC:
        return Decimal(rules.lod_events) / cells, Decimal(rules.loq_events) / cells
    if method is Method.NGS_IG_TR:
        return Decimal(rules.ngs_lod95) / cells, None
    return None, None


def flow_result(
    sampled_on: date, leukaemic_events: int, cells_analysed: int, rules: CellRules = CELL_RULES
) -> MrdResult:
    """A flow result from its counts: under 20 events not detected, 20 to 49 below quantification."""
    if cells_analysed <= 0:
        return MrdResult(Method.MFC, sampled_on, Qualifier.NOT_EVALUABLE)
    if not 0 <= leukaemic_events <= cells_analysed:
        raise ValueError(f"{leukaemic_events} leukaemic events cannot be among {cells_analysed} cells.")
    value = None
    if leukaemic_events < rules.lod_events:
        qualifier = Qualifier.NOT_DETECTED
    elif leukaemic_events < rules.loq_events:
        qualifier = Qualifier.DETECTED_BELOW_LOQ
    else:
        qualifier, value = Qualifier.QUANTIFIED, Decimal(leukaemic_events) / cells_analysed
    return MrdResult(
        Method.MFC, sampled_on, qualifier, value=value, lod=None, loq=None, cells_analysed=cells_analysed
    )


def sensitivities(
    result: MrdResult, declared: tuple[Declaration, ...] = (), rules: CellRules = CELL_RULES
) -> tuple[Sensitivity, Sensitivity]:
    """Limit of detection and of quantification of a result, each from the best source there is.

    The report's own limit, else the cells of the sample, else the x of a reported "<x", else the laboratory's
    latest declaration valid on the day of the sample.
    """
    lod_cells, loq_cells = limits_from_cells(result.method, cells_of(result), rules)
    valid = [one for one in declared if one.method == result.method and one.valid_from <= result.sampled_on]
    newest = max(valid, key=lambda one: one.valid_from, default=None)
    bound = result.reported_below
    below_lod = bound if result.qualifier is Qualifier.NOT_DETECTED else None
    below_loq = bound if result.qualifier is Qualifier.DETECTED_BELOW_LOQ else None
    return (
        _first(newest, result.lod, lod_cells, below_lod, newest.lod if newest else None),
        _first(newest, result.loq, loq_cells, below_loq, newest.loq if newest else None),
    )


def cells_of(result: MrdResult) -> Decimal | int | None:
    """The cells (flow) or cell equivalents (from DNA) a result rests on."""
    if result.cells_analysed is not None:
        return result.cells_analysed
    return None if result.dna_ng is None else cell_equivalents(result.dna_ng)


def mrd_verdict(
    result: MrdResult,
    threshold: Decimal,
    declared: tuple[Declaration, ...] = (),
    rules: CellRules = CELL_RULES,
) -> MrdVerdict:
    """MRD against the study's threshold (a fraction) for this method.

    A quantified value is positive at the threshold and above, negative below it. Detected below the limit of
    quantification is negative only when that limit is at or below the threshold; not detected only when the
    limit of detection is. Anything else, and a missing limit, is indeterminate: never negative by default. A method
    that follows the sequence of diagnosis cannot be evaluated where none was found then.
    """
    lod, loq = sensitivities(result, declared, rules)
    if lacks_index(result):
        return MrdVerdict(Verdict.INDETERMINATE, _NO_INDEX, threshold, lod, loq, (Flag.NO_INDEX,))
    verdict, reason, low_level = _decide(result, threshold, lod, loq)
    flags = [Flag.LOW_LEVEL] if low_level else []
    stated_lod, possible_lod = result.lod, limits_from_cells(result.method, cells_of(result), rules)[0]
    if stated_lod is not None and possible_lod is not None and stated_lod < possible_lod:
        flags.append(Flag.SENSITIVITY_CONFLICT)
    if result.hemodilution is Truth.TRUE:
        flags.append(Flag.HEMODILUTED)
    if result.cd19_gating_adequate is Truth.FALSE:
        flags.append(Flag.CD19_GATING)
    return MrdVerdict(verdict, reason, threshold, lod, loq, tuple(flags))


def lacks_index(result: MrdResult) -> bool:
    """Whether the method needs the sequence of diagnosis, and none was found."""
    return result.method in NEED_INDEX and result.index_found is Truth.FALSE


def reporting_class(result: MrdResult, lod: Sensitivity) -> ReportingClass | None:
    """The class in which ELN 2024 and EWALL report a result; None when nothing was measured.

    Complete: not detected with a sensitivity of 0.01 % or better. Failure: 0.01 % or more. Intermediate:
    everything else (positive below 0.01 %, positive not quantifiable, negative but not sensitive enough).
    """
    if result.qualifier in (Qualifier.NOT_DONE, Qualifier.NOT_EVALUABLE) or lacks_index(result):
        return None
    if result.qualifier is Qualifier.QUANTIFIED:
        if result.value is None:
            return None
        failed = result.value >= REPORTING_SENSITIVITY
        return ReportingClass.FAILURE if failed else ReportingClass.INTERMEDIATE
    sensitive = lod.value is not None and lod.value <= REPORTING_SENSITIVITY
    if result.qualifier is Qualifier.NOT_DETECTED and sensitive:
        return ReportingClass.COMPLETE
    return ReportingClass.INTERMEDIATE


def percent(fraction: Decimal) -> str:
    """A fraction as people read it, in three significant digits: 0.0000375 is `0.00375 %`."""
    shown = fraction * 100
    digits = 3 - shown.adjusted() - 1
    rounded = round(shown, max(digits, 0)) if shown else Decimal(0)
    return f"{rounded.normalize():f} %"


def _first(newest: Declaration | None, *candidates: Decimal | None) -> Sensitivity:
    for value, source in zip(candidates, SensitivitySource, strict=False):
        if value is not None:
            declared = newest.signed_on if newest and source is SensitivitySource.DECLARED else None
            return Sensitivity(value, source, declared)
    return Sensitivity(None, SensitivitySource.MISSING)


def _decide(
    result: MrdResult, threshold: Decimal, lod: Sensitivity, loq: Sensitivity
) -> tuple[Verdict, Text, bool]:
    match result.qualifier:
        case Qualifier.QUANTIFIED:
            return _quantified(result.value, threshold)
        case Qualifier.DETECTED_BELOW_LOQ:
            return _below_limit(loq, threshold, detected=True)
        case Qualifier.NOT_DETECTED:
            return _below_limit(lod, threshold, detected=False)
        case Qualifier.NOT_EVALUABLE:
            reason = Text("The sample could not be evaluated.", "标本无法评估。")
        case _:
            reason = Text("MRD was not tested.", "未做MRD检测。")
    return Verdict.INDETERMINATE, reason, False


_NO_INDEX = Text(
    "No index sequence was found at diagnosis: this method cannot be evaluated.",
    "诊断时未检出标记序列：该方法无法评估。",
)


def _quantified(value: Decimal | None, threshold: Decimal) -> tuple[Verdict, Text, bool]:
    if value is None:
        missing = Text("The result is quantified, but its value is missing.", "结果为定量，但缺少数值。")
        return Verdict.INDETERMINATE, missing, False
    shown, limit = percent(value), percent(threshold)
    if value >= threshold:
        at_or_above = Text(
            f"{shown} is at or above the threshold of {limit}.", f"{shown}，达到或高于阈值{limit}。"
        )
        return Verdict.POSITIVE, at_or_above, False
    return (
        Verdict.NEGATIVE,
        Text(f"{shown} is below the threshold of {limit}.", f"{shown}，低于阈值{limit}。"),
        True,
    )


def _below_limit(limit: Sensitivity, threshold: Decimal, *, detected: bool) -> tuple[Verdict, Text, bool]:
    found = ("Detected below quantification", "检出但低于定量限") if detected else ("Not detected", "未检出")
    name = ("limit of quantification", "定量限") if detected else ("limit of detection", "检测限")
    if limit.value is None:
        missing = Text(f"{found[0]}, but the {name[0]} is not known.", f"{found[1]}，但{name[1]}未知。")
        return Verdict.INDETERMINATE, missing, False
    shown, wanted = percent(limit.value), percent(threshold)
    if limit.value <= threshold:
        enough = Text(
            f"{found[0]}; the {name[0]} of {shown} reaches the threshold of {wanted}.",
            f"{found[1]}；{name[1]}{shown}达到阈值{wanted}的要求。",
        )
        return Verdict.NEGATIVE, enough, detected
    short = Text(
        f"{found[0]}, but the {name[0]} of {shown} does not reach the threshold of {wanted}.",
        f"{found[1]}，但{name[1]}{shown}未达到阈值{wanted}的要求。",
    )
    return Verdict.INDETERMINATE, short, False
