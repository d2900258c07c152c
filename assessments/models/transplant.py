"""After transplantation: acute and chronic GVHD, chimerism, engraftment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord

from .columns import code, percentage, score, words, yes_no


class AcuteGvhd(CasebookRecord):
    """Stages of acute GVHD on one day; the overall grade (MAGIC) is computed."""

    class SteroidResponse(models.TextChoices):
        RESPONSIVE = "RESPONSIVE", _("Responsive")
        REFRACTORY = "REFRACTORY", _("Refractory")
        DEPENDENT = "DEPENDENT", _("Dependent")
        NOT_GIVEN = "NA", _("Not given")

    skin = score(
        _("Skin stage"),
        4,
        _("share of the surface: below 25 % = 1, 25–50 % = 2, above 50 % = 3; bullae = 4"),
    )
    liver = score(
        _("Liver stage"),
        4,
        _("bilirubin in mg/dL (17.1 µmol/L): 2.0–3.0 = 1, 3.1–6.0 = 2, 6.1–15.0 = 3, above 15.0 = 4"),
    )
    upper_gi = score(_("Upper GI stage"), 1, _("persistent nausea, vomiting or anorexia = 1"))
    lower_gi = score(
        _("Lower GI stage"),
        4,
        _("stool in mL a day: 500–999 = 1, 1000–1500 = 2, above 1500 = 3; severe pain, ileus or blood = 4"),
    )
    biopsy = yes_no(_("Confirmed by biopsy"))
    systemic_steroid = yes_no(_("Systemic corticosteroid"))
    steroid_response = code(_("Response to corticosteroid"), SteroidResponse)
    comment = words(_("Comment"))


class ChronicGvhd(CasebookRecord):
    """Organ scores of chronic GVHD on one day; the overall severity (NIH 2014) is computed."""

    skin = score(_("Skin"), 3, _("higher of surface and sclerosis"))
    mouth = score(_("Mouth"), 3)
    eyes = score(_("Eyes"), 3)
    gi = score(_("Gastrointestinal tract"), 3)
    liver = score(_("Liver"), 3)
    lungs = score(_("Lungs"), 3, _("FEV1 60–79 % = 1, 40–59 % = 2, ≤ 39 % = 3; it overrides symptoms"))
    joints = score(_("Joints and fascia"), 3)
    genital = score(_("Genital tract"), 3)
    onset_on = models.DateField(_("First diagnosed on"), null=True, blank=True)
    systemic_therapy_on = models.DateField(
        _("Systemic treatment since"), null=True, blank=True, help_text=_("topical treatment does not count")
    )
    comment = words(_("Comment"))


class Chimerism(CasebookRecord):
    """Donor chimerism of one sample."""

    class Specimen(models.TextChoices):
        BLOOD = "BLOOD", _("Blood")
        MARROW = "MARROW", _("Marrow")
        T_CELLS = "T_CELLS", _("T cells")

    item_units = {"donor_pct": "%"}

    specimen = code(_("Specimen"), Specimen)
    donor_pct = percentage(_("Donor cells"), _("full donor chimerism: above 95 %"))
    method = words(_("Method"), length=60)
    comment = words(_("Comment"))


class Engraftment(CasebookRecord):
    """Recovery of the graft; empty days are not reached yet."""

    class GraftFailure(models.TextChoices):
        NONE = "NONE", _("None")
        PRIMARY = "PRIMARY", _("Primary graft failure")
        SECONDARY = "SECONDARY", _("Secondary graft failure")
        POOR_FUNCTION = "POOR_FUNCTION", _("Poor graft function")

    neutrophils_on = models.DateField(
        _("Neutrophil recovery"), null=True, blank=True, help_text=_("first of 3 days at 0.5 × 10⁹/L or more")
    )
    platelets_on = models.DateField(
        _("Platelet recovery"),
        null=True,
        blank=True,
        help_text=_("first of 3 days at 20 × 10⁹/L or more, 7 days after the last transfusion"),
    )
    graft_failure = code(_("Graft failure"), GraftFailure)
    graft_failure_on = models.DateField(_("Graft failure on"), null=True, blank=True)
    comment = words(_("Comment"))
