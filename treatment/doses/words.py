"""A planned dose in words."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.casebook.fact_words import fact_label
from trialsite.listing import listed

from ..domain.ledger import PlannedLine


def working_words(line: PlannedLine) -> str:
    """How the dose was computed, or which facts it could not be planned for."""
    if line.missing:
        names = listed(fact_label(name) for name in line.missing)
        return _("Not planned. Missing: %(what)s.") % {"what": names}
    return line.working.in_language(get_language() or "en")
