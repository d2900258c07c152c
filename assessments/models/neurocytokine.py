"""Cytokine release and neurotoxicity on one day, from which their grades are computed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import QuantityItem

from .columns import code, score, words, yes_no


class CytokineRelease(CasebookRecord):
    """Cytokine release on one day. The ASTCT grade is computed; the CTCAE grade drives dose changes."""

    class Hypotension(models.TextChoices):
        NONE = "NONE", _("None")
        FLUIDS = "FLUIDS", _("Without vasopressor")
        ONE_PRESSOR = "ONE_PRESSOR", _("One vasopressor, with or without vasopressin")
        PRESSORS = "PRESSORS", _("Several vasopressors, vasopressin not counted")

    class Oxygen(models.TextChoices):
        NONE = "NONE", _("Room air")
        LOW_FLOW = "LOW_FLOW", _("Cannula up to 6 L/min or blow-by")
        HIGH_FLOW = "HIGH_FLOW", _("Above 6 L/min, mask, non-rebreather, Venturi")
        PRESSURE = "PRESSURE", _("CPAP, BiPAP or intubation")

    temperature = QuantityItem("temperature", _("Highest temperature"))
    other_cause = yes_no(_("Fever explained by another cause"))
    anticytokine = yes_no(
        _("Antipyretic or anticytokine treatment given"),
        _("after it fever is no longer required for a grade"),
    )
    hypotension = code(_("Hypotension"), Hypotension)
    oxygen = code(_("Oxygen"), Oxygen)
    ctcae_grade = score(_("CTCAE grade of CRS"), 5, _("CTCAE 5.0; 0 when there is none"))
    tocilizumab = yes_no(_("Tocilizumab given"))
    steroid = yes_no(_("Corticosteroid given for CRS"))
    comment = words(_("Comment"))


class IceScore(CasebookRecord):
    """ICE score and the other domains of ICANS on one day; the ASTCT grade is computed."""

    class Consciousness(models.TextChoices):
        AWAKE = "AWAKE", _("Awakens spontaneously")
        VOICE = "VOICE", _("Awakens to voice")
        TACTILE = "TACTILE", _("Awakens only to touch")
        UNAROUSABLE = "UNAROUSABLE", _("Unarousable, stupor or coma")

    class Seizure(models.TextChoices):
        NONE = "NONE", _("None")
        BRIEF = "BRIEF", _("Resolves rapidly, or non-convulsive on EEG")
        PROLONGED = "PROLONGED", _("Longer than 5 minutes, or repetitive")

    class Oedema(models.TextChoices):
        NONE = "NONE", _("None")
        FOCAL = "FOCAL", _("Focal on imaging")
        DIFFUSE = "DIFFUSE", _("Diffuse, or signs of raised pressure")

    orientation = score(_("Orientation: year, month, city, hospital"), 4)
    naming = score(_("Naming three objects"), 3)
    command = score(_("Following a command"), 1)
    writing = score(_("Writing a sentence"), 1)
    attention = score(_("Counting back from 100 by 10"), 1)
    consciousness = code(_("Consciousness"), Consciousness)
    seizure = code(_("Seizure"), Seizure)
    motor_weakness = yes_no(_("Deep focal weakness"))
    oedema = code(_("Cerebral oedema"), Oedema)
    ctcae_grade = score(_("Highest CTCAE grade of neurotoxicity"), 5, _("CTCAE 5.0; 0 when there is none"))
    comment = words(_("Comment"))
