"""What only the investigator can say about a candidate."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord

from .answers import question


class Statements(CasebookRecord):
    """The investigator's statements on eligibility; an unanswered one is unknown."""

    leuk_infiltration_liver = question(
        _("The liver values are due to leukaemic infiltration"),
        _("answer where bilirubin, ALT or AST is above its limit"),
    )
    hsct_within_60_days = question(_("Transplantation is planned within 60 days"))
    willing_hsct = question(_("Willing to undergo transplantation"))
    will_comply = question(_("Agrees to treatment, visits and tests"))
    cannot_consent_or_comply = question(_("Unable to consent or to follow the procedures"))
    refused = question(_("Refuses to take part"))
    not_childbearing = question(_("Post-menopausal (no menses for 12 months or more) or sterilised"))
    contraception_agreed = question(_("Effective contraception agreed for the time the protocol says"))
    pregnancy_planned = question(
        _("Plans a pregnancy during the study or within a year after the last infusion"),
        _("not applicable in men"),
    )
    investigator_unsuitable = question(_("Unsuitable for another reason"))
    unsuitable_reason = models.CharField(_("which reason"), max_length=300, blank=True, default="")
