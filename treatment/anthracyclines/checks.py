"""The soft check of a dose of anthracycline that reaches the limit."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.clinical.body import round_half_up

from ..domain.anthracyclines import STOP, WARNING, AnthracyclineAlert, is_anthracycline
from .selectors import course_of

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]


@edit_check(gettext_lazy("Cumulative anthracycline below its limits"), hard=False)
def anthracycline_limits(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """With these doses the cumulative anthracycline reaches 250 or 400 mg/m² of doxorubicin equivalents."""
    lines = rows.get("doses", ())
    counted = [
        place
        for place, line in enumerate(lines)
        if is_anthracycline(line.get("drug") or "") and line.get("given")
    ]
    if not counted:
        return
    course = course_of(subject, also=lines)
    alert = course.cumulative.alert
    if alert not in (AnthracyclineAlert.WARNING, AnthracyclineAlert.STOP):
        return
    yield Finding(
        f"doses.{counted[-1]}.given",
        _(
            "The cumulative anthracycline reaches %(total)s mg/m² of doxorubicin equivalents (%(limit)s or more)."
        )
        % {
            "total": f"{round_half_up(course.total, 1).normalize():f}",
            "limit": STOP if alert is AnthracyclineAlert.STOP else WARNING,
        },
    )
