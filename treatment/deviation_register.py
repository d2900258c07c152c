"""A deviation that the site wrote on its form stands in the register as a draft, in the class that it gave."""

from trialsite.access.models import User
from trialsite.deviations.services import draft_deviation
from trialsite.deviations.states import DeviationKind

from .models import Deviation


def into_register(record: Deviation, by: User) -> None:
    """Draft the register's deviation of a form; once, whatever is corrected later."""
    if record.performed_on is None or not record.deviation_class:
        return
    draft_deviation(
        subject=record.subject,
        kind=DeviationKind.OTHER,
        rule="deviation-form",
        evidence=record.what,
        occurred_on=record.performed_on,
        weight=record.deviation_class.lower(),
        sources=[record.address("what")],
        by=by,
    )
