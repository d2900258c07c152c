"""A planned dose in words."""

from collections.abc import Iterable

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import fact_label
from trialsite.clinical.text import Text

from ..domain.ledger import PlannedLine
from ..models import PlannedDose


def working_words(line: PlannedLine) -> str:
    """How the dose was computed, or which facts it could not be planned for."""
    return words_of(line.working, line.missing)


def stored_working(row: PlannedDose) -> str:
    """The same of a stored line."""
    return words_of(Text(row.working_en, row.working_zh), row.missing_facts)


def words_of(working: Text, missing: Iterable[str]) -> str:
    names = ", ".join(fact_label(name) for name in missing)
    if names:
        return _("Not planned. Missing: %(what)s.") % {"what": names}
    return working.in_language(get_language() or "en")
