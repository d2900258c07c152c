"""How the trail speaks of versions, assessments and decisions around serious events."""

from collections.abc import Mapping
from typing import Any

from trialsite.casebook.registries import Registry, TrailWords

from ..models import AdmissionDecision, SaeAssessment, SaeVersion
from .services import ASSESSED


def hidden_of_version(changes: Mapping[str, Any]) -> set[str]:
    """The contents stand in the entries of the form itself."""
    return set(changes) - {"number", "kind", "follow_up_number"}


def hidden_of_assessment(changes: Mapping[str, Any]) -> set[str]:
    return {item for item, value in changes.items() if item not in ASSESSED or value in (None, "")}


def hidden_of_decision(changes: Mapping[str, Any]) -> set[str]:
    return set(changes) - {"criterion", "reason"}


def register_words(words: Registry[TrailWords]) -> None:
    words.register(SaeVersion._meta.db_table, TrailWords(hidden=hidden_of_version))
    words.register(SaeAssessment._meta.db_table, TrailWords(hidden=hidden_of_assessment))
    words.register(AdmissionDecision._meta.db_table, TrailWords(hidden=hidden_of_decision))
