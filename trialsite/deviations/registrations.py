"""What the casebook reads from the register of deviations by name."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.registries import Lifecycle, SubjectPage, TrailWords
from trialsite.listing import listed

from .models import Deviation, DeviationDecision
from .states import DEVIATION_STEPS, DeviationState, DeviationStep
from .work import DEVIATION_WORK


def hidden_of_deviation(changes: Mapping[str, Any]) -> set[str]:
    """What happened stands once where both languages say the same; technical columns never."""
    shown = {"kind", "rule", "weight", "evidence_en", "occurred_on"}
    both = changes.get("evidence_en") != changes.get("evidence_zh")
    return set(changes) - shown - ({"evidence_zh"} if both else set())


def hidden_of_decision(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - {"action", "weight", "reason"}


def rule_word(rule: str) -> str:
    """The rule that drafted a deviation, as people call it."""
    return Deviation(rule=rule).rule_name


registries.work.register("deviations", DEVIATION_WORK)
registries.subject_pages.register("deviations", SubjectPage(_("Deviations"), "subject-deviations", 77))
registries.trail_words.register(
    Deviation._meta.db_table, TrailWords(hidden=hidden_of_deviation, values={"rule": rule_word})
)
registries.trail_words.register(DeviationDecision._meta.db_table, TrailWords(hidden=hidden_of_decision))


def needs_of(step: DeviationStep) -> str:
    return listed(
        word for word, needed in (("reason", step.needs_reason), ("class", step.needs_weight)) if needed
    )


registries.lifecycles.register(
    "deviation",
    Lifecycle(
        "A deviation",
        "A rule drafts it with whatever was entered, or a person reports it; the sponsor's side decides. Only what is "
        "accepted counts; what is rejected stays on the register.",
        DeviationState,
        [(one.action, one.source, one.target, one.permission, needs_of(one)) for one in DEVIATION_STEPS],
    ),
)
