"""The answer of an endpoint for one subject: event or censoring, when, from which records, and why in a
sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from trialsite.clinical.facts import ItemAddress
from trialsite.clinical.text import Text

CENSORED_CODE, EVENT_CODE, FIRST_COMPETING_CODE = 0, 1, 2


class Status(StrEnum):
    """How a subject stands in an endpoint.

    EVENT: the event, or a competing one (then `cause` is 2 or more); a responder. CENSORED: followed without
    an event. NO_EVENT: a proportion's "no". NOT_IN_SET: does not count. NO_ORIGIN: counts, but the day from
    which time runs is not known. UNKNOWN: counts, but what is recorded does not say yet.
    """

    EVENT = "EVENT"
    CENSORED = "CENSORED"
    NO_EVENT = "NO_EVENT"
    NOT_IN_SET = "NOT_IN_SET"
    NO_ORIGIN = "NO_ORIGIN"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class EndpointResult:
    """One endpoint of one subject.

    in_set: None when membership cannot be decided without a data cut-off. days: `date − origin`, 0 allowed.
    cause: 0 censored or no event, 1 the event, 2 and up the competing events in the protocol's order; None
    when there is nothing to count. event_type: the event that came first. missing: what has to be recorded
    or completed. imputed: the date rests on a partial date and is provisional.
    """

    endpoint: str
    in_set: bool | None
    status: Status
    reason_code: str
    origin: date | None = None
    date: date | None = None
    days: int | None = None
    event_type: str | None = None
    cause: int | None = None
    params: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[ItemAddress, ...] = ()
    missing: tuple[str, ...] = ()
    imputed: bool = False

    @property
    def counts_in_time(self) -> bool:
        """Whether it is a row of a survival or incidence estimate."""
        return bool(self.in_set) and self.days is not None and self.cause is not None


def addresses(*sources: ItemAddress | None) -> tuple[ItemAddress, ...]:
    """The items a result rests on, each once, in the order named."""
    return tuple(dict.fromkeys(source for source in sources if source is not None))


EVENT_WORDS: dict[str, Text] = {
    "relapse": Text("relapse", "复发"),
    "death": Text("death", "死亡"),
    "death_without_relapse": Text("death without relapse", "无复发死亡"),
    "treatment_failure": Text("treatment failure", "治疗失败"),
    "first_crc": Text("first complete remission", "首次完全缓解"),
    "crc": Text("complete remission", "完全缓解"),
    "cr_or_cri": Text("CR or CRi", "CR 或 CRi"),
    "mrd_negative": Text("negative MRD", "MRD 阴性"),
    "mrd_negative_cr": Text("CR with negative MRD", "MRD 阴性的 CR"),
    "mrd_recurrence": Text("MRD recurrence", "MRD 复现"),
    "agvhd_2_4": Text("acute GVHD of grade II to IV", "II–IV 度急性 GVHD"),
    "agvhd_3_4": Text("acute GVHD of grade III or IV", "III–IV 度急性 GVHD"),
    "cgvhd": Text("chronic GVHD", "慢性 GVHD"),
    "cgvhd_moderate_severe": Text("moderate or severe chronic GVHD", "中重度慢性 GVHD"),
    "cgvhd_systemic": Text("chronic GVHD on systemic therapy", "需全身治疗的慢性 GVHD"),
    "graft_failure": Text("graft failure", "移植物失败"),
    "alive_relapse_free": Text("alive without relapse", "无复发生存"),
    "ae_grade_3": Text("adverse event of grade 3 or more", "3 级及以上不良事件"),
    "hsct": Text("transplantation", "移植"),
    "car_t": Text("CAR-T infusion", "CAR-T 回输"),
    "new_therapy": Text("new anti-leukaemic therapy", "新的抗白血病治疗"),
}

# Every reason a result can give. {event} is filled with words above, dates are ISO.
REASONS: dict[str, Text] = {
    "event": Text("{event} on {date}", "{date} 发生{event}"),
    "event_imputed": Text(
        "{event}, recorded as {recorded} only; provisional day {date}",
        "{event}，仅记录为 {recorded}；暂定日期 {date}",
    ),
    "competing": Text("{event} on {date} came first", "{date} 先发生{event}"),
    "competing_imputed": Text(
        "{event} came first, recorded as {recorded} only; provisional day {date}",
        "先发生{event}，仅记录为 {recorded}；暂定日期 {date}",
    ),
    "failure_on_first_day": Text(
        "{event}, counted on the first day (ELN convention)", "{event}，按 ELN 惯例记于第 1 天"
    ),
    "last_adequate_assessment": Text(
        "no event by the last adequate assessment on {date}", "至末次充分评估 {date} 未发生事件"
    ),
    "last_known_alive": Text("known alive on {date}", "{date} 确认存活"),
    "alive_at_cut_off": Text("alive at the data cut-off, {date}", "数据截止日 {date} 时存活"),
    "last_mrd_sample": Text("no event by the last MRD sample on {date}", "至末次 MRD 标本 {date} 未发生事件"),
    "no_assessment": Text(
        "no adequate assessment after {date}; censored on that day", "{date} 之后无充分评估，删失于当日"
    ),
    "follow_up_withdrawn": Text(
        "follow-up withdrawn on {withdrawn}; last date that counts {date}",
        "{withdrawn} 撤回随访同意；末次有效日期 {date}",
    ),
    "horizon": Text(
        "followed without event to {date}, {months} months", "随访至 {date}（{months} 个月）未发生事件"
    ),
    "intervention": Text("censored at {event} on {date} (sensitivity)", "{date} {event}，删失（敏感性分析）"),
    "gap": Text(
        "{event} on {event_date} after {missed} missed assessments; censored before the gap, on {date} (sensitivity)",
        "{event_date} {event}，此前缺失 {missed} 次评估；删失于缺失前的 {date}（敏感性分析）",
    ),
    "no_response_assessed": Text("no response was assessed", "未评估疗效"),
    "major_deviation": Text("has a major deviation", "有重大方案偏离"),
    "landmark_as_failure": Text(
        "not assessed on or after {landmark}: counted as not reached (sensitivity)",
        "{landmark} 当日或之后未评估：按未达到计（敏感性分析）",
    ),
    "not_treated": Text("not treated", "未接受治疗"),
    "no_crc": Text("no complete remission so far", "尚未达到完全缓解"),
    "not_transplanted": Text("not transplanted", "未移植"),
    "not_randomised": Text("not randomised", "未随机"),
    "follow_up_too_short": Text(
        "counts only from {evaluable_on}, when {months} months and 45 days have passed",
        "满 {months} 个月加 45 天，即 {evaluable_on} 起方可计入",
    ),
    "no_cut_off": Text(
        "needs a data cut-off; counts from {evaluable_on}", "需要数据截止日；{evaluable_on} 起计入"
    ),
    "data_use_withdrawn": Text("use of data withdrawn on {withdrawn}", "{withdrawn} 撤回数据使用同意"),
    "origin_unknown": Text("the day from which time runs is not known", "起点日期不详"),
    "event_date_unknown": Text(
        "{event} recorded as {recorded} only; its day is never filled in",
        "{event}仅记录为 {recorded}；该日期不作填补",
    ),
    "death_before_origin": Text(
        "death on {date} lies before the day from which time runs", "死亡日期 {date} 早于起点日期"
    ),
    "responder": Text("{event} on {date}", "{date} 记录到{event}"),
    "non_responder": Text("assessed; {event} not reached", "已评估；未达到{event}"),
    "not_assessed": Text("not assessed; counts as not reached", "未评估；按未达到计"),
    "none_recorded": Text("none recorded", "无记录"),
    "not_yet_assessed": Text("not assessed yet", "尚未评估"),
    "indeterminate": Text("assessed without a clear answer", "已评估，结果不确定"),
    "landmark_reached": Text(
        "assessed on {date} without event, after {landmark}", "{landmark} 之后于 {date} 评估，无事件"
    ),
    "landmark_not_reached": Text(
        "{event} on {date}, before {landmark} was over", "{landmark} 前于 {date} 发生{event}"
    ),
    "landmark_not_evaluable": Text(
        "not assessed on or after {landmark}: not evaluable, not reached nor missed",
        "{landmark} 当日或之后未评估：不可评估",
    ),
}


def reason_sentence(reason_code: str, params: Mapping[str, str], language: str = "en") -> str:
    """The reason of a result in English, or in Chinese for `zh…`. KeyError for a code that does not exist."""
    words = dict(params)
    if event := EVENT_WORDS.get(words.get("event", "")):
        words["event"] = event.in_language(language)
    sentence = REASONS[reason_code].in_language(language).format(**words)
    return sentence[:1].upper() + sentence[1:]


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of a survival or incidence estimate, and how many of the set could not be a row.

    `row` holds for each time the position of its result, so that a step of the curve leads back to its
    subject.
    """

    time: tuple[int, ...]
    cause: tuple[int, ...]
    row: tuple[int, ...]
    uncounted: int

    @property
    def status(self) -> tuple[int, ...]:
        """1 for the event, 0 for all else: what Kaplan–Meier wants."""
        return tuple(int(cause == EVENT_CODE) for cause in self.cause)


def sample_of(results: Iterable[EndpointResult]) -> Sample:
    """The results of one endpoint as times and causes; those outside the set are left out."""
    listed = list(results)
    rows = [(r.days, r.cause, i) for i, r in enumerate(listed) if r.counts_in_time]
    return Sample(
        time=tuple(days for days, _cause, _row in rows if days is not None),
        cause=tuple(cause for _days, cause, _row in rows if cause is not None),
        row=tuple(row for _days, _cause, row in rows),
        uncounted=sum(1 for r in listed if r.in_set and not r.counts_in_time),
    )


@dataclass(frozen=True, slots=True)
class Responders:
    """Counts of a proportion: `n` with an answer, of whom `responders`; `pending` still have none."""

    responders: int
    n: int
    pending: int


def responders_of(results: Iterable[EndpointResult]) -> Responders:
    """Responders of a proportion endpoint. At the final analysis the pending count as not responding: n +
    pending.
    """
    counted = [r for r in results if r.in_set]
    answered = [r for r in counted if r.cause is not None]
    responders = sum(1 for r in answered if r.cause == EVENT_CODE)
    return Responders(responders, len(answered), len(counted) - len(answered))
