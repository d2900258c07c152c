"""The page of a referral."""

from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import CasebookForm, Section

from ..models import Referral


class ReferralForm(CasebookForm):
    model = Referral
    sections = (
        Section(_("Referral"), "kind", "performed_on", "hospital", "contact", "planned_on"),
        Section(_("Called off"), "called_off_on", "called_off_why"),
    )
    labels = {"performed_on": _("Referred on")}
