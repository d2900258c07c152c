"""After transplantation: acute and chronic GVHD, chimerism, engraftment."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import QuantityItem

from .columns import amount, code, data_source, judged, percentage, score, words, yes_no


class GvhdClass(models.TextChoices):
    """By manifestation, not by day 100."""

    CLASSIC_ACUTE = "CLASSIC_ACUTE", _("Classic acute")
    LATE_ACUTE = "LATE_ACUTE", _("Late, persistent or recurrent acute")
    CLASSIC_CHRONIC = "CLASSIC_CHRONIC", _("Classic chronic")
    OVERLAP = "OVERLAP", _("Overlap of chronic and acute")


ANOTHER_STAGE = _("only where it was not measured, or you judge otherwise")


class AcuteGvhd(CasebookRecord):
    """Acute GVHD on one day: what was found at each organ, from which stages and overall grade (MAGIC) are computed.

    A typed stage stands instead of the computed one: as recorded before findings were, or judged otherwise."""

    class SteroidResponse(models.TextChoices):
        RESPONSIVE = "RESPONSIVE", _("Responsive")
        REFRACTORY = "REFRACTORY", _("Refractory")
        DEPENDENT = "DEPENDENT", _("Dependent")
        NOT_GIVEN = "NA", _("Not given")

    item_units = {"skin_pct": "%", "stool_ml": "mL/d"}

    skin_pct = percentage(_("Skin with active rash"), _("share of the body surface; 0 when there is none"))
    bullae = yes_no(_("Bullae or desquamation (more than 5 % BSA)"))
    bilirubin = QuantityItem(
        "bilirubin", _("Total bilirubin"), _("empty: the laboratory result of this day is taken")
    )
    upper_gi_symptoms = yes_no(_("Persistent nausea, vomiting or anorexia"))
    stool_ml = amount(
        _("Stool volume"), _("mean of three days; mixed with urine counts half; for a body above 50 kg")
    )
    stool_episodes = models.PositiveSmallIntegerField(
        _("Stools a day"), null=True, blank=True, help_text=_("where the volume was not measured")
    )
    severe_gut = yes_no(_("Severe abdominal pain, ileus or grossly bloody stool"))
    skin = score(_("Skin stage"), 4, ANOTHER_STAGE)
    liver = score(_("Liver stage"), 4, ANOTHER_STAGE)
    upper_gi = score(_("Upper GI stage"), 1, ANOTHER_STAGE)
    lower_gi = score(_("Lower GI stage"), 4, ANOTHER_STAGE)
    stage_reason = words(_("Why another stage"))
    gvhd_class = code(_("Class"), GvhdClass)
    biopsy = yes_no(_("Confirmed by biopsy"))
    systemic_steroid = yes_no(_("Systemic corticosteroid"))
    steroid_response = code(_("Response to corticosteroid"), SteroidResponse)
    comment = words(_("Comment"))


class ChronicGvhd(CasebookRecord):
    """Chronic GVHD on one day: what was found, from which organ scores and severity (NIH 2014) are computed.

    A typed score stands instead of the computed one: as recorded before findings were, or judged otherwise."""

    class Sclerosis(models.TextChoices):
        NONE = "NONE", _("None")
        SUPERFICIAL = "SUPERFICIAL", _("Superficial, not hidebound")
        DEEP = "DEEP", _("Deep, hidebound, impaired mobility or ulcer")

    class Gut(models.TextChoices):
        NONE = "NONE", _("None")
        SYMPTOMS = "SYMPTOMS", _("Symptoms without significant weight loss")
        MODERATE = "MODERATE", _("Moderate diarrhoea, daily life hardly affected")
        SEVERE = "SEVERE", _("Severe diarrhoea, or most calories by supplement")

    class Breath(models.TextChoices):
        NONE = "NONE", _("None")
        STAIRS = "STAIRS", _("Short of breath after one flight of stairs")
        FLAT = "FLAT", _("Short of breath on the flat")
        REST = "REST", _("Short of breath at rest, or oxygen")

    class Mouth(models.IntegerChoices):
        NONE = 0, _("0: none, or entirely explained by another cause")
        MILD = 1, _("1: mild symptoms, eating not limited")
        PARTIAL = 2, _("2: eating partly limited")
        MAJOR = 3, _("3: eating greatly limited")

    class Eyes(models.IntegerChoices):
        NONE = 0, _("0: none, or entirely explained by another cause")
        DRY = 1, _("1: dry, drops up to 3 times a day")
        DROPS = 2, _("2: drops more than 3 times a day or plugs, sight kept")
        SIGHT = 3, _("3: unable to work, or loss of sight")

    class Joints(models.IntegerChoices):
        NONE = 0, _("0: none, or entirely explained by another cause")
        MILD = 1, _("1: mild tightness, daily life not affected")
        CONTRACTURE = 2, _("2: contractures, moderate loss of movement")
        SEVERE = 3, _("3: severe loss of movement, daily life limited")

    class Genital(models.IntegerChoices):
        NONE = 0, _("0: none, or entirely explained by another cause")
        MILD = 1, _("1: mild signs")
        MODERATE = 2, _("2: moderate signs")
        SEVERE = 3, _("3: severe signs")

    item_units = {"skin_pct": "%", "weight_loss_pct": "%", "fev1_pct": "%"}

    skin_pct = percentage(_("Skin involved"), _("share of the body surface; 0 when there is none"))
    sclerosis = code(_("Sclerosis of the skin"), Sclerosis)
    skin_explained = yes_no(_("Skin: another cause explains it entirely"))
    gut = code(_("Gastrointestinal symptoms"), Gut)
    weight_loss_pct = percentage(_("Weight loss"), _("within three months; 0 when there is none"))
    gi_explained = yes_no(_("Gastrointestinal: another cause explains it entirely"))
    bilirubin = QuantityItem(
        "bilirubin", _("Total bilirubin"), _("empty: the laboratory results of this day are taken")
    )
    bilirubin_raised = yes_no(_("Bilirubin above the upper limit of normal"))
    alt_times = amount(_("ALT, times the upper limit of normal"), highest=500)
    alp_times = amount(_("Alkaline phosphatase, times the upper limit"), highest=500)
    liver_explained = yes_no(_("Liver: another cause explains it entirely"))
    fev1_pct = percentage(_("FEV1, percent of predicted"), _("it overrides symptoms"), highest=200)
    breath = code(_("Shortness of breath"), Breath)
    lungs_explained = yes_no(_("Lungs: another cause explains it entirely"))
    skin = score(_("Skin"), 3, ANOTHER_STAGE)
    mouth = judged(_("Mouth"), Mouth)
    eyes = judged(_("Eyes"), Eyes)
    gi = score(_("Gastrointestinal tract"), 3, ANOTHER_STAGE)
    liver = score(_("Liver"), 3, ANOTHER_STAGE)
    lungs = score(_("Lungs"), 3, ANOTHER_STAGE)
    joints = judged(_("Joints and fascia"), Joints)
    genital = judged(_("Genital tract"), Genital)
    stage_reason = words(_("Why another score"))
    gvhd_class = code(_("Class"), GvhdClass)
    onset_on = models.DateField(_("First diagnosed on"), null=True, blank=True)
    systemic_therapy_on = models.DateField(
        _("Systemic treatment since"), null=True, blank=True, help_text=_("topical treatment does not count")
    )
    comment = words(_("Comment"))


class Chimerism(CasebookRecord):
    """Donor chimerism of one sample."""

    natures = {"method": Nature.PLAIN}

    class Specimen(models.TextChoices):
        BLOOD = "BLOOD", _("Blood")
        MARROW = "MARROW", _("Marrow")
        T_CELLS = "T_CELLS", _("T cells")
        CD34 = "CD34", _("CD34-positive cells")

    item_units = {"donor_pct": "%"}

    specimen = code(_("Specimen"), Specimen)
    donor_pct = percentage(_("Donor cells"), _("full donor chimerism: above 95 %"))
    method = words(_("Method"), length=60)
    told_by = data_source()
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
    told_by = data_source()
    comment = words(_("Comment"))
