"""The stopping rules of a study on its figures: counts of all sites and arms together, without identifiers."""

from collections.abc import Iterator

from enrollment.services import pause_by_rules
from outcomes.domain.stopping import Evaluation, Standing, evaluate
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.states import SubjectState
from trialsite.studies.domain.monitoring_plan import MonitoringRule
from trialsite.studies.models import Study

from ..study_reading import endpoint_sequences


def evaluations(study: Study) -> list[tuple[MonitoringRule, Evaluation]]:
    """Each rule of the protocol, and where it stands; no query where the protocol has none."""
    rules = study.protocol.monitoring
    if not rules:
        return []
    responses = endpoint_sequences(study, [rule.endpoint for rule in rules])
    return [(rule, evaluate(rule, responses[rule.endpoint])) for rule in rules]


def rules_met(study: Study) -> Iterator[tuple[str, str]]:
    """The rules that pause recruitment and are met, with their evidence; what the caller sees is brought up to date.

    Who is in screening counts nowhere, and is perhaps being enrolled just now."""
    if not any(rule.pauses_recruitment for rule in study.protocol.monitoring):
        return
    bring_up_to_date(Subject.objects.filter(study=study).exclude(state=SubjectState.SCREENING))
    for rule, found in evaluations(study):
        if rule.pauses_recruitment and found.standing is Standing.REACHED:
            yield rule.key, found.evidence


def check_all_rules() -> int:
    """Pause recruitment, as the system, in every study where a rule is met now; how many pauses are new."""
    with acting(role="system"):
        studies = list(Study.objects.order_by("key"))
    count = 0
    for study in studies:
        with acting(role="system", reason="stopping rules"):
            count += len(pause_by_rules(study))
    return count
