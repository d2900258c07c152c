"""The page of an adverse event."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import AdverseEvent


class AdverseEventForm(CasebookForm):
    """The day of the form is the earliest possible day of the onset: it is not asked for twice."""

    model = AdverseEvent
    sections = (
        Section(_("Event"), "term", "onset", "stop", "ongoing"),
        Section(_("Severity"), "grade", "serious", "special_interest"),
        Section(
            _("Cause, in the investigator's judgement"),
            "cause_chemo",
            "cause_blinatumomab",
            "cause_venetoclax",
            "cause_car_t",
            "cause_hsct",
        ),
        Section(_("What followed"), "action", "outcome", "comment"),
    )

    def values(self) -> dict[str, Any]:
        found = super().values()
        onset = found.get("onset")
        return found | {"performed_on": onset.earliest if onset else None}
