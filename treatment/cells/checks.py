"""Checks of CAR-T cells: the conditions of the apheresis, with their evidence."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext_lazy

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.clinical.kleene import Truth

from ..domain.cells import apheresis_conditions
from ..models.cells import CellStep
from .reading import before_apheresis

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]


@edit_check(gettext_lazy("Conditions of the apheresis"), hard=False)
def ready_for_apheresis(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Lymphocytes, corticosteroid and the time since blinatumomab, where the protocol asks for them.

    What is unknown is shown on the form and asked by nobody: the count often comes later."""
    plan, day = subject.protocol_version.protocol.cell_therapy, values.get("performed_on")
    if plan is None or day is None or values.get("step") != CellStep.APHERESIS:
        return
    known = before_apheresis(subject, plan.apheresis, day, values.get("lymphocytes"))
    for one in apheresis_conditions(plan.apheresis, known):
        if one.truth is Truth.FALSE:
            item = "lymphocytes" if one.key == "lymphocytes" else "performed_on"
            yield Finding(item, one.reason.in_language(get_language() or "en"))


def infused_on(values: Values) -> date | None:
    """Day 0 as the form says it; None of the other steps."""
    return values.get("performed_on") if values.get("step") == CellStep.INFUSION else None
