"""The form of a referral."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import edit_check, not_in_the_future
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding, FormType

from .. import models
from ..checks import in_order
from .forms import ReferralForm


@edit_check(gettext_lazy("Why it was called off"))
def called_off_has_reason(
    values: Mapping[str, Any], rows: Mapping[str, Sequence[Any]], subject: Subject
) -> Iterator[Finding]:
    """A referral that is called off says when and why."""
    if values.get("called_off_on") and not values.get("called_off_why"):
        yield Finding("called_off_why", _("Say why it was called off."))
    if values.get("called_off_why") and not values.get("called_off_on"):
        yield Finding("called_off_on", _("Enter the day on which it was called off."))


REFERRAL_FORMS = (
    FormType(
        "REF",
        gettext_lazy("Referral to another hospital"),
        models.Referral,
        ReferralForm,
        continuous=True,
        checks=(
            not_in_the_future("performed_on", "called_off_on"),
            in_order(
                "performed_on", "planned_on", gettext_lazy("Day 0 cannot be planned before the referral.")
            ),
            in_order(
                "performed_on",
                "called_off_on",
                gettext_lazy("It cannot be called off before the referral."),
            ),
            called_off_has_reason,
        ),
        summary=lambda record: f"{record.get_kind_display()} · {record.hospital}",
    ),
)
