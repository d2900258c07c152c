"""The page of one infusion of high-dose methotrexate, in paper order."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, RowForm, Section

from ..models import LeucovorinDose, MethotrexateInfusion, MethotrexateLevel


class MomentRowForm(RowForm):
    """A line with an instant, printed to the minute."""

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        initial = super().initial_of(row)
        return {
            item: value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
            for item, value in initial.items()
        }


class LevelForm(MomentRowForm):
    model = MethotrexateLevel
    items = ("drawn_at", "level", "from_line", "creatinine")


class LeucovorinForm(MomentRowForm):
    model = LeucovorinDose
    items = ("given_at", "dose", "route")


class MethotrexateForm(CasebookForm):
    model = MethotrexateInfusion
    sections = (
        Section(_("Before the start"), "urine_ph", "effusion"),
        Section(_("Infusion (times of the site)"), "start", "planned_hours", "dose", "end", "comment"),
    )

    def values(self) -> dict[str, Any]:
        """With the site's day of the start as the form's date."""
        found = super().values()
        start = found.get("start")
        return found | {"performed_on": timezone.localtime(start).date() if start else None}
