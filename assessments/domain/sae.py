"""Serious adverse events: what makes an event serious, what makes it a SUSAR, and who must be told until when.

Sources: ICH E2A (criteria, SUSAR); Chinese GCP 2020, article 26, and the NMPA standard of 2018 on expedited reporting
(day 0 is the day on which the sponsor knows). How long somebody has stands in each trial's protocol file
(`adverse_events.clocks`). An investigator-initiated trial reports through its institution.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from trialsite.clinical.kleene import Truth, all_of, any_of
from trialsite.clinical.text import Text
from trialsite.studies.domain.reporting_clocks import ReportingClock, ReportingClocks

SPONSOR_ZONE = (
    "Asia/Shanghai"  # the sponsor's calendar: the days of day clocks end at midnight there (assumption)
)


class Criterion(StrEnum):
    """What makes an event serious; one is enough."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    PROLONGATION = "prolongation"
    DISABILITY = "disability"
    CONGENITAL = "congenital"
    IMPORTANT = "important"


GRAVE = (Criterion.DEATH, Criterion.LIFE_THREATENING)
RELATED = frozenset({"RELATED", "POSSIBLE"})  # "unlikely" excludes the relation (assumption)
NOT_RELATED = frozenset({"UNLIKELY", "NOT_RELATED", "NA"})  # NA: not given
EXPECTED, UNEXPECTED = "EXPECTED", "UNEXPECTED"


class ClockKind(StrEnum):
    """What must be done in time."""

    FORM = "form"  # an event recorded as serious has no SAE form yet
    ADMISSION = "admission"  # a stay in hospital looks like an SAE: report it, or say why not
    INTEREST = (
        "interest"  # an event of special interest that is told to the sponsor within hours, as a pregnancy
    )
    SPONSOR = "sponsor"
    ETHICS = "ethics"
    REGULATOR = "regulator"
    FOLLOW_UP = "follow_up"


# What each clock of the protocol file runs from and to.
CLOCK_WORDS = {
    "sae_form": Text("an event recorded as serious, to its SAE report", "记为严重的不良事件至提交SAE报告"),
    "sae_to_sponsor": Text(
        "the site knows of an SAE, to its report to the sponsor", "研究中心获知SAE至报告申办者"
    ),
    "sae_to_ethics": Text(
        "the site knows of a fatal or life-threatening SAE, to its report to the ethics committee",
        "研究中心获知致死或危及生命的SAE至报告伦理委员会",
    ),
    "special_interest": Text(
        "the site knows of an event of special interest, to its report to the sponsor",
        "研究中心获知特别关注的不良事件至报告申办者",
    ),
    "susar_grave": Text(
        "the sponsor knows of a fatal or life-threatening SUSAR (day 0), to its report to the authority",
        "申办者获知致死或危及生命的SUSAR（第0天）至报告监管部门",
    ),
    "susar_other": Text(
        "the sponsor knows of another SUSAR (day 0), to its report to the authority",
        "申办者获知其他SUSAR（第0天）至报告监管部门",
    ),
    "susar_follow_up": Text(
        "the first report of a fatal or life-threatening SUSAR, to its follow-up",
        "致死或危及生命的SUSAR首次报告至随访报告",
    ),
}


def due_at(rule: ReportingClock, start: datetime, zone: str = SPONSOR_ZONE) -> datetime:
    """The last instant in time. Hours run on the calendar, weekends and holidays count.

    Days are calendar days after day 0, the day of `start` in the zone; the last of them ends at midnight there.
    """
    if rule.hours:
        return start + timedelta(hours=rule.hours)
    there = ZoneInfo(zone)
    last = start.astimezone(there).date() + timedelta(days=rule.days)
    return datetime.combine(last, time.max, tzinfo=there)


@dataclass(frozen=True)
class Verdict:
    """Whether something holds, with the sentences that say why."""

    truth: Truth
    reasons: tuple[Text, ...]


def is_serious(criteria: Mapping[Criterion, bool | None]) -> Truth:
    """Whether any criterion is met; one that was not answered is unknown, never no."""
    return any_of(Truth.of(criteria.get(one)) for one in Criterion)


def is_grave(criteria: Mapping[Criterion, bool | None]) -> Truth:
    """Whether the event was fatal or threatened life."""
    return any_of(Truth.of(criteria.get(one)) for one in GRAVE)


