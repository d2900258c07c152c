"""What rooms read from later rooms by name: forms, facts, anchors, work, projections, pages of a subject.

Each room fills these in its `registrations.py`; nothing here imports a later room.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from trialsite.clinical.facts import Fact

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.db.models.expressions import Combinable
    from django.http import HttpRequest

    from trialsite.access.models import User
    from trialsite.studies.domain.protocol import ItemPlan
    from trialsite.studies.models import Study

    from .edit_checks import EditCheck, Fired
    from .forms import CasebookForm, RowForm
    from .models import CasebookRecord, Projection, Subject
    from .slots import OpenSlot, Slot

T = TypeVar("T")
R = TypeVar("R", bound="Model")


class Registry(Generic[T]):
    """Names and what stands behind them; a name is given once."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str, entry: T) -> None:
        if name in self._entries:
            raise ValueError(f"The {self.kind} '{name}' is registered twice.")
        self._entries[name] = entry

    def replace(self, name: str, entry: T) -> None:
        """Another entry under a name that is known."""
        self[name]
        self._entries[name] = entry

    def __getitem__(self, name: str) -> T:
        if name not in self._entries:
            known = ", ".join(sorted(self._entries))
            raise KeyError(f"No {self.kind} is called '{name}'. Known: {known}.")
        return self._entries[name]

    def get(self, name: str) -> T | None:
        return self._entries.get(name)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def items(self) -> Iterable[tuple[str, T]]:
        return self._entries.items()

    def values(self) -> Iterable[T]:
        return self._entries.values()


@dataclass(frozen=True)
class Finding:
    """What an edit check found at an item ("weight", or "results.2.value" of the third line that was typed)."""

    item: str
    message: Any


@dataclass(frozen=True)
class RowType:
    """The repeating lines of a form."""

    name: str
    model: type[Any]  # a CasebookRow with its `record`
    form: "type[RowForm]"
    title: Any = ""
    blank_lines: int = 3
    group: str = ""  # of the lines that a trial's own form has: which of its groups

    @property
    def fixed(self) -> dict[str, str]:
        """The columns that every line of this kind has alike."""
        return {"group": self.group} if self.group else {}

    def lines_of(self, record: Any) -> "QuerySet[Any]":
        """The lines of a form, the voided ones too."""
        return self.model.objects.filter(record=record, **self.fixed)

    def owns(self, line: Any) -> bool:
        """Whether a line of this model is of this kind."""
        return all(getattr(line, column) == value for column, value in self.fixed.items())

    @property
    def accessor(self) -> str:
        """The attribute of a form that gives these lines, the voided ones too."""
        return self.model._meta.get_field("record").remote_field.get_accessor_name()


@dataclass(frozen=True)
class Derived:
    """What the system works out from a form, never stored: a value in words with one line of working.

    `tone` is a state that gives the value its colour, "" for plain words. `line` is the id of the repeating line
    it belongs to, "" for the whole form; what is said of lines stands in a column beside them, headed by `label`.
    `way` is the address, and its words, of the page where what it waits for is recorded.
    """

    label: Any
    value: str
    working: str
    tone: str = ""
    line: str = ""
    way: tuple[str, Any] | None = None


@dataclass(frozen=True)
class FormType:
    """One kind of form: its model, its page, its lines and its checks.

    `summary` gives a record in one line, `derived` what the room works out from it. `continuous` forms stand in the
    log, any number of times, at no planned visit; `logged` says of which subjects a form of the visits can be added to
    the log too. `offer` gives, when the page of a slot opens, lines to print besides those saved: (subject, slot,
    record or None) → name of the lines → initial values. `after` follows a submission in its transaction: (record,
    who) → decisions kept as snapshots; `voided` follows a voiding in the same way. `asked` is false for a form that the
    subject's protocol version no longer has, `retired` holds the items that it no longer asks for: their answers stay
    and are read, not entered; `own` the items that only the subject's protocol asks for, lines excepted.
    """

    key: str
    title: Any
    model: "type[CasebookRecord]"
    form: "type[CasebookForm]"
    rows: tuple[RowType, ...] = ()
    continuous: bool = False
    logged: "Callable[[Subject], bool] | None" = None
    repeats: bool = False
    checks: "tuple[EditCheck, ...]" = ()
    summary: "Callable[[Any], str] | None" = None
    derived: "Callable[[Any], Iterable[Derived]] | None" = None
    permission: str = "form.submit"
    offer: "Callable[[Subject, Slot, Any], Mapping[str, list[dict[str, Any]]]] | None" = None
    after: "Callable[[Any, User], Any] | None" = None
    voided: "Callable[[Any, User], Any] | None" = None
    asked: bool = True
    retired: "Mapping[str, ItemPlan]" = field(default_factory=dict, hash=False)
    own: "Mapping[str, ItemPlan]" = field(default_factory=dict, hash=False)

    def stands_in_log_of(self, subject: "Subject") -> bool:
        """Whether it can be added to a subject's log."""
        return self.continuous or (self.logged is not None and self.logged(subject))

    @property
    def again(self) -> bool:
        """Whether it may stand more than once at a visit: a second blood count, a marrow taken anew."""
        return self.asked and (self.continuous or self.repeats)


