"""What the eligibility page shows: verdict, lines, decisions open to this user, what was decided."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.casebook.fact_words import fact_label
from trialsite.casebook.models import Subject
from trialsite.casebook.site_day import site_today
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.clinical.verdicts import CriterionVerdict, SubjectVerdict

from .domain.eligibility import Dossier, changed_criteria
from .dossier_page import DossierLine, Shown, lines_of
from .facts import consent_dates
from .forms import ConfirmForm, EnrolForm, FailForm, PlainForm, RandomiseForm
from .selectors import (
    Facts,
    Standing,
    assess,
    day_of_dossier,
    facts_for_rules,
    levels_of,
    list_is_made,
    places_taken,
    randomisation_of,
    standing_of,
)
from .snapshots import is_decided, stored_dossier

VERDICT_WORDS = {
    SubjectVerdict.ELIGIBLE: gettext_lazy("Eligible"),
    SubjectVerdict.INELIGIBLE: gettext_lazy("Not eligible"),
    SubjectVerdict.PENDING: gettext_lazy("Not decided yet"),
}
CRITERION_WORDS = {
    CriterionVerdict.MET: gettext_lazy("met"),
    CriterionVerdict.NOT_MET: gettext_lazy("not met"),
    CriterionVerdict.ABSENT: gettext_lazy("absent"),
    CriterionVerdict.PRESENT: gettext_lazy("present"),
    CriterionVerdict.UNKNOWN: gettext_lazy("unknown"),
}
GOOD = (CriterionVerdict.MET, CriterionVerdict.ABSENT)
BAD = (CriterionVerdict.NOT_MET, CriterionVerdict.PRESENT)


def dossier_context(user: User, subject: Subject, language: str, refused: PlainForm | None) -> dict[str, Any]:
    facts = facts_for_rules(subject)
    confirmed = standing_of(subject, facts)
    dossier = shown_dossier(subject, facts, confirmed)
    consent = consent_dates([subject.pk]).get(subject.pk)
    lines = lines_of(
        Shown(subject, dossier, language, consent.on if consent else None, changed_since(confirmed, dossier))
    )
    return {
        "dossier": dossier,
        "verdict_words": VERDICT_WORDS[dossier.verdict],
        "counts": counts(dossier),
        "against": [f"{line.id} {line.text}" for line in lines if line.verdict in BAD],
        "needed": needed(lines),
        "expires": first_to_expire(lines, dossier),
        "lines": [(line, CRITERION_WORDS[CriterionVerdict(line.verdict)]) for line in lines],
        "confirmed": confirmed,
        "changed": [fact_label(name) for name in confirmed.changed],
        "protocol": subject.protocol_version.protocol,
        **decisions(user, subject, dossier, confirmed, refused),
        **randomised(user, subject, facts, language, refused),
    }


def shown_dossier(subject: Subject, facts: Facts, confirmed: Standing) -> Dossier:
    """As the record stands now; once the subject is enrolled (and has its arm), as it was confirmed."""
    if is_decided(subject) and confirmed.confirmation is not None:
        return stored_dossier(confirmed.confirmation)
    return assess(subject, facts, day_of_dossier(subject, facts))


def changed_since(confirmed: Standing, dossier: Dossier) -> tuple[str, ...]:
    """The criteria that rest on something else than what an investigator signed last; none before that."""
    if confirmed.confirmation is None:
        return ()
    return changed_criteria(stored_dossier(confirmed.confirmation), dossier)


def first_to_expire(lines: list[DossierLine], dossier: Dossier) -> Any:
    """The day until which the results that count hold together, and what then falls out of its window first."""
    held = [
        one for line in lines for one in line.evidence if one.until and one.until >= dossier.reference_day
    ]
    return min(held, key=lambda one: one.until, default=None)  # type: ignore[arg-type, return-value]


def counts(dossier: Dossier) -> dict[str, int]:
    """How many criteria are decided in favour, against, and open."""
    verdicts = [line.verdict for line in dossier.lines]
    good = sum(verdict in GOOD for verdict in verdicts)
    unknown = verdicts.count(CriterionVerdict.UNKNOWN)
    return {"good": good, "unknown": unknown, "bad": len(verdicts) - good - unknown, "all": len(verdicts)}


def needed(lines: list[DossierLine]) -> list[tuple[Any, Slot]]:
    """The forms whose answers are still missing, each once, with the place where they are entered."""
    found = {}
    for line in lines:
        for one in line.evidence:
            if line.open and one.missing and one.slot:
                found[one.slot] = one.form_title
    return [(title, slot) for slot, title in found.items()]


def decisions(
    user: User, subject: Subject, dossier: Dossier, confirmed: Standing, refused: PlainForm | None
) -> dict[str, Any]:
    """The forms of the decisions that this user may take now, each None when it is not the time."""
    here: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    screening = subject.state == SubjectState.SCREENING
    waits = screening or (subject.state == SubjectState.ENROLLED and not subject.arm)
    signable = waits and dossier.verdict is SubjectVerdict.ELIGIBLE and not confirmed.holds
    enrollable = screening and dossier.verdict is SubjectVerdict.ELIGIBLE and confirmed.holds
    today = {"enrolled_on": site_today(subject)}
    return {
        "confirm_form": form_of(ConfirmForm, refused)
        if signable and may(user, "eligibility.sign", **here)
        else None,
        "signature_waits": signable,
        "enrol_form": form_of(EnrolForm, refused, today)
        if enrollable and may(user, "subject.enrol", **here)
        else None,
        "places": places_words(subject) if enrollable else "",
        "fail_form": form_of(FailForm, refused)
        if screening and may(user, "subject.screen", **here)
        else None,
        "refused": refused,
    }


def form_of(
    kind: type[PlainForm], refused: PlainForm | None, initial: dict[str, Any] | None = None
) -> PlainForm:
    """The form as it was refused, or a blank one."""
    return refused if isinstance(refused, kind) else kind(initial=initial)


def places_words(subject: Subject) -> str:
    """How many places are taken, as "12 of 101", or without a plan "12"."""
    planned = subject.study.protocol.planned_enrolment
    taken = places_taken(subject.study_id)
    if planned is None:
        return _("%(taken)d enrolled so far; the registration states no planned number.") % {"taken": taken}
    return _("%(taken)d of %(planned)d places are taken.") % {"taken": taken, "planned": planned}


def randomised(
    user: User, subject: Subject, facts: Facts, language: str, refused: PlainForm | None
) -> dict[str, Any]:
    """The randomisation section of a randomised study: what it rests on before, what it gave after."""
    plan = subject.protocol_version.protocol.randomisation
    if plan is None or subject.state in (SubjectState.SCREEN_FAILED, SubjectState.SCREENING):
        return {"randomisation_plan": None}
    levels = levels_of(subject.protocol_version.protocol, facts)
    strata = [
        (
            stratum.name.in_language(language),
            next(
                (one.name.in_language(language) for one in stratum.levels if one.key == levels[stratum.key]),
                "",
            ),
        )
        for stratum in plan.strata
    ]
    record = randomisation_of(subject)
    allowed = may(user, "subject.randomise", study_id=subject.study_id, site_id=subject.site_id)
    initial = {"randomised_on": site_today(subject)}
    return {
        "randomisation_plan": plan,
        "strata": strata,
        "randomisation": record,
        "arm_name": record.get_arm_display() if record else "",
        "list_made": list_is_made(subject.study_id),
        "randomise_form": form_of(RandomiseForm, refused, initial) if allowed and record is None else None,
    }
