"""How the trail speaks of what enrolment keeps beside the forms: columns of who and when stand in the line already."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.registries import Registry, TrailWords

from .models import Disposition, EndReason, FailureCode, PreOutcome, PreReason, PreScreening, ScreenFailure

Changes = Mapping[str, Any]


def showing(*columns: str) -> Callable[[Changes], set[str]]:
    """Hide everything but these columns."""

    def hidden(changes: Changes) -> set[str]:
        return set(changes) - set(columns)

    return hidden


def label_in(choices: Any) -> Callable[[Any], Any]:
    """A code of a list by its label."""
    return lambda code: dict(choices).get(code, code)


def end_or_back(changes: Changes) -> str:
    """An end that is taken back has only who and when."""
    return _("taken back") if "undone_by_id" in changes and "reason" not in changes else ""


def screened_or_not(changes: Changes) -> str:
    return _("screened from this line") if set(changes) == {"subject_id"} else ""


def register_words(registry: Registry[TrailWords]) -> None:
    registry.register(
        Disposition._meta.db_table,
        TrailWords(
            action=end_or_back,
            hidden=showing("ended_on", "reason", "words"),
            values={"reason": label_in(EndReason.choices)},
        ),
    )
    registry.register(
        ScreenFailure._meta.db_table,
        TrailWords(
            hidden=showing("code", "criteria", "failed_on"), values={"code": label_in(FailureCode.choices)}
        ),
    )
    registry.register(
        PreScreening._meta.db_table,
        TrailWords(
            action=screened_or_not,
            hidden=showing("assessed_on", "age_band", "sex", "outcome", "reason", "against"),
            values={"outcome": label_in(PreOutcome.choices), "reason": label_in(PreReason.choices)},
        ),
    )
