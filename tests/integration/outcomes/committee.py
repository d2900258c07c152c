"""A trial whose protocol has a committee: two reviewers and a chair, one relapse and one death to judge."""

from copy import deepcopy
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from outcomes.adjudication.services import Finding, decide_case
from outcomes.models import AdjudicationDecision, EndpointResult
from tests.cast import Cast, cast_of, document_of, employ, user
from trialsite.access.models import Role, User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

from .worked_example import enter, subject_at, transplanted

SECTION: dict[str, Any] = {
    "forms": ["REL", "DTH"],
    "reviewers": 2,
    "blinded": True,
    "asks": ["date", "cause"],
    "source": "assumption",
    "cite": "a test",
}
BY_INVESTIGATOR = {"analysis": "investigator", "source": "assumption", "cite": "a test"}
GRAFT, RELAPSED, DIED = date(2024, 1, 11), date(2024, 7, 15), date(2024, 10, 1)
NARRATIVE = "septic shock after the second course"
ARM = "ARM_OF_THE_TEST"


@dataclass
class Committee:
    """The cast, its second reviewer, and the subject with its two events."""

    cast: Cast
    second: User
    subject: Subject
    relapse: Any
    death: Any


def document_with_committee(**changed: Any) -> dict[str, Any]:
    document = deepcopy(document_of("VIP-BLINA-HSCT"))
    document["adjudication"] = SECTION | changed
    for endpoint in document["endpoints"]:
        if endpoint["key"] in ("RFS", "OS"):
            endpoint["sensitivity"] = [*endpoint.get("sensitivity", []), dict(BY_INVESTIGATOR)]
    return document


def convene(**changed: Any) -> Committee:
    """The committee with a subject who relapsed and died."""
    cast = cast_of(document_with_committee(**changed))
    with acting(role="system"):
        second = user("second_reviewer")
        employ(second, Role.ADJUDICATOR, cast.version)
    by = cast.coordinator
    subject = subject_at(cast, cast.here, GRAFT - timedelta(days=150), by, arm=ARM)
    transplanted(subject, by, "2026-01-10")  # two years earlier, as the worked example counts
    marrow = {"evaluable": True, "bm_blast_pct": Quantity.parse("37", "%", "blasts"), "pb_blasts": True}
    said = {"investigator_response": "RELAPSE", "response_reason": "as the investigator sees it"}
    enter(subject, by, "BM", performed_on=RELAPSED, comment="seen at our ward", **marrow, **said)
    onset = PartialDate.of(RELAPSED)
    relapse = enter(
        subject,
        by,
        "REL",
        performed_on=RELAPSED,
        onset=onset,
        relapse_site="MARROW",
        comment="surely a relapse",
    )
    on = PartialDate.of(DIED)
    death = enter(subject, by, "DTH", performed_on=DIED, died_on=on, cause="INFECTION", cause_text=NARRATIVE)
    return Committee(cast, second, subject, relapse, death)


def finding(record: Any, verdict: str = "CONFIRMED", **typed: str) -> Finding:
    """What a member types of an event as it stands; the date of the relapse unless another is given."""
    with acting(role="system"):
        record.refresh_from_db()
    cause = "GVHD" if record.form_key == "DTH" else ""
    on = DIED if record.form_key == "DTH" else RELAPSED
    told = {
        "seen": str(record.version),
        "event_date": on.isoformat(),
        "cause": cause,
        "words": "marrow",
        "reason": "",
    }
    return Finding(verdict=verdict, **(told | typed))


def decide(who: User, record: Any, verdict: str = "CONFIRMED", **typed: str) -> AdjudicationDecision:
    said = finding(record, verdict, **typed)
    with acting(user=who):
        return decide_case(event_id=record.pk, finding=said, by=who)


def corrected(committee: Committee, on: date) -> None:
    """The coordinator corrects the date of the relapse."""
    by, record = committee.cast.coordinator, committee.relapse
    with acting(user=by):
        record.refresh_from_db()
        submit_form(
            slot=Slot(committee.subject.pk, "LOG", "REL", 1, record.form_repeat),
            values={"performed_on": RELAPSED, "onset": PartialDate.of(on), "relapse_site": "MARROW"},
            base_version=record.version,
            reason="typing error: another day",
            by=by,
        )


def result(committee: Committee, endpoint: str) -> EndpointResult:
    """An endpoint of the subject, as a coordinator of its site finds it."""
    with acting(user=committee.cast.coordinator):
        bring_up_to_date(Subject.objects.filter(pk=committee.subject.pk))
        return EndpointResult.objects.get(subject=committee.subject, endpoint=endpoint)