def is_related(judgements: Mapping[str, str]) -> Truth:
    """Whether one judge leaves open that any treatment caused the event: treatment → code of causality, "" unknown.

    Unknown without any judgement; a treatment that was not given (NA) caused nothing.
    """
    return any_of(related(code) for code in judgements.values()) if judgements else Truth.UNKNOWN


def related(code: str) -> Truth:
    return Truth.TRUE if code in RELATED else Truth.FALSE if code in NOT_RELATED else Truth.UNKNOWN


def susar(
    criteria: Mapping[Criterion, bool | None],
    investigator: Mapping[str, str],
    sponsor: Mapping[str, str],
    expectedness: str,
) -> Verdict:
    """Suspected unexpected serious adverse reaction: serious, related by either judge, unexpected.

    Where the judges disagree it is related. `expectedness`: EXPECTED, UNEXPECTED, "" while nobody compared the event
    with the reference safety information. Source: ICH E2A; NMPA 2018.
    """
    parts = {
        "serious": is_serious(criteria),
        "related": any_of((is_related(investigator), is_related(sponsor))),
        "unexpected": {UNEXPECTED: Truth.TRUE, EXPECTED: Truth.FALSE}.get(expectedness, Truth.UNKNOWN),
    }
    truth = all_of(parts.values())
    if truth is Truth.UNKNOWN:
        return Verdict(truth, tuple(missing(parts, investigator, sponsor)))
    wanted = [name for name, part in parts.items() if part is truth]
    return Verdict(truth, tuple(PART_WORDS[name, truth] for name in wanted))


PART_WORDS = {
    ("serious", Truth.TRUE): Text("serious", "严重"),
    ("serious", Truth.FALSE): Text("no criterion of seriousness is met", "不符合任何严重性标准"),
    ("related", Truth.TRUE): Text(
        "the investigator or the sponsor does not exclude a relation", "研究者或申办者不能排除相关性"
    ),
    ("related", Truth.FALSE): Text(
        "investigator and sponsor both exclude a relation", "研究者与申办者均排除相关性"
    ),
    ("unexpected", Truth.TRUE): Text("unexpected", "非预期"),
    ("unexpected", Truth.FALSE): Text(
        "expected by the reference safety information", "属于安全性参考信息中的预期反应"
    ),
}


def missing(
    parts: Mapping[str, Truth], investigator: Mapping[str, str], sponsor: Mapping[str, str]
) -> Iterator[Text]:
    """What keeps it from being decided."""
    if parts["serious"] is Truth.UNKNOWN:
        yield Text("cannot be decided: criteria of seriousness missing", "无法判定：缺少严重性标准")
    if parts["related"] is Truth.UNKNOWN:
        if is_related(investigator) is Truth.UNKNOWN:
            yield Text(
                "cannot be decided: the investigator's causality missing", "无法判定：缺少研究者的因果判断"
            )
        if is_related(sponsor) is Truth.UNKNOWN:
            yield Text("cannot be decided: the sponsor's causality missing", "无法判定：缺少申办者的因果判断")
    if parts["unexpected"] is Truth.UNKNOWN:
        yield Text("cannot be decided: expectedness missing", "无法判定：缺少预期性判断")


@dataclass(frozen=True)
class Report:
    """What an SAE form and the sponsor's assessment say about time; None where it has not happened or is unknown."""

    criteria: Mapping[Criterion, bool | None]
    susar: Truth
    site_aware_at: datetime | None = None
    sponsor_told_at: datetime | None = None
    ethics_told_at: datetime | None = None
    sponsor_aware_at: datetime | None = None
    regulator_told_at: datetime | None = None
    follow_up_told_at: datetime | None = None


@dataclass(frozen=True)
class Clock:
    """One deadline; without a start it waits. `provisional`: it counts unless what is missing turns out otherwise."""

    kind: ClockKind
    started_at: datetime | None
    due_at: datetime | None
    done_at: datetime | None = None
    provisional: bool = False


def clock(
    kind: ClockKind,
    rule: ReportingClock,
    start: datetime | None,
    done: datetime | None = None,
    *,
    provisional: bool = False,
) -> Clock:
    return Clock(kind, start, due_at(rule, start) if start else None, done, provisional)


