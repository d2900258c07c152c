"""Compares what the registry states with what the rules of a protocol file do, and says where they contradict.

A finding is no error: the file may be right and the registry out of date, or the registry may say two things. It is
shown on the protocol's page and acknowledged by whoever adds the version.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from trialsite.clinical.dates import add_months
from trialsite.clinical.facts import Fact
from trialsite.clinical.kleene import Truth
from trialsite.clinical.rules import Comparison, Literal, comparisons, evaluate, parse_rule
from trialsite.clinical.rules.tree import Multiple
from trialsite.studies.domain.protocol import Criterion, Protocol, RegistryEntry
from trialsite.studies.domain.registry import RegistryOutcome, Statement
from trialsite.studies.domain.values import Text

AGES = range(0, 121)
ADULT = 18
SIGNERS = {"patient": "患者", "guardian": "监护人", "assent": "未成年人本人（同意）"}
DESIGNS = {"single-arm": "单臂", "randomised": "随机对照"}
# HCT-CI items of 3 points, each alone a score of 3: fact → (the value up to which it does not score, times ULN).
# Sorror et al., Blood 2005;106:2912.
SEVERE_ABOVE = {"tbil": Decimal("1.5"), "alt": Decimal("2.5"), "ast": Decimal("2.5")}
SEVERE_UP_TO = {"fev1_pp": Decimal(65), "dlco_pp": Decimal(65)}
SEVERE_POINTS = 3
FACT_WORDS = {
    "tbil": Text("total bilirubin", "总胆红素"),
    "alt": Text("ALT", "ALT"),
    "ast": Text("AST", "AST"),
    "fev1_pp": Text("FEV1", "FEV1"),
    "dlco_pp": Text("DLCO", "DLCO"),
}


@dataclass(frozen=True)
class RegistryFinding:
    """One contradiction: a name that stays the same, the sentence, where it was read, the sponsor's question if any."""

    code: str
    text: Text
    cite: str
    question: str = ""


def registry_findings(protocol: Protocol) -> tuple[RegistryFinding, ...]:
    """Every contradiction between registry and rules, in the order of the entries; () where none is known."""
    found = list(_design_findings(protocol))
    for entry in protocol.registration.entries:
        found += _findings_of(protocol, entry)
    found += _consent_findings(protocol)
    found += _hctci_findings(protocol)
    return tuple(_once(found))


def admitted_ages(protocol: Protocol) -> tuple[int, ...]:
    """The completed years at consent that no criterion rules out by age alone."""
    rules = [(one, parse_rule(one.rule)) for one in protocol.criteria]
    return tuple(
        age
        for age in AGES
        if not any(
            evaluate(rule, {"age_years": Fact(Decimal(age))}).truth
            is (Truth.FALSE if one.kind == "inclusion" else Truth.TRUE)
            for one, rule in rules
        )
    )


def _once(found: list[RegistryFinding]) -> Iterator[RegistryFinding]:
    """Two registration texts that say the same give one finding, with both places."""
    by_text: dict[tuple[str, Text], RegistryFinding] = {}
    for one in found:
        key = (one.code.partition("@")[0], one.text)
        known = by_text.get(key)
        by_text[key] = one if known is None else replace(known, cite=f"{known.cite}; {one.cite}")
    yield from by_text.values()


def _findings_of(protocol: Protocol, entry: RegistryEntry) -> Iterator[RegistryFinding]:
    yield from _number(protocol, entry)
    yield from _ages(protocol, entry)
    yield from _fields(protocol, entry)
    for outcome in entry.outcomes:
        yield from _outcome(protocol, entry, outcome)
    yield from _accrual(protocol, entry)
    for number, statement in enumerate(entry.statements, start=1):
        yield from _statement(entry, statement, number)


