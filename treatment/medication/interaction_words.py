"""An interaction in one sentence: which medicine beside which treatment, on which days, and what follows."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.clinical.kleene import Truth

from ..domain.interactions import Interaction
from ..doses.drugs import drug_name


def interaction_words(found: Interaction) -> str:
    """The sentence for pages, alerts and checks."""
    language = get_language() or "en"
    days = str(found.first) if found.first == found.last else f"{found.first} – {found.last}"
    words = {
        "medicine": found.taken.medicine.name.in_language(language),
        "drug": drug_name(found.drug),
        "days": days,
        "what": found.rule.says.in_language(language),
    }
    if found.certain is Truth.UNKNOWN:
        return _("%(medicine)s may meet %(drug)s (%(days)s; its dates are not exact): %(what)s.") % words
    if found.planned:
        return _("%(medicine)s beside planned %(drug)s (%(days)s): %(what)s.") % words
    return _("%(medicine)s beside %(drug)s (%(days)s): %(what)s.") % words