def clocks_of(report: Report, rules: ReportingClocks) -> list[Clock]:
    """The deadlines of one SAE by the clocks of its protocol.

    What is undecided counts as if it were so, on the shorter clock."""
    grave = is_grave(report.criteria)
    found = [clock(ClockKind.SPONSOR, rules.sae_to_sponsor, report.site_aware_at, report.sponsor_told_at)]
    if grave is not Truth.FALSE:
        open_ = grave is Truth.UNKNOWN
        found.append(
            clock(
                ClockKind.ETHICS,
                rules.sae_to_ethics,
                report.site_aware_at,
                report.ethics_told_at,
                provisional=open_,
            )
        )
    if report.susar is Truth.FALSE:
        return found
    open_ = Truth.UNKNOWN in (report.susar, grave)
    rule = rules.susar_other if grave is Truth.FALSE else rules.susar_grave
    told = report.regulator_told_at
    found.append(clock(ClockKind.REGULATOR, rule, report.sponsor_aware_at, told, provisional=open_))
    if told is not None and grave is Truth.TRUE and report.susar is Truth.TRUE:
        found.append(clock(ClockKind.FOLLOW_UP, rules.susar_follow_up, told, report.follow_up_told_at))
    return found


def interest_clock(
    kind: str, known: datetime | None, told: Iterable[datetime | None], rules: ReportingClocks
) -> Clock | None:
    """The deadline of an event of special interest; None of a kind that the protocol does not report within hours.

    kind: its code. known: when the site knew. told: each report of it to the sponsor, the first one counts; that of an
    SAE report is one too."""
    if kind not in rules.special_interest.kinds:
        return None
    first = min((one for one in told if one is not None), default=None)
    return clock(ClockKind.INTEREST, rules.special_interest, known, first)


class State(StrEnum):
    """How a deadline stands."""

    WAITING = "waiting"
    RUNNING = "running"
    OVERDUE = "overdue"
    DONE = "done"
    DONE_LATE = "done_late"


def state_of(due: datetime | None, done: datetime | None, now: datetime) -> State:
    """How a deadline stands; the last instant itself is in time."""
    if done is not None:
        return State.DONE_LATE if due is not None and done > due else State.DONE
    if due is None:
        return State.WAITING
    return State.OVERDUE if now > due else State.RUNNING


class Point(StrEnum):
    """When people are reminded of a deadline."""

    NEW = "new"
    HALF = "half"
    OVERDUE = "overdue"


def points_reached(start: datetime, due: datetime, now: datetime) -> list[Point]:
    """The points of a running clock that have come: its start, half of its time, its end."""
    found = [Point.NEW] if now >= start else []
    if now >= start + (due - start) / 2:
        found.append(Point.HALF)
    if now > due:
        found.append(Point.OVERDUE)
    return found


@dataclass(frozen=True)
class Said:
    """One saved version of a report: its kind and, of a follow-up, its number."""

    kind: str
    number: int | None = None


INITIAL, FOLLOW_UP, FINAL = "INITIAL", "FOLLOW_UP", "FINAL"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a report, at which item."""

    item: str
    what: Text = field(default=Text("", ""))


def report_problems(now: Said, before: Iterable[Said], changed: str) -> Iterator[Problem]:
    """What is out of order in a version: first the initial, follow-ups count up from 1 and say what is new."""
    earlier = list(before)
    if not now.kind:
        yield Problem("report_kind", Text("Say which report this is.", "请注明报告类型。"))
    if now.kind in (FOLLOW_UP, FINAL) and not earlier:
        yield Problem(
            "report_kind", Text("The first report is the initial report.", "第一份报告应为首次报告。")
        )
    if now.kind == INITIAL and any(one.kind != INITIAL for one in earlier):
        yield Problem(
            "report_kind",
            Text(
                "A follow-up has been reported: this is a follow-up or the final report.",
                "已有随访报告：此报告应为随访报告或总结报告。",
            ),
        )
    reached = max((one.number or 0 for one in earlier), default=0)
    if now.kind == FOLLOW_UP and now.number not in (max(reached, 1), reached + 1):
        yield Problem(
            "follow_up_number",
            Text(
                f"The next follow-up has number {reached + 1}; to correct the last one keep its number.",
                f"下一份随访报告的编号为{reached + 1}；更正上一份时请保留其编号。",
            ),
        )
    if now.kind in (INITIAL, FINAL) and now.number is not None:
        yield Problem("follow_up_number", Text("Only a follow-up has a number.", "只有随访报告才有编号。"))
    if now.kind in (FOLLOW_UP, FINAL) and not changed.strip():
        yield Problem("what_changed", Text("Say what is new in this report.", "请说明本报告的新增内容。"))
