"""What investigators decided before each phase of the synthetic record but the first."""

from datetime import date

from treatment.plan.decisions import (
    decide_next_phase,
    indications_of,
    is_as_proposed,
    phase_offered,
    usual_indication,
)
from treatment.plan.paths import OVER, standing_of
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts_of

WHY = "Discussed at the ward round with all results on file."
OTHER_INDICATION = "High risk by white count and age, donor available"


def decide_before(subject: Subject, phase: str, on: date, investigator: User) -> None:
    """The investigator decides for the phase that the story goes on with; where that is not proposed, with a reason."""
    with acting(user=investigator):
        standing = standing_of(subject)
        offered = phase_offered(subject, phase)
        over = standing.ended is not None or standing.following.text in OVER
        if over or standing.current is None or offered is None or standing.current.phase == phase:
            return
        reasons = indications_of(subject, offered)
        indication = usual_indication(reasons) or (indication_of(subject) if reasons else "")
        agrees = is_as_proposed(standing.following, "PHASE", phase)
        other = OTHER_INDICATION if indication == "OTHER_INVESTIGATOR" else ""
        decide_next_phase(
            subject_id=subject.pk,
            kind="PHASE",
            chosen_phase=phase,
            indication=indication,
            decided_on=max(on, standing.current.start),
            by=investigator,
            reason=other or ("" if agrees else WHY),
        )


def indication_of(subject: Subject) -> str:
    """Why a subject of BLINA-FULL is transplanted, as its record says."""
    facts = facts_of(subject.pk, ["kmt2a_r", "tp53_mut", "mrd_state"])
    if facts["kmt2a_r"].value is True:
        return "KMT2A_R"
    if facts["tp53_mut"].value is True:
        return "TP53_MUT"
    by_mrd = {"PERSISTENT": "MRD_PERSISTENT", "RECURRENCE": "MRD_RECURRENCE"}
    return by_mrd.get(str(facts["mrd_state"].value), "OTHER_INVESTIGATOR")
