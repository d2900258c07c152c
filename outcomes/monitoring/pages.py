"""The page of a study's stopping rules: boundary, counts so far, the chance of success, pauses of recruitment."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from enrollment.recruitment import pauses_of
from enrollment.recruitment_words import pause_words
from outcomes.domain.stopping import Evaluation, Look, Standing
from trialsite.access.models import User
from trialsite.access.requests import user_of
from trialsite.casebook.names import local
from trialsite.casebook.sign_off import monitoring_words
from trialsite.studies.domain.monitoring_plan import MonitoringRule
from trialsite.studies.models import Study

from ..dashboard_page import refresh_own
from ..study_reading import subjects_behind
from ..views import study_with_figures
from .drawing import look_words, rule_drawing
from .evaluation import evaluations

STANDINGS: dict[Standing, tuple[Any, str]] = {  # words, colour
    Standing.NOT_COMPLETE: (_("not looked at yet"), "still"),
    Standing.CONTINUE: (_("continue"), "good"),
    Standing.REACHED: (_("boundary reached"), "bad"),
    Standing.SUCCESS: (_("success of the design"), "good"),
}


@dataclass(frozen=True)
class LookLine:
    """One look in words; `state`: what it said."""

    look: Look
    words: str
    state: str


@dataclass(frozen=True)
class RuleShown:
    """A rule with everything that its part of the page shows."""

    rule: MonitoringRule
    name: str
    endpoint: str
    words: str
    found: Evaluation
    standing: Any
    tone: str
    looks: list[LookLine]
    chart: dict[str, Any]


@login_required
def monitoring(request: HttpRequest, key: str) -> HttpResponse:
    """The stopping rules of a study; all arms together, for everybody who sees its figures."""
    user = user_of(request)
    study = study_with_figures(user, key)
    refresh_own(user, study)
    return render(request, "outcomes/monitoring.html", monitoring_context(user, study))


def monitoring_context(user: User, study: Study) -> dict[str, Any]:
    protocol = study.protocol
    names = {one.key: local(one.name) for one in protocol.endpoints}
    pauses = pauses_of(user, study).exclude(rule="")
    return {
        "study": study,
        "behind": subjects_behind(study),
        "rules": [shown(rule, found, names[rule.endpoint]) for rule, found in evaluations(study)],
        "pauses": [(one, pause_words(protocol, one)) for one in pauses],
        "several_arms": len(protocol.arms) > 1,
    }


def shown(rule: MonitoringRule, found: Evaluation, endpoint: str) -> RuleShown:
    words, tone = STANDINGS[found.standing]
    looks = [LookLine(one, look_words(found, one.n, one.boundary), look_state(one)) for one in found.looks]
    chart = rule_drawing(found, rule.n)
    return RuleShown(
        rule, local(rule.name), endpoint, monitoring_words(rule), found, words, tone, looks, chart
    )


def look_state(look: Look) -> str:
    """Its colour: crossed, passed, or not there yet."""
    return "still" if look.crossed is None else "bad" if look.crossed else "good"
