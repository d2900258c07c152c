"""Whether the recruitment and randomisation of a protocol agree with its arms, strata and numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from decimal import Decimal
from itertools import pairwise

from trialsite.studies.domain.problems import Path
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.recruitment_plan import BLOCKS, MINIMISATION, Randomisation
from trialsite.studies.domain.rule_checks import unknown_fact

Found = Iterator[tuple[Path, str]]
HERE = "randomisation"


def randomisation_problems(protocol: Protocol, facts: Collection[str]) -> Found:
    """Every disagreement of the section `randomisation`."""
    plan = protocol.randomisation
    if plan is None:
        if protocol.design == "randomised":
            yield (HERE,), "A randomised trial needs ratio, block_sizes and strata here."
        return
    if protocol.design != "randomised":
        yield (
            ("design",),
            "A trial with `randomisation` is `randomised`; otherwise write `randomisation: null`.",
        )
    arms = [arm.key for arm in protocol.arms]
    if sorted(plan.ratio) != sorted(arms):
        yield (HERE, "ratio"), f"The ratio must name every arm once: {', '.join(arms)}."
    yield from _blocks(plan)
    yield from _minimisation(plan)
    for number, stratum in enumerate(plan.strata):
        here: Path = (HERE, "strata", number)
        if stratum.fact not in facts:
            yield (*here, "fact"), unknown_fact(stratum.fact, facts)
        if not stratum.levels:
            yield here, "A stratum needs two or more levels, or `by_site: true`."


def _blocks(plan: Randomisation) -> Found:
    if plan.method == BLOCKS and not plan.block_sizes:
        yield (HERE, "block_sizes"), "Permuted blocks need block_sizes."
    if plan.method != BLOCKS and plan.block_sizes:
        yield (HERE, "block_sizes"), f"The method {plan.method} has no blocks; leave block_sizes out."
    for number, size in enumerate(plan.block_sizes):
        if size % sum(plan.ratio.values()):
            sentence = f"A block of {size} cannot hold the ratio; accepted are multiples of the ratio's sum."
            yield (HERE, "block_sizes", number), sentence


def _minimisation(plan: Randomisation) -> Found:
    if (plan.minimisation is None) == (plan.method == MINIMISATION):
        yield (HERE, "minimisation"), "`method: minimisation` and the section `minimisation` go together."
        return
    if plan.minimisation is None:
        return
    largest = Decimal(max(plan.ratio.values())) / sum(plan.ratio.values())
    if plan.minimisation.probability < largest:
        sentence = (
            f"The probability of the best arm must not be below its share of the ratio ({largest:.4f})."
        )
        yield (HERE, "minimisation", "probability"), sentence
    if not plan.strata:
        yield (HERE, "strata"), "Minimisation needs the factors that it balances."


def recruitment_problems(protocol: Protocol) -> Found:
    """Every disagreement of the section `recruitment`."""
    plan, strata = protocol.recruitment, protocol.randomisation.strata if protocol.randomisation else ()
    known = {f"{one.key}={level.key}" for one in strata for level in one.levels}
    for number, cap in enumerate(plan.levels):
        if f"{cap.stratum}={cap.level}" not in known:
            accepted = ", ".join(sorted(known)) or "none without strata"
            yield (
                ("recruitment", "levels", number),
                f"There is no level {cap.stratum}={cap.level}; accepted: {accepted}.",
            )
    for number, (before, after) in enumerate(pairwise(plan.stages), start=1):
        if after.subjects <= before.subjects:
            yield (
                ("recruitment", "stages", number, "subjects"),
                "A stage ends after more subjects than the one before.",
            )
    planned = protocol.planned_enrolment
    for number, stage in enumerate(plan.stages):
        if planned is not None and stage.subjects >= planned:
            yield (
                ("recruitment", "stages", number, "subjects"),
                f"A stage ends before the planned number ({planned}).",
            )
