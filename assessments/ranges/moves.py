"""The grades that a range moved, in words: line by line and summed, for the pages and for the trail."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from trialsite.casebook.registries import TrailWords
from trialsite.clinical.units import analyte as unit_line
from trialsite.clinical.units import unit_label
from trialsite.listing import listed_apart

from ..domain.grading import VERSIONS
from ..models.tray import analyte_word
from .services import MovedGrade

TERM_NAMES = {key: term.name for terms in VERSIONS.values() for key, term in terms.items()}
HIDDEN = {"lln_canonical", "uln_canonical", "recorded_by", "recorded_at", "withdrawn_by", "withdrawn_at"}


def moved_sums(found: Sequence[MovedGrade]) -> list[dict[str, Any]]:
    """How many results of how many subjects go from which grade to which, by term; the commonest first."""
    subjects: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        subjects.setdefault((one.term, one.old, one.new), []).append(one.subject)
    return [
        grade_change(*change) | {"results": len(whose), "subjects": len(set(whose))}
        for change, whose in sorted(subjects.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def moved_line(one: MovedGrade) -> dict[str, str]:
    language = get_language() or "en"
    return {
        "subject": one.subject,
        "analyte": unit_line(one.analyte).label.in_language(language),
        "on": one.on,
        **grade_change(one.term, one.old, one.new),
    }


def grade_change(term: str, old: str, new: str) -> dict[str, str]:
    """A term and two grades in words."""
    return {
        "term": TERM_NAMES[term].in_language(get_language() or "en"),
        "old": old or _("not gradable"),
        "new": new or _("not gradable"),
    }


def moved_words(rows: Sequence[Sequence[str]]) -> str:
    """The sums as one line of the trail: "Blood lactate dehydrogenase increased 0 → 1: 3 results"."""
    return listed_apart(
        ngettext(
            "%(term)s %(old)s → %(new)s: %(results)s result",
            "%(term)s %(old)s → %(new)s: %(results)s results",
            one["results"],
        )
        % one
        for one in moved_sums([MovedGrade(*row) for row in rows])
    )


def hidden_of_range(changes: Mapping[str, Any]) -> set[str]:
    """What stands in the line already, the converted limits, and a list of moved grades that is empty."""
    return HIDDEN | (set() if changes.get("moved") else {"moved"})


WORDS_OF_RANGES = TrailWords(
    hidden=hidden_of_range, values={"analyte": analyte_word, "unit": unit_label, "moved": moved_words}
)
