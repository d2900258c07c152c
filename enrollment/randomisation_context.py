"""What the eligibility page shows of randomisation: what it rests on and still lacks before, what it gave after."""

from typing import Any

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.states import SubjectState
from trialsite.studies.domain.protocol import Randomisation as Plan

from .allocation import conditions_to_bridge
from .conditions import missing_before_randomisation
from .forms import EmergencyForm, FlagForm, PlainForm, RandomiseForm, form_of
from .models import MisRandomisation
from .recruitment import emergency_of
from .recruitment_words import missing_words, open_words
from .selectors import Facts, levels_of, randomisation_of

ENDED = (SubjectState.SCREEN_FAILED, SubjectState.OFF_STUDY)


def randomised(
    user: User, subject: Subject, facts: Facts, language: str, refused: PlainForm | None
) -> dict[str, Any]:
    """The randomisation section of a randomised study."""
    plan = subject.protocol_version.protocol.randomisation
    if plan is None or subject.state == SubjectState.SCREEN_FAILED:
        return {"randomisation_plan": None}
    if subject.state == SubjectState.SCREENING:
        return {"randomisation_plan": None, **emergency_context(user, subject, facts, refused)}
    shown = {"randomisation_plan": plan, "strata": strata_words(plan, subject, facts, language)}
    if randomisation_of(subject) is not None:
        return shown | given(user, subject, refused)
    return shown | waiting(user, subject, facts, refused)


def strata_words(plan: Plan, subject: Subject, facts: Facts, language: str) -> list[tuple[str, str]]:
    """Each factor with its level by name; "" while it is unknown."""
    levels = levels_of(subject.protocol_version.protocol, facts)
    return [
        (
            stratum.name.in_language(language),
            next(
                (one.name.in_language(language) for one in stratum.levels if one.key == levels[stratum.key]),
                "",
            ),
        )
        for stratum in plan.strata
    ]


def given(user: User, subject: Subject, refused: PlainForm | None) -> dict[str, Any]:
    """The arm, how it came, and what was found wrong with it."""
    record = randomisation_of(subject)
    assert record is not None
    emergency = emergency_of(subject)
    flags = may(user, "randomisation.flag", study_id=subject.study_id, site_id=subject.site_id)
    found = MisRandomisation.objects.filter(randomisation=record).select_related("recorded_by")
    return {
        "randomisation": record,
        "arm_name": record.get_arm_display(),
        "emergency": emergency,
        "emergency_missing": missing_words(emergency.allocation.bridged) if emergency else "",
        "emergency_open": open_words(subject.protocol_version.protocol, emergency.open) if emergency else "",
        "mis_randomisations": found.order_by("recorded_at"),
        "flag_form": form_of(FlagForm, refused, {"found_on": site_today(subject)}) if flags else None,
    }


def waiting(user: User, subject: Subject, facts: Facts, refused: PlainForm | None) -> dict[str, Any]:
    """Everything that is still missing, or the form that gives the arm."""
    if subject.state in ENDED:
        return {}
    missing = missing_before_randomisation(subject, facts, site_today(subject))
    allowed = may(user, "subject.randomise", study_id=subject.study_id, site_id=subject.site_id)
    shows = allowed and (not missing or isinstance(refused, RandomiseForm))
    initial = {"randomised_on": site_today(subject)}
    return {
        "missing": missing,
        "randomise_form": form_of(RandomiseForm, refused, initial) if shows else None,
        **emergency_context(user, subject, facts, refused),
    }


def emergency_context(
    user: User, subject: Subject, facts: Facts, refused: PlainForm | None
) -> dict[str, Any]:
    """The form of an emergency allocation, for an investigator, where only what can wait is missing."""
    if not may(user, "subject.randomise_emergency", study_id=subject.study_id, site_id=subject.site_id):
        return {}
    try:
        bridged = conditions_to_bridge(subject, facts, site_today(subject))
    except Refused:
        if not isinstance(refused, EmergencyForm):
            return {}
        bridged = []
    initial = {"randomised_on": site_today(subject)}
    return {"bridged": bridged, "emergency_form": form_of(EmergencyForm, refused, initial)}
