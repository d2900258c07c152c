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

from .conditions import CONFIRMATION
from .domain.eligibility import Dossier, changed_criteria
from .dossier_page import DossierLine, Shown, lines_of
from .facts import consent_dates
from .forms import ConfirmForm, EnrolForm, FailForm, PlainForm, form_of
from .randomisation_context import randomised
from .recruitment import emergency_of, holds, place_of, warnings_at
from .selectors import (
    Facts,
    Standing,
    assess,
    day_of_dossier,
    facts_for_rules,
    places_taken,
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
        **places_context(user, subject, dossier),
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
    waits = screening or (subject.state == SubjectState.ENROLLED and (not subject.arm or to_confirm(subject)))
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


def to_confirm(subject: Subject) -> bool:
    """Whether the subject got its arm in an emergency, and eligibility is still to be confirmed."""
    found = emergency_of(subject) if subject.protocol_version.protocol.randomisation else None
    return found is not None and (CONFIRMATION, "") in found.open


def places_context(user: User, subject: Subject, dossier: Dossier) -> dict[str, Any]:
    """The place of a subject in screening: held until when, and whether this user may hold it or give it back."""
    if subject.state != SubjectState.SCREENING:
        return {"place": None}
    place = place_of(subject)
    held = holds(place, subject)
    allowed = may(user, "place.hold", study_id=subject.study_id, site_id=subject.site_id)
    return {
        "place": place if held else None,
        "may_hold": allowed and not held and dossier.verdict is SubjectVerdict.ELIGIBLE,
        "may_give_back": allowed and held,
        "full": [] if held else warnings_at(subject.study, subject.site),
    }


def places_words(subject: Subject) -> str:
    """How many places are taken, as "12 of 101", or without a plan "12"."""
    planned = subject.study.protocol.planned_enrolment
    taken = places_taken(subject.study_id)
    if planned is None:
        return _("%(taken)d enrolled so far; the registration states no planned number.") % {"taken": taken}
    return _("%(taken)d of %(planned)d places are taken.") % {"taken": taken, "planned": planned}
