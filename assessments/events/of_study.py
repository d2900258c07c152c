"""The adverse events of a study: those of the reader's sites, filtered, and how often each term reached which grade."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import get_language

from trialsite.access.models import User
from trialsite.casebook.models import LOG
from trialsite.casebook.selectors import not_later
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import RecordState
from trialsite.clinical import ctcae
from trialsite.studies.models import Study
from trialsite.studies.words import SPECIAL_INTEREST

from ..models import AdverseEvent
from .listed import cause_words

GRADES = range(1, 6)
ANY = "any"


def events_of_study(user: User, study: Study) -> QuerySet[AdverseEvent]:
    """What stands, at the sites of this user."""
    found = AdverseEvent.objects.visible_to(user).filter(study=study, visit__key=LOG)
    return not_later(found.exclude(state=RecordState.VOIDED))


def narrowed(events: QuerySet[AdverseEvent], chosen: Mapping[str, str]) -> QuerySet[AdverseEvent]:
    """As the filters say: "site" (key), "term" (English or Chinese, or its beginning), "grade" (the lowest), "serious",
    "special" (a kind, or any of them). What cannot be read narrows nothing."""
    if chosen.get("site"):
        events = events.filter(site__key=chosen["site"])
    if text := chosen.get("term", "").strip():
        events = events.filter(term__in=terms_like(text))
    if chosen.get("grade") in {str(grade) for grade in GRADES}:
        events = events.filter(grade__gte=int(chosen["grade"]))
    if chosen.get("serious"):
        events = events.filter(serious=True)
    special = chosen.get("special", "")
    if special == ANY:
        events = events.exclude(special_interest="")
    elif special in SPECIAL_INTEREST:
        events = events.filter(special_interest=special)
    return events


def terms_like(text: str) -> list[str]:
    """The terms that hold this text or are meant by it, by their English names; the text itself beside."""
    return [text, *(term.name.en for term in ctcae.terms_like(text))]


@dataclass(frozen=True)
class StudyEventLine:
    """One event of the list."""

    record: AdverseEvent
    url: str
    cause: str


def study_event_lines(events: Sequence[AdverseEvent]) -> list[StudyEventLine]:
    return [StudyEventLine(one, Slot.of_record(one).url(), cause_words(one)) for one in events]


@dataclass(frozen=True)
class TermCount:
    """A term with its events by worst grade; the last number is of those without a grade."""

    words: str
    by_grade: tuple[int, ...]
    subjects: int

    @property
    def total(self) -> int:
        return sum(self.by_grade)


def term_counts(events: QuerySet[AdverseEvent]) -> list[TermCount]:
    """Events by term and worst grade, the most frequent term first; two queries. Subjects are counted once a term."""
    numbers: dict[str, dict[int | None, int]] = {}
    plain = events.order_by()
    for term, grade, number in plain.values_list("term", "grade").annotate(number=Count("pk")):
        numbers.setdefault(term, {})[grade] = number
    subjects = dict(
        plain.values_list("term")
        .annotate(number=Count("subject_id", distinct=True))
        .values_list("term", "number")
    )
    language = get_language() or "en"
    lines = [
        TermCount(
            ctcae.words_of(term, language),
            tuple(of_term.get(grade, 0) for grade in (*GRADES, None)),
            subjects[term],
        )
        for term, of_term in numbers.items()
    ]
    return sorted(lines, key=lambda one: (-one.total, one.words))