@dataclass(frozen=True)
class Submitted:
    """A form that was just entered or corrected, for those who follow in the same transaction.

    `changed` names the items of a correction that differ from before ("weight", "results.3.value" by line number);
    `fired` are the soft findings, `comments` what the author said to them by the finding's name. With `past` the form
    is of the past that came on paper: what is found is asked of nobody."""

    opened: "OpenSlot"
    record: Any
    new: bool
    changed: frozenset[str]
    lines: Mapping[str, Sequence[int]]
    fired: "Sequence[Fired]"
    comments: Mapping[str, str]
    by: "User"
    past: bool = False

    def item_of(self, fired: "Fired") -> str:
        """The item of a finding as it stands in the record: of a line by its number, not by its place on the page."""
        kind, _dot, rest = fired.item.partition(".")
        if kind not in self.lines or not rest:
            return fired.item
        index, _dot, item = rest.partition(".")
        return f"{kind}.{self.lines[kind][int(index)]}.{item}"


@dataclass(frozen=True)
class Attempt:
    """What somebody is about to record or decide for a subject: a form by its key, or a step ("enrol", "randomise").

    `on` is the day it is about, `values` what was typed; `correction` where the form stands already."""

    subject: "Subject"
    what: str
    on: date | None = None
    correction: bool = False
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FactSource:
    """A named fact of a subject: read for many subjects at once.

    `select` takes subject ids and gives each one's current fact; a subject without one may be left out. `words` are
    the words of its codes where no item of a form of the same name has them.
    """

    select: Callable[[Sequence[UUID]], Mapping[UUID, Fact]]
    label: Any
    unit: str = ""
    form: str = ""
    words: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Anchor:
    """A named date of a subject from which visits are planned; read for many subjects at once.

    `select` takes subject ids and an argument ("" or what follows the colon in `phase:IND`). `forms` are the keys of
    the forms in which it is recorded: who enters or corrects one of them is shown which visits move.
    """

    select: Callable[[Sequence[UUID], str], Mapping[UUID, date]]
    label: Any
    forms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shift:
    """One visit that an entry or a correction moves, in words: where it stood, and where it will stand."""

    what: str
    before: str
    after: str


@dataclass(frozen=True)
class WorkLine:
    """One line of the inbox: a verb, a subject (without id: how many, or none), a due day, the place to go."""

    kind: str
    verb: Any
    subject_id: UUID | None
    subject_number: str
    study_key: str
    site_key: str
    due: date | None
    latest: date | None
    url: str
    detail: Any = ""
    said: str = ""  # what a person wrote: it stays inside the system, no reminder tells it
    standing: str = ""  # due, late, … : the colour
    standing_words: Any = ""  # "today", "3 days late"
    other_verb: Any = ""  # what else can be done with it, and where
    other_url: str = ""
    clock_ends: datetime | None = (
        None  # of a reporting clock: it stands before everything that has only a day
    )
    remind_on: date | None = None  # no reminder tells of it before that day


@dataclass(frozen=True)
class Wanted:
    """Which lines of the inbox are asked for: of a study, a site, a kind (empty: all), no more than `limit`."""

    limit: int
    study: str = ""
    kind: str = ""
    site: str = ""

    def of(self, rows: "QuerySet[R]", *, study: str = "study", site: str = "site") -> "QuerySet[R]":
        """The rows that belong to the study and site asked for."""
        if self.study:
            rows = rows.filter(**{f"{study}__key": self.study})
        if self.site:
            rows = rows.filter(**{f"{site}__key": self.site})
        return rows


@dataclass(frozen=True)
class WorkSource:
    """Some kinds of work with their verbs, and where their lines come from.

    `lines` gives what this user can do, the most pressing first and no more than wanted, and may be read in part; its
    number of queries does not grow; the projections of what the user sees are up to date when it is asked."""

    kinds: Mapping[str, Any]
    lines: "Callable[[User, Wanted], Iterable[WorkLine]]"


@dataclass(frozen=True)
class Week:
    """One week of a ward: Monday, the site, and one study ("" for all)."""

    monday: date
    site_id: UUID
    study: str = ""

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=6)


@dataclass(frozen=True)
class DaySpan:
    """Some days of a calendar, narrowed to a study and a site ("" and None for all)."""

    first: date
    last: date
    study: str = ""
    site: str = ""
    site_id: UUID | None = None

    def of(self, rows: "QuerySet[R]") -> "QuerySet[R]":
        """The rows of the study and site asked for."""
        return Wanted(0, study=self.study, site=self.site).of(rows)


