"""Haematological response of one assessment, from marrow, blood, extramedullary sites and counts.

Rules are read from top to bottom and the first that is true wins. A rule that is unknown leaves the
category open between it and the first true rule below; whether it counts toward CRc may be certain all the
same. Sources: ELN 2024 recommendations for ALL (Blood 2024;143:1891); ASBMT 2010 criteria; CRh as in NCCN
and FDA use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from assessments.domain.criteria import (
    SECOND_TEST_FRACTION,
    CriteriaSet,
    ResponseRulesLike,
    criteria_set,
)
from trialsite.clinical.kleene import Truth, all_of, any_of, negate
from trialsite.clinical.quantity import Quantity, compare
from trialsite.clinical.text import Text

REPEAT_MARROW_DAYS = 14  # assumption
ELN_MRD_FAILURE = Decimal("0.01")  # ELN 2024: MRD of 1 % or more is not compatible with remission
PR_LOWEST_PCT, PR_HIGHEST_PCT = Decimal(5), Decimal(25)
PR_FALL = Decimal("0.5")
PD_RISE = Decimal("1.25")  # an increase of 25 % or more


class Category(StrEnum):
    """Response categories; UNKNOWN when what is recorded does not decide."""

    NE = "NE"
    RELAPSE = "RELAPSE"
    INDETERMINATE_5PCT = "INDETERMINATE_5PCT"
    CR = "CR"
    CRH = "CRh"
    CRI = "CRi"
    MLFS = "MLFS"
    PR = "PR"
    PD = "PD"
    NR = "NR"
    UNKNOWN = "UNKNOWN"


class ResponseWarning(StrEnum):
    """What the investigator should look at before confirming."""

    MRD_1PCT = "MRD_1PCT"
    REPEAT_MARROW = "REPEAT_MARROW"
    CONFIRM_BLOOD_BLASTS = "CONFIRM_BLOOD_BLASTS"
    COUNTS_SUPPORTED = "COUNTS_SUPPORTED"
    COUNTS_NOT_IN_WINDOW = "COUNTS_NOT_IN_WINDOW"
    CONFIRM_AFTER_4_WEEKS = "CONFIRM_AFTER_4_WEEKS"
    BLASTS_AFTER_REMISSION = "BLASTS_AFTER_REMISSION"
    SECOND_TEST = "SECOND_TEST"
    EMD_CONTRADICTED = "EMD_CONTRADICTED"


@dataclass(frozen=True)
class Assessment:
    """What was found at one assessment. Empty is unknown and never "no".

    bm_blast_pct and baseline_blast_pct: % of nucleated cells. evaluable_marrow: 200 nucleated cells or
    more, or spicules. pb_blasts: any blasts in blood; pb_blasts_confirmed: seen again or by a second
    method. emd: extramedullary disease present; emd_new: not there before. anc, platelets: 10⁹/L. gcsf_7d:
    growth factor within 7 days before the counts; platelets_7d: platelet transfusion within 7 days
    (assumption). pb_blasts_risen: the absolute number of circulating blasts rose by 25 % or more.
    prior_crc: in CRc at an earlier assessment. mrd_fraction: quantified MRD of the same marrow, if any."""

    marrow_on: date | None = None
    counts_on: date | None = None
    bm_blast_pct: Quantity | Decimal | None = None
    evaluable_marrow: Truth = Truth.UNKNOWN
    pb_blasts: Truth = Truth.UNKNOWN
    pb_blasts_confirmed: Truth = Truth.UNKNOWN
    pb_blasts_risen: Truth = Truth.UNKNOWN
    emd: Truth = Truth.UNKNOWN
    emd_new: Truth = Truth.UNKNOWN
    anc: Quantity | Decimal | None = None
    platelets: Quantity | Decimal | None = None
    gcsf_7d: Truth = Truth.UNKNOWN
    platelets_7d: Truth = Truth.UNKNOWN
    trilineage: Truth = Truth.UNKNOWN
    baseline_blast_pct: Decimal | None = None
    prior_crc: Truth = Truth.UNKNOWN
    mrd_fraction: Decimal | None = None


@dataclass(frozen=True)
class Step:
    """One rule that was read: the category it would give, its answer, and the answer as a sentence."""

    rule: Category
    truth: Truth
    sentence: Text


@dataclass(frozen=True)
class Response:
    """The category with everything it rests on.

    possible: the categories still open (one when decided). on: the response date, None when a date is
    missing."""

    category: Category
    steps: tuple[Step, ...]
    counts_toward_crc: Truth
    warnings: tuple[ResponseWarning, ...]
    possible: tuple[Category, ...]
    on: date | None


@dataclass(frozen=True)
class _Findings:
    """The parts the rules are made of."""

    clear: Truth  # marrow below 5 %, no blasts in blood, no extramedullary disease
    anc_cr: Truth
    platelets_cr: Truth
    anc_crh: Truth
    platelets_crh: Truth
    trilineage: Truth
    exactly_5: Truth
    relapse: Truth
    no_evidence: Truth
    partial: Truth
    progressive: Truth


def classify_response(seen: Assessment, rules: ResponseRulesLike) -> Response:
    """The response category of an assessment under the study's rules.

    Boundaries: ELN needs ANC > 1.0 and platelets > 100, ASBMT 2010 at least these; blasts of exactly 5.0 %
    are neither CR nor relapse (repeat the marrow within 14 days). Counts under growth factor or platelet
    transfusion, or outside the window around the marrow, are unknown, not failed."""
    criteria = criteria_set(rules.criteria_set)
    usable = counts_usable(seen, rules)
    found = _findings(seen, criteria, usable)
    steps = tuple(_step(rule, truth) for rule, truth in _rules(found, rules, criteria))
    possible = _possible(steps)
    category = possible[0] if len(possible) == 1 else Category.UNKNOWN
    toward = {Truth.of(one.value in rules.crc) for one in possible}
    counts = toward.pop() if len(toward) == 1 else Truth.UNKNOWN
    warnings = _warnings(seen, rules, criteria, category, usable)
    return Response(category, steps, counts, warnings, possible, response_date(seen, rules))


def response_date(seen: Assessment, rules: ResponseRulesLike) -> date | None:
    """The day the response is dated to.

    The marrow's day when the counts lie within the window around it; the day of the counts when recovery came
    later and the marrow is not too old; None when a date is missing or the two do not belong together.
    """
    if seen.marrow_on is None or seen.counts_on is None:
        return None
    days = (seen.counts_on - seen.marrow_on).days
    if abs(days) <= rules.counts_window_days:
        return seen.marrow_on
    return seen.counts_on if 0 < days <= rules.marrow_max_age_days else None


def counts_usable(seen: Assessment, rules: ResponseRulesLike) -> Truth:
    """Whether the counts belong to the marrow: within the window, or later with a marrow that is not too old.

    Without dates they are taken to belong together, as they stand on one form.
    """
    if seen.marrow_on is None or seen.counts_on is None:
        return Truth.TRUE
    return Truth.of(response_date(seen, rules) is not None)


def best_response(categories: Sequence[Category]) -> Category | None:
    """The best of several responses: CR, CRh, CRi, MLFS, PR, then the rest; None of nothing."""
    order = (Category.CR, Category.CRH, Category.CRI, Category.MLFS, Category.PR)
    return next((one for one in order if one in categories), categories[-1] if categories else None)


def _findings(seen: Assessment, criteria: CriteriaSet, usable: Truth) -> _Findings:
    blasts = None if seen.evaluable_marrow is Truth.FALSE else seen.bm_blast_pct
    clear_places = all_of((negate(seen.pb_blasts), negate(seen.emd)))
    anc_valid = all_of((negate(seen.gcsf_7d), usable))
    platelets_valid = all_of((negate(seen.platelets_7d), usable))
    op = criteria.recovery_op
    anc_cr = _valid(compare(seen.anc, op, criteria.anc), anc_valid)
    platelets_cr = _valid(compare(seen.platelets, op, criteria.platelets), platelets_valid)
    marrow_missing = Truth.of(seen.evaluable_marrow is Truth.FALSE)
    new_place = all_of((seen.emd, seen.emd_new))
    return _Findings(
        clear=all_of((compare(blasts, "<", PR_LOWEST_PCT), clear_places)),
        anc_cr=anc_cr,
        platelets_cr=platelets_cr,
        anc_crh=_valid(compare(seen.anc, ">", criteria.anc_crh), anc_valid),
        platelets_crh=_valid(compare(seen.platelets, ">", criteria.platelets_crh), platelets_valid),
        trilineage=seen.trilineage if criteria.trilineage else Truth.TRUE,
        exactly_5=all_of((compare(blasts, "=", PR_LOWEST_PCT), clear_places)),
        relapse=all_of((seen.prior_crc, _disease(seen, blasts, criteria))),
        no_evidence=all_of((marrow_missing, clear_places)),
        partial=all_of((_fallen(seen, blasts), clear_places, anc_cr, platelets_cr)),
        progressive=any_of((_risen(seen, blasts), new_place)),
    )


def _valid(truth: Truth, valid: Truth) -> Truth:
    return truth if valid is Truth.TRUE else Truth.UNKNOWN


def _disease(seen: Assessment, blasts: Quantity | Decimal | None, criteria: CriteriaSet) -> Truth:
    blood = all_of((seen.pb_blasts, seen.pb_blasts_confirmed))
    marrow = any_of(
        (compare(blasts, criteria.relapse_op, criteria.relapse_pct), _second(seen, blasts, criteria))
    )
    # A remission had no extramedullary disease, so what is there now is new unless somebody says otherwise.
    new_place = Truth.FALSE if seen.emd_new is Truth.FALSE else seen.emd
    return any_of((marrow, blood, new_place))


def _second(seen: Assessment, blasts: Quantity | Decimal | None, criteria: CriteriaSet) -> Truth:
    """Fewer blasts than make a relapse by themselves, and a second test that finds them too."""
    if criteria.second_test_pct is None:
        return Truth.FALSE
    found = compare(seen.mrd_fraction, ">=", SECOND_TEST_FRACTION)
    return all_of((compare(blasts, ">=", criteria.second_test_pct), found))


def _fallen(seen: Assessment, blasts: Quantity | Decimal | None) -> Truth:
    within = all_of((compare(blasts, ">=", PR_LOWEST_PCT), compare(blasts, "<=", PR_HIGHEST_PCT)))
    baseline = seen.baseline_blast_pct
    fallen = compare(blasts, "<=", None if baseline is None else baseline * (1 - PR_FALL))
    return all_of((within, fallen))


def _risen(seen: Assessment, blasts: Quantity | Decimal | None) -> Truth:
    baseline = seen.baseline_blast_pct
    marrow = compare(blasts, ">=", None if baseline is None else baseline * PD_RISE)
    # Nobody's blasts rise by a quarter and stay below 5 % as a progression: that is for the remission rules.
    marrow = all_of((marrow, compare(blasts, ">=", PR_LOWEST_PCT)))
    return any_of((marrow, all_of((seen.pb_blasts, seen.pb_blasts_risen))))


def _rules(
    found: _Findings, rules: ResponseRulesLike, criteria: CriteriaSet
) -> Sequence[tuple[Category, Truth]]:
    remission = all_of((found.clear, found.trilineage))
    both = all_of((found.anc_cr, found.platelets_cr))
    both_fail = all_of((negate(found.anc_cr), negate(found.platelets_cr)))
    some_fail, unrecovered = negate(both), both_fail
    if rules.cri_allow_both_fail or rules.literal_mlfs_is_cri:
        incomplete, unrecovered = some_fail, Truth.FALSE
    else:
        incomplete = all_of((some_fail, negate(both_fail)))
    partly = all_of((found.anc_crh, found.platelets_crh))
    return (
        (Category.NE, found.no_evidence),
        (Category.RELAPSE, found.relapse),
        (Category.INDETERMINATE_5PCT, found.exactly_5),
        (Category.CR, all_of((remission, both))),
        (Category.CRH, all_of((remission, partly, Truth.of(rules.crh)))),
        (Category.CRI, all_of((remission, incomplete))),
        (Category.MLFS, all_of((found.clear, any_of((unrecovered, negate(found.trilineage)))))),
        (Category.PR, found.partial),
        (Category.PD, found.progressive),
        # With clear marrow, blood and sites one of the remission rules holds, even where it is open which.
        (Category.NR, negate(found.clear)),
    )


def _possible(steps: tuple[Step, ...]) -> tuple[Category, ...]:
    open_still: list[Category] = []
    for step in steps:
        if step.truth is not Truth.FALSE:
            open_still.append(step.rule)
        if step.truth is Truth.TRUE:
            break
    return tuple(open_still)


def _warnings(
    seen: Assessment,
    rules: ResponseRulesLike,
    criteria: CriteriaSet,
    category: Category,
    usable: Truth,
) -> tuple[ResponseWarning, ...]:
    remission = category in (Category.CR, Category.CRH, Category.CRI, Category.MLFS)
    mrd_high = seen.mrd_fraction is not None and seen.mrd_fraction >= ELN_MRD_FAILURE
    between = (Category.PR, Category.PD, Category.NR)
    told = {
        ResponseWarning.MRD_1PCT: rules.mrd_1pct_warning and remission and mrd_high,
        ResponseWarning.REPEAT_MARROW: category is Category.INDETERMINATE_5PCT,
        ResponseWarning.CONFIRM_BLOOD_BLASTS: seen.pb_blasts is Truth.TRUE
        and seen.prior_crc is Truth.TRUE
        and not seen.pb_blasts_confirmed.known,
        ResponseWarning.COUNTS_SUPPORTED: Truth.TRUE in (seen.gcsf_7d, seen.platelets_7d),
        ResponseWarning.COUNTS_NOT_IN_WINDOW: usable is Truth.FALSE,
        ResponseWarning.CONFIRM_AFTER_4_WEEKS: criteria.confirm_4_weeks and category is Category.CR,
        ResponseWarning.BLASTS_AFTER_REMISSION: seen.prior_crc is Truth.TRUE and category in between,
        ResponseWarning.SECOND_TEST: seen.mrd_fraction is None
        and all_of((seen.prior_crc, _from_second_test(seen, criteria))) is Truth.TRUE,
    }
    return tuple(warning for warning, holds in told.items() if holds)


def _from_second_test(seen: Assessment, criteria: CriteriaSet) -> Truth:
    """Whether the blasts are so many that a second test decides, and fewer than decide by themselves."""
    if criteria.second_test_pct is None:
        return Truth.FALSE
    least = compare(seen.bm_blast_pct, ">=", criteria.second_test_pct)
    return all_of((least, compare(seen.bm_blast_pct, "<", criteria.relapse_pct)))


def repeat_marrow_by(seen: Assessment) -> date | None:
    """The day by which a marrow with exactly 5 % blasts is repeated: 14 days later (assumption)."""
    return None if seen.marrow_on is None else seen.marrow_on + timedelta(days=REPEAT_MARROW_DAYS)


_SAYS: dict[Category, Text] = {
    Category.NE: Text(
        "the marrow cannot be evaluated and nothing else shows disease", "骨髓不可评估且无其他疾病证据"
    ),
    Category.RELAPSE: Text("disease is back after a remission", "缓解后疾病复发"),
    Category.INDETERMINATE_5PCT: Text("marrow blasts are exactly 5 %", "骨髓原始细胞恰为5%"),
    Category.CR: Text(
        "blasts below 5 %, none in blood, no extramedullary disease, both counts recovered",
        "原始细胞低于5%，外周血无原始细胞，无髓外病变，两项血象均恢复",
    ),
    Category.CRH: Text(
        "as CR, with neutrophils above 0.5 and platelets above 50", "同CR，中性粒细胞大于0.5且血小板大于50"
    ),
    Category.CRI: Text("as CR, but the counts have recovered incompletely", "同CR，但血象恢复不完全"),
    Category.MLFS: Text("blasts below 5 % without recovery of the counts", "原始细胞低于5%但血象未恢复"),
    Category.PR: Text(
        "blasts 5 to 25 %, fallen by half or more, counts of CR", "原始细胞5%至25%且下降50%以上，血象达CR标准"
    ),
    Category.PD: Text(
        "blasts rose by 25 % or more, or new extramedullary disease", "原始细胞升高25%以上，或新发髓外病变"
    ),
    Category.NR: Text("none of the rules above", "不符合以上任何一条"),
}
_ANSWERS = {
    Truth.TRUE: Text("yes", "是"),
    Truth.FALSE: Text("no", "否"),
    Truth.UNKNOWN: Text("not decidable from what is recorded", "现有记录无法判断"),
}


def _step(rule: Category, truth: Truth) -> Step:
    says, answer = _SAYS[rule], _ANSWERS[truth]
    sentence = Text(f"{rule}: {says.en}: {answer.en}.", f"{rule}：{says.zh}：{answer.zh}。")
    return Step(rule, truth, sentence)