def _number(protocol: Protocol, entry: RegistryEntry) -> Iterator[RegistryFinding]:
    stated, planned = entry.planned_enrolment, protocol.planned_enrolment
    others = [one for one in protocol.registration.entries if one.planned_enrolment is not None]
    if stated is None and others:
        text = Text(
            f"Registration {entry.id} states no planned number, registration {others[0].id} states"
            f" {others[0].planned_enrolment}.",
            f"注册文本{entry.id}未载明计划入组数，注册文本{others[0].id}为{others[0].planned_enrolment}。",
        )
        yield RegistryFinding(f"number@{entry.id}", text, entry.cite)
    elif stated is not None and stated != planned:
        text = Text(
            f"The registry plans {stated} subjects, the file {planned if planned else 'states none'}.",
            f"注册计划入组{stated}例，本文件为{planned if planned else '未载明'}。",
        )
        yield RegistryFinding(f"number@{entry.id}", text, entry.cite)
    site_sum = sum(site.planned or 0 for site in protocol.sites)
    if stated is not None and all(site.planned for site in protocol.sites) and site_sum != stated:
        text = Text(
            f"The planned numbers of the sites add up to {site_sum}, the registry plans {stated}.",
            f"各中心计划数之和为{site_sum}，注册计划为{stated}。",
        )
        yield RegistryFinding(f"site-numbers@{entry.id}", text, entry.cite)


def _ages(protocol: Protocol, entry: RegistryEntry) -> Iterator[RegistryFinding]:
    ages = admitted_ages(protocol)
    if not ages:
        return
    low, high = ages[0], ages[-1] if ages[-1] < AGES[-1] else None
    stated, ruled = _span(entry.min_age, entry.max_age), _span(low, high)
    if stated is None and ruled is not None:
        text = Text(
            f"Registration {entry.id} states no age in numbers; the criteria admit {ruled.en}.",
            f"注册文本{entry.id}未以数字载明年龄；入选标准为{ruled.zh}。",
        )
        yield RegistryFinding(f"ages@{entry.id}", text, entry.cite)
    elif stated is not None and (entry.min_age, entry.max_age) != (low, high):
        text = Text(
            f"The registry admits {stated.en}, the criteria admit {ruled.en if ruled else 'every age'}.",
            f"注册年龄为{stated.zh}，入选标准为{ruled.zh if ruled else '不限年龄'}。",
        )
        yield RegistryFinding(f"ages@{entry.id}", text, entry.cite)


def _span(low: int | None, high: int | None) -> Text | None:
    """An age range in words; None where it is open at both ends."""
    if not low and high is None:
        return None
    if high is None:
        return Text(f"{low} years and older", f"{low}岁及以上")
    return Text(f"{low or 0} to {high} years", f"{low or 0}～{high}岁")


def _fields(protocol: Protocol, entry: RegistryEntry) -> Iterator[RegistryFinding]:
    if entry.allocation is not None and entry.allocation != protocol.design:
        text = Text(
            f"The registry says {entry.allocation}, the file {protocol.design}.",
            f"注册为{DESIGNS[entry.allocation]}，本文件为{DESIGNS[protocol.design]}。",
        )
        yield RegistryFinding(f"allocation@{entry.id}", text, entry.cite)
    if entry.phase is not None and entry.phase != protocol.phase:
        text = Text(
            f"The registry says phase {entry.phase}, the file phase {protocol.phase}.",
            f"注册为{entry.phase}期，本文件为{protocol.phase}。",
        )
        yield RegistryFinding(f"phase@{entry.id}", text, entry.cite)
    several = len(protocol.sites) > 1
    if entry.multicentre is not None and entry.multicentre != several:
        text = Text(
            f"The registry says {'several centres' if entry.multicentre else 'one centre'}, the file names"
            f" {len(protocol.sites)}.",
            f"注册为{'多中心' if entry.multicentre else '单中心'}，本文件列出{len(protocol.sites)}个中心。",
        )
        yield RegistryFinding(f"centres@{entry.id}", text, entry.cite)