@dataclass(frozen=True)
class WeekLine:
    """What a subject is expected for on one day of the week sheet; of one subject and day the smaller `order` first.

    day: None for what is late and can be done on any day. key: its name in calendar programs, so that a later day
    moves it."""

    day: date | None
    subject_number: str
    study_key: str
    what: Any
    detail: Any = ""
    order: int = 0
    site_key: str = ""
    key: str = ""


@dataclass(frozen=True)
class ProjectionType:
    """A derived table: `derive` gives the unsaved rows of one subject from its record."""

    model: "type[Projection]"
    derive: "Callable[[Subject], Iterable[Projection]]"


@dataclass(frozen=True)
class TrailWords:
    """How the trail speaks of a table that is no form: each answers from the changes of one entry.

    `what` names the row, from its first entry and the title of the form it stands on; `action` says what was done
    ("" for the usual word); `hidden` are the columns that say nothing to a reader or stand elsewhere in the line;
    `values` gives a column's value in words."""

    what: "Callable[[Mapping[str, Any], str], str] | None" = None
    action: "Callable[[Mapping[str, Any]], str] | None" = None
    hidden: "Callable[[Mapping[str, Any]], Collection[str]] | None" = None
    values: "Mapping[str, Callable[[Any], Any]]" = field(default_factory=dict)


@dataclass(frozen=True)
class Lifecycle:
    """A lifecycle that docs/states.md shows: its states, and its steps (action, source, target, permission, needs)."""

    title: str
    lead: str
    states: Iterable[Any]
    steps: Iterable[tuple[str, Any, Any, str, str]]


@dataclass(frozen=True)
class SubjectPage:
    """A page of a subject that a room adds to its tabs, for the subjects that have it. `url_name` takes the id."""

    label: Any
    url_name: str
    order: int
    shown: "Callable[[Subject], bool]" = lambda subject: True


@dataclass(frozen=True)
class Exposure:
    """A phase of treatment that began: its key, its days as far as they are known, the agents that it gives."""

    phase: str
    start: date
    end: date | None
    agents: tuple[str, ...]


@dataclass(frozen=True)
class Background:
    """A section of a report of an event: its heading, and label and value of each line (a value may have several)."""

    title: Any
    lines: Sequence[tuple[Any, str]]


