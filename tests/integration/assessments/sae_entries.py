"""An adverse event, its SAE report and a stay in hospital, entered through the service, for the tests."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from assessments.domain.sae import Criterion
from assessments.models import Admission, AdverseEvent, SeriousEvent
from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import next_repeat, submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate

SHANGHAI = ZoneInfo("Asia/Shanghai")
ONSET = date(2026, 11, 18)
AWARE = datetime(2026, 11, 20, 16, 30, tzinfo=SHANGHAI)


def log(
    cast: Cast, subject: Subject, form: str, *, by: User | None = None, at: int = 0, **values: Any
) -> Any:
    """Enter a form in the log, or correct number `at`."""
    who = by or cast.coordinator
    with acting(user=who):
        repeat = at or next_repeat(subject=subject, form_key=form)
        slot = Slot(subject.pk, LOG, form, 1, repeat)
        known = {"SAE": SeriousEvent, "AE": AdverseEvent, "ADM": Admission}[form]
        base = known.objects.get(subject=subject, form_repeat=at).version if at else None
        return submit_form(
            slot=slot, values=values, base_version=base, by=who, reason="new information" if at else ""
        )


def event(cast: Cast, subject: Subject, **values: Any) -> AdverseEvent:
    """A serious febrile neutropenia that blinatumomab may have caused."""
    given = {
        "performed_on": ONSET,
        "onset": PartialDate.of(ONSET),
        "term": "Febrile neutropenia",
        "grade": 4,
        "serious": True,
        "cause_chemo": "NOT_RELATED",
        "cause_blinatumomab": "POSSIBLE",
        "cause_venetoclax": "NA",
        "cause_car_t": "NA",
        "cause_hsct": "NA",
    }
    return log(cast, subject, "AE", **(given | values))  # type: ignore[no-any-return]


def report_values(number: int, *criteria: Criterion, **values: Any) -> dict[str, Any]:
    met = criteria or (Criterion.LIFE_THREATENING,)
    return {
        "performed_on": ONSET,
        "event": number,
        "report_kind": "INITIAL",
        **{one.value: one in met for one in Criterion},
        "site_aware_at": AWARE,
        "narrative": "Fever of 39.4 °C on day 9.",
    } | values


def report(
    cast: Cast, subject: Subject, number: int = 1, *criteria: Criterion, **values: Any
) -> SeriousEvent:
    """An initial report, life-threatening unless said otherwise."""
    return log(cast, subject, "SAE", **report_values(number, *criteria, **values))  # type: ignore[no-any-return]


def stay(cast: Cast, subject: Subject, **values: Any) -> Admission:
    """A planned stay of 28 days for blinatumomab, from the second of November."""
    given = {
        "performed_on": date(2026, 11, 2),
        "reason": "BLINATUMOMAB",
        "planned": True,
        "planned_days": 28,
        "ward": "Haematology, ward 3",
    }
    return log(cast, subject, "ADM", **(given | values))  # type: ignore[no-any-return]
