"""One endpoint of one subject told in a paragraph: what is asked, from when, what happened, what is missing."""

from collections.abc import Iterator

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.names import local
from trialsite.casebook.registries import anchors
from trialsite.studies.domain.adjudication_plan import BY_INVESTIGATOR
from trialsite.studies.domain.protocol import EndpointPlan
from trialsite.studies.words import ENDPOINT_CODES, code_words

from .domain.adjudication import AWAITS
from .domain.results import EVENT_WORDS
from .figures import INCIDENCE, TIME_TO_EVENT
from .models import AdjudicationDecision, EndpointResult

MISSING_WORDS = {
    "assessment": gettext_lazy("a disease assessment"),
    "mrd": gettext_lazy("an MRD sample"),
    "hsct_d0": gettext_lazy("the day of transplantation"),
    "c1d1": gettext_lazy("the first day of treatment"),
    "randomisation": gettext_lazy("the day of randomisation"),
    AWAITS: gettext_lazy("the decision of the adjudication committee (awaiting adjudication)"),
}


def explanation(plan: EndpointPlan, result: EndpointResult, by_counts: EndpointResult | None = None) -> str:
    """The paragraph in the reader's language; `by_counts`: the result of that sensitivity analysis, if there is one."""
    apart = "" if (get_language() or "en").startswith("zh") else " "
    return apart.join([*_sentences(plan, result), *_by_counts(by_counts)])


def _by_counts(result: EndpointResult | None) -> Iterator[str]:
    if result is not None and result.in_set:
        words = {"status": result.status_words, "reason": result.reason}
        yield (
            _(
                "Read by counts (blasts below 5 %% without recovery of the counts are MLFS, and count as no CRi):"
                " %(status)s. %(reason)s."
            )
            % words
        )


def _sentences(plan: EndpointPlan, result: EndpointResult) -> Iterator[str]:
    yield local(plan.definition)
    if not result.in_set:
        words = {"set": code_words(plan.analysis_set, "analysis set"), "reason": result.reason}
        yield _("The subject is not counted (set: %(set)s). %(reason)s.") % words
        return
    yield _("The subject is counted (set: %(set)s).") % {"set": code_words(plan.analysis_set, "analysis set")}
    if result.origin and plan.origin:
        words = {"origin": str(anchors[plan.origin].label), "day": result.origin.isoformat()}
        yield _("Time runs from %(origin)s, %(day)s.") % words
    yield _("%(reason)s.") % {"reason": result.reason}
    if result.days is not None and plan.kind in (TIME_TO_EVENT, INCIDENCE):
        yield _("That is day %(days)s, %(months)s months.") % {"days": result.days, "months": result.months}
    if result.competes:
        yield _("It competes: after it, what this endpoint counts cannot happen or is not counted.")
    if plan.censor and result.cause == 0 and plan.kind in (TIME_TO_EVENT, INCIDENCE):
        yield _("Without an event time ends with %(censor)s.") % {"censor": str(ENDPOINT_CODES[plan.censor])}
    if result.imputed:
        yield _("The date was incomplete: the day is provisional until the date is completed.")
    if result.in_set and (told := committee_words(plan, result)):
        yield told
    if result.missing:
        yield _("Missing: %(what)s.") % {"what": _("; ").join(missing_words(one) for one in result.missing)}


def committee_words(plan: EndpointPlan, result: EndpointResult) -> str:
    """Whose events were used, where a committee judges them; "" where it has said nothing of this result yet."""
    if plan.analysis == BY_INVESTIGATOR:
        return _("The events are those of the investigator, whatever the committee decided.")
    decided = AdjudicationDecision._meta.db_table
    if any(table == decided for table, _row, _item in result.sources):
        return _("A decision of the adjudication committee is used in place of the investigator's judgement.")
    if AWAITS in result.missing:
        return _("The investigator's event is used until the committee has decided.")
    return ""


def missing_words(name: str) -> str:
    """What is not recorded, or not completely."""
    if words := MISSING_WORDS.get(name):
        return str(words)
    if event := EVENT_WORDS.get(name):
        return _("the complete date of: %(event)s") % {"event": local(event)}
    return name