forms: Registry[FormType] = Registry("form")
facts: Registry[FactSource] = Registry("fact")
anchors: Registry[Anchor] = Registry("anchor")
# (form, item) of what a study's endpoints rest on, an item of a line as "results.value": a correction needs words.
critical_items: "Registry[Callable[[Subject], Collection[tuple[str, str]]]]" = Registry(
    "plan of critical items"
)
# (study, form) → key of a check → the newest version that is activated there.
activated_checks: "Registry[Callable[[UUID, str], Mapping[str, int]]]" = Registry(
    "source of activated checks"
)
work: Registry[WorkSource] = Registry("source of work")
# What the calendar and the feed of a person show beside visits, on some days; its number of queries does not grow.
calendar_lines: "Registry[Callable[[User, DaySpan], Iterable[WeekLine]]]" = Registry("source of the calendar")
# What a ward is to expect in a week, for a user; its number of queries does not grow.
week_lines: "Registry[Callable[[User, Week], Iterable[WeekLine]]]" = Registry("source of the week sheet")
week_notes: "Registry[Callable[[User, Week], Mapping[date, str]]]" = Registry("what the days of a week are")
projections: Registry[ProjectionType] = Registry("projection")
lifecycles: Registry[Lifecycle] = Registry("lifecycle")
subject_pages: Registry[SubjectPage] = Registry("subject page")
# Subject ids → the day after which nothing more is expected of each (death, withdrawal, off study), where there is one.
ends_of_follow_up: "Registry[Callable[[Sequence[UUID]], Mapping[UUID, date]]]" = Registry("end of follow-up")
marks: "Registry[Callable[[], Combinable]]" = Registry(
    "mark of a locked subject"
)  # read with it at no extra trip
after_submit: "Registry[Callable[[Submitted], None]]" = Registry("follower of a submission")
# What asked for a correction, for the trail: from the slot as it stands, the items that change, and the (check, item)
# that find something in what is saved now; "" where nothing did.
prompts: "Registry[Callable[[OpenSlot, Collection[str], Collection[tuple[str, str]]], str]]" = Registry(
    "source of prompts"
)
# What stands on a form beside its items; a panel with "above" asks something or leads on, and stands above them.
form_panels: "Registry[Callable[[HttpRequest, OpenSlot], Mapping[str, Any] | None]]" = Registry(
    "panel of a form"
)
# A slot and the id of the form in it, if any → rows that stand on it: its history shows their entries too.
on_forms: "Registry[Callable[[Slot, UUID | None], Iterable[QuerySet[Any]]]]" = Registry(
    "rows that stand on a form"
)
# A kind of form → rows that stand on forms of that kind: the trail of a form key shows their entries too.
on_kinds: "Registry[Callable[[FormType], Iterable[QuerySet[Any]]]]" = Registry("rows that stand on a kind")
trail_words: Registry[TrailWords] = Registry("words of a table")  # by the table's name
subject_alerts: "Registry[Callable[[Subject], Iterable[Any]]]" = Registry("subject alert")
# What lifts counts without the marrow: subject ids and kind ("gcsf", "platelets", "red_cells") → the days with it, as
# spans of a first and a last day; of partial dates the days that are sure.
support_days: "Registry[Callable[[Sequence[UUID], str], Mapping[UUID, Sequence[tuple[date, date]]]]]" = (
    Registry("source of support")
)
day_words: "Registry[Callable[[Subject, date], str]]" = Registry("name of a day")  # "C2 D9", "HSCT D+41"
# The draft of a page that is no form, by the form key under which it is kept: its title, its address by subject.
pages_of_drafts: "Registry[tuple[Any, str]]" = Registry("page of a draft")
timeline: "Registry[Callable[[Subject], Iterable[Mapping[str, Any]]]]" = Registry("timeline lane")
# Raises Refused where something may not be done for a subject any more.
gates: "Registry[Callable[[Attempt], None]]" = Registry("gate")
# The ids of subjects whose data leave exports, as a subquery.
left_out: "Registry[Callable[[], QuerySet[Any]]]" = Registry("exclusion from exports")
ends_of_treatment: "Registry[Callable[[Sequence[UUID]], Mapping[UUID, date]]]" = Registry("end of treatment")
# Subject ids → the phases that began, with the agents of each.
exposures: "Registry[Callable[[Sequence[UUID]], Mapping[UUID, Sequence[Exposure]]]]" = Registry("exposure")
# A subject and the day of the onset of an event → what a report of the event tells of the time before it.
backgrounds: "Registry[Callable[[Subject, date], Iterable[Background]]]" = Registry("background of an event")
# A study → the keys of its stopping rules that are met and pause recruitment, each with its evidence ("3/5").
stopping_rules: "Registry[Callable[[Study], Iterable[tuple[str, str]]]]" = Registry(
    "source of stopping rules"
)
api_lists: Registry[Any] = Registry("list of the API")  # name → viewset of a later room


def anchor_dates(subject_ids: Sequence[UUID], name: str) -> Mapping[UUID, date]:
    """The date of the anchor `name` ("hsct_d0", "phase:IND") of each subject that has one."""
    kind, _, argument = name.partition(":")
    return anchors[kind].select(subject_ids, argument)


def follow_up_ends(subject_ids: Sequence[UUID]) -> dict[UUID, date]:
    """The day after which nothing more is expected of each subject that has one: of the rooms' days the earliest."""
    found: dict[UUID, date] = {}
    for source in ends_of_follow_up.values():
        for one, day in source(subject_ids).items():
            found[one] = min(day, found.get(one, day))
    return found


def pass_gates(attempt: Attempt) -> None:
    """Refuse what some room says may not be done for this subject any more."""
    for gate in gates.values():
        gate(attempt)


def facts_of(subject_id: UUID, names: Iterable[str]) -> dict[str, Fact]:
    """The named facts of one subject; what nobody recorded is a missing fact, never absent."""
    found = {}
    for name in names:
        source = facts.get(name)
        fact = source.select([subject_id]).get(subject_id) if source else None
        found[name] = fact or Fact.missing("NOT_RECORDED")
    return found


@dataclass(frozen=True)
class PlannedSlot:
    """A form that a planned visit asks for."""

    form_key: str
    required: bool


@dataclass(frozen=True)
class PlannedRow:
    """One planned visit of a subject as the casebook page shows it; without a target its anchor is not known yet.

    `suggested` says which working day is suggested where the target is none, `note` why an unscheduled visit was added.
    """

    key: str
    repeat: int
    name: str
    target: date | None
    earliest: date | None
    latest: date | None
    waiting_for: Any
    forms: tuple[PlannedSlot, ...]
    suggested: Any = ""
    note: str = ""


schedule: "Registry[Callable[[Subject], Sequence[PlannedRow]]]" = Registry("schedule")
# A subject (as it stands before a write) and the key of the form that is written → None where such a form moves no
# visit, else what gives, called after the write, the visits not begun that it moves.
shifts: "Registry[Callable[[Subject, str], Callable[[], Sequence[Shift]] | None]]" = Registry(
    "watch of shifts"
)
