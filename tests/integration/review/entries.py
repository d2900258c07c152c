"""Forms entered by the coordinator, for what is asked, verified and signed on them."""

from datetime import date
from typing import Any

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.quantity import Quantity

DAY = date(2026, 1, 6)


def enter(
    subject: Subject, cast: Cast, weight: str = "70", visit: str = "SCR", form: str = "VS", **options: Any
) -> Any:
    """Enter vital signs, or another form with its day alone."""
    values: dict[str, Any] = {"performed_on": DAY}
    if form == "VS":
        values |= {"weight": Quantity.parse(weight, "kg", "weight"), "ecog": 1}
    with acting(user=cast.coordinator):
        return submit_form(slot=Slot(subject.pk, visit, form), values=values, by=cast.coordinator, **options)