def _outcome(protocol: Protocol, entry: RegistryEntry, outcome: RegistryOutcome) -> Iterator[RegistryFinding]:
    plan = next((one for one in protocol.endpoints if one.key == outcome.endpoint), None)
    code = f"{outcome.endpoint}@{entry.id}"
    if plan is None:
        text = Text(
            f"The registry measures {outcome.endpoint}, the file has no such endpoint.",
            f"注册列有终点{outcome.endpoint}，本文件没有。",
        )
        yield RegistryFinding(f"outcome-missing:{code}", text, entry.cite)
        return
    name = plan.name
    if plan.role != outcome.role:
        text = Text(
            f"{name.en} is {outcome.role} in the registry and {plan.role} in the file.",
            f"{name.zh}：注册为{ROLES[outcome.role]}终点，本文件为{ROLES[plan.role]}终点。",
        )
        yield RegistryFinding(f"outcome-role:{code}", text, entry.cite)
    stated, frame = outcome.landmark_months, outcome.time_frame_months
    if stated is not None and frame is not None and stated != frame:
        text = Text(
            f"{name.en}: the registry names {stated} months and gives {frame} months as time frame; the file"
            f" reads it at {_months(plan.landmark_months)} months.",
            f"{name.zh}：注册指标为{stated}个月，时限为{frame}个月；本文件在{_months(plan.landmark_months)}个月评估。",
        )
        yield RegistryFinding(f"time-frame:{code}", text, entry.cite, _question(protocol, "time_frame"))
    if stated is not None and plan.landmark_months != stated:
        text = Text(
            f"{name.en}: the registry reads it at {stated} months, the file at {_months(plan.landmark_months)}.",
            f"{name.zh}：注册为{stated}个月，本文件为{_months(plan.landmark_months)}个月。",
        )
        yield RegistryFinding(f"landmark:{code}", text, entry.cite)
    if frame is not None and plan.horizon_months is not None and plan.horizon_months != frame:
        text = Text(
            f"{name.en}: the registry follows up for {frame} months, the file for {plan.horizon_months}.",
            f"{name.zh}：注册随访{frame}个月，本文件为{plan.horizon_months}个月。",
        )
        yield RegistryFinding(f"follow-up:{code}", text, entry.cite)


ROLES = {"primary": "主要", "secondary": "次要", "exploratory": "探索性"}


def _months(value: Decimal | None) -> str:
    return "–" if value is None else str(value)


def _question(protocol: Protocol, about: str) -> str:
    """The sponsor's question about a matter, as an entry names it; "" where none does."""
    named = (entry.questions.get(about) for entry in protocol.registration.entries)
    return next((question for question in named if question), "")


def _accrual(protocol: Protocol, entry: RegistryEntry) -> Iterator[RegistryFinding]:
    """Whether everybody who is to be enrolled can reach the primary landmark by the registry's primary completion."""
    primary = next((one for one in protocol.endpoints if one.role == "primary"), None)
    start, done, accrual = entry.start, entry.primary_completion, protocol.accrual_months
    if primary is None or start is None or done is None or accrual is None:
        return
    landmark = primary.landmark_months
    if landmark is None:
        return
    last = add_months(done, -int(landmark))
    if last < add_months(start, accrual):
        months = _months_between(start, last)
        text = Text(
            f"{primary.name.en}: for {landmark} months by the primary completion ({done}) the last"
            f" subject must start it by {last}, {months} months after the start of the trial; accrual is planned for"
            f" {accrual} months.",
            f"{primary.name.zh}：如需在主要完成日期（{done}）前满{landmark}个月，末例须在{last}前开始"
            f"计时，即试验开始后{months}个月；而计划入组期为{accrual}个月。",
        )
        yield RegistryFinding(f"accrual@{entry.id}", text, entry.cite)


def _months_between(start: date, end: date) -> int:
    return (end.year - start.year) * 12 + end.month - start.month - (end.day < start.day)


def _statement(entry: RegistryEntry, statement: Statement, number: int) -> Iterator[RegistryFinding]:
    if len({saying.value for saying in statement.says}) < 2:
        return
    en = " and ".join(f"“{saying.text.en}”" for saying in statement.says)
    zh = "、".join(f"“{saying.text.zh}”" for saying in statement.says)
    text = Text(
        f"{statement.about.en}: the registry says {en}.", f"{statement.about.zh}：注册文本说法不一：{zh}。"
    )
    cite = "; ".join(saying.cite for saying in statement.says)
    yield RegistryFinding(f"statement:{number}@{entry.id}", text, cite, statement.question or "")


def _design_findings(protocol: Protocol) -> Iterator[RegistryFinding]:
    """A comparison of randomised arms that is counted from a later day than the randomisation."""
    for plan in protocol.endpoints:
        if protocol.design == "randomised" and plan.role == "primary" and plan.origin != "randomisation":
            text = Text(
                f"{plan.name.en} is counted from a day after the randomisation: who never reaches it is left out, and"
                " the arms are no longer those that were drawn.",
                f"{plan.name.zh}自随机之后的日期起算：未达到该日期者不计入，组间比较不再是随机分配的两组。",
            )
            yield RegistryFinding(f"origin:{plan.key}", text, plan.cite, _question(protocol, "origin"))


def _consent_findings(protocol: Protocol) -> Iterator[RegistryFinding]:
    ages = admitted_ages(protocol)
    rules = protocol.consent
    bare = [age for age in ages if not rules.signers_at(age)]
    if bare:
        text = Text(
            f"The criteria admit subjects of {bare[0]} years, and nobody is named to sign their consent.",
            f"入选标准允许{bare[0]}岁受试者，但未规定由谁签署知情同意书。",
        )
        yield RegistryFinding("consent-nobody", text, rules.cite)
    if any("guardian" in rules.signers_at(age) for age in ages if age >= ADULT):
        text = Text("A guardian signs for adults too.", "成人受试者亦须监护人签署知情同意书。")
        yield RegistryFinding("consent-guardian-of-adults", text, rules.cite, _question(protocol, "consent"))
    for entry in protocol.registration.entries:
        yield from _stated_consent(protocol, entry, ages)


def _stated_consent(
    protocol: Protocol, entry: RegistryEntry, ages: tuple[int, ...]
) -> Iterator[RegistryFinding]:
    if not entry.consent:
        return
    other = [age for age in ages if set(protocol.consent.signers_at(age)) - {""} != set(entry.consent)]
    if other:
        signers = protocol.consent.signers_at(other[0])
        text = Text(
            f"The registry has the consent signed by: {', '.join(entry.consent)}; at {other[0]} years the file asks"
            f" for: {', '.join(signers) or 'nobody'}.",
            f"注册文本规定由{_signers(entry.consent)}签署知情同意书；本文件对{other[0]}岁受试者要求："
            f"{_signers(signers) or '无'}。",
        )
        yield RegistryFinding(f"consent@{entry.id}", text, entry.cite, _question(protocol, "consent"))


def _signers(who: tuple[str, ...]) -> str:
    return "、".join(SIGNERS[one] for one in who)


def _hctci_findings(protocol: Protocol) -> Iterator[RegistryFinding]:
    """Limits that a low HCT-CI makes unreachable: beyond them one item of 3 points alone exceeds the score."""
    gate = next((one for one in protocol.criteria if _highest_score(one) < SEVERE_POINTS), None)
    if gate is None:
        return
    for criterion in protocol.criteria:
        for comparison in comparisons(parse_rule(criterion.rule)) if criterion.kind == "inclusion" else ():
            if limits := _tightened(comparison):
                stated, real = limits
                fact = FACT_WORDS[comparison.fact]
                text = Text(
                    f"Criterion {criterion.id} admits {fact.en} {stated}, but where it is not {real} one HCT-CI item"
                    f" alone scores {SEVERE_POINTS} points and {gate.id} fails: the effective limit is {real}.",
                    f"标准{criterion.id}允许{fact.zh} {stated}，但不满足{real}时HCT-CI单项即计{SEVERE_POINTS}分，不符合"
                    f"{gate.id}：实际界限为{real}。",
                )
                yield RegistryFinding(f"hctci:{criterion.id}:{comparison.fact}", text, criterion.cite)


def _highest_score(criterion: Criterion) -> Decimal:
    """The highest HCT-CI that an inclusion admits; no limit where it has none."""
    for one in comparisons(parse_rule(criterion.rule)) if criterion.kind == "inclusion" else ():
        if (
            one.fact == "hctci"
            and isinstance(one.limit, Literal)
            and isinstance(one.limit.values[0], Decimal)
        ):
            if one.op == "<":
                return one.limit.values[0] - 1
            if one.op == "<=":
                return one.limit.values[0]
    return Decimal("Infinity")


def _tightened(comparison: Comparison) -> tuple[str, str] | None:
    """The stated and the effective limit of a comparison, where a severe HCT-CI item lies inside the stated one."""
    severe = SEVERE_ABOVE.get(comparison.fact)
    if severe is not None and comparison.op in ("<", "<=") and isinstance(comparison.limit, Multiple):
        if comparison.limit.times > severe:
            sign = "≤" if comparison.op == "<=" else "<"
            return f"{sign} {comparison.limit.times} × ULN", f"≤ {severe} × ULN"
        return None
    floor = SEVERE_UP_TO.get(comparison.fact)
    if floor is None or comparison.op not in (">", ">=") or not isinstance(comparison.limit, Literal):
        return None
    value = comparison.limit.values[0]
    if not isinstance(value, Decimal) or value > floor or (value == floor and comparison.op == ">"):
        return None
    return f"{'≥' if comparison.op == '>=' else '>'} {value} %", f"> {floor} %"
