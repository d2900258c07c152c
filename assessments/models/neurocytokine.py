"""Cytokine release and neurotoxicity on one day, from whose components the grades are computed."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.models import CasebookRecord
from trialsite.casebook.values import QuantityItem

from .columns import amount, code, judged, percentage, score, words, yes_no


class CytokineRelease(CasebookRecord):
    """Cytokine release on one day. The ASTCT grade is computed; the CTCAE grade drives dose changes."""

    class Hypotension(models.TextChoices):
        NONE = "NONE", _("None")
        FLUIDS = "FLUIDS", _("Without vasopressor")
        VASOPRESSOR = "VASOPRESSOR", _("Needs vasopressors: name them below")
        ONE_PRESSOR = "ONE_PRESSOR", _("One vasopressor, with or without vasopressin")
        PRESSORS = "PRESSORS", _("Several vasopressors, vasopressin not counted")

    class Vasopressor(models.TextChoices):
        NOREPINEPHRINE = "NOREPINEPHRINE", _("Norepinephrine")
        EPINEPHRINE = "EPINEPHRINE", _("Epinephrine")
        DOPAMINE = "DOPAMINE", _("Dopamine")
        METARAMINOL = "METARAMINOL", _("Metaraminol")
        PHENYLEPHRINE = "PHENYLEPHRINE", _("Phenylephrine")
        DOBUTAMINE = "DOBUTAMINE", _("Dobutamine")
        OTHER = "OTHER", _("Other")

    class Oxygen(models.TextChoices):
        NONE = "NONE", _("Room air")
        CANNULA = "CANNULA", _("Nasal cannula")
        BLOW_BY = "BLOW_BY", _("Blow-by")
        HIGH_FLOW_CANNULA = "HIGH_FLOW_CANNULA", _("High-flow nasal cannula")
        MASK = "MASK", _("Face mask")
        NON_REBREATHER = "NON_REBREATHER", _("Non-rebreather mask")
        VENTURI = "VENTURI", _("Venturi mask")
        CPAP = "CPAP", "CPAP"
        BIPAP = "BIPAP", "BiPAP"
        INTUBATED = "INTUBATED", _("Intubated and ventilated")
        LOW_FLOW = "LOW_FLOW", _("Cannula up to 6 L/min or blow-by")
        HIGH_FLOW = "HIGH_FLOW", _("Above 6 L/min, mask, non-rebreather, Venturi")
        PRESSURE = "PRESSURE", _("CPAP, BiPAP or intubation")

    item_units = {"oxygen_flow": "L/min", "fio2_pct": "%"}

    temperature = QuantityItem("temperature", _("Highest temperature"))
    other_cause = yes_no(_("Fever explained by another cause"))
    anticytokine = yes_no(
        _("Antipyretic or anticytokine treatment given"),
        _("after it fever is no longer required for a grade"),
    )
    hypotension = code(_("Hypotension"), Hypotension)
    vasopressor = code(_("Vasopressor"), Vasopressor)
    second_vasopressor = code(_("Second vasopressor"), Vasopressor, _("leave empty when there was one only"))
    vasopressin = yes_no(_("Vasopressin"), _("it does not count as a second vasopressor (ASTCT)"))
    oxygen = code(_("Oxygen"), Oxygen)
    oxygen_flow = amount(_("Oxygen flow"), _("up to 6 L/min by cannula is low flow"), highest=100)
    fio2_pct = percentage(
        _("Inspired oxygen (FiO₂)"), _("CTCAE: grade 3 from 40 %; grade 2 below"), lowest=21
    )
    fatal = yes_no(_("Death due to cytokine release"))
    ctcae_grade = score(_("CTCAE grade of CRS"), 5, _("CTCAE 5.0; 0 when there is none"))
    ctcae_reason = words(
        _("Why another CTCAE grade"), _("where your grade is not the one that the components give")
    )
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

    class Point(models.IntegerChoices):
        NO = 0, _("0: no")
        YES = 1, _("1: yes")

    year = yes_no(_("Knows the year"))
    month = yes_no(_("Knows the month"))
    city = yes_no(_("Knows the city"))
    hospital = yes_no(_("Knows the hospital"))
    orientation = score(
        _("Orientation: year, month, city, hospital"), 4, _("only where the four answers were not noted")
    )
    naming = score(_("Naming three objects"), 3)
    command = judged(_("Following a command"), Point)
    writing = judged(_("Writing a sentence"), Point)
    attention = judged(_("Counting back from 100 by 10"), Point)
    consciousness = code(_("Consciousness"), Consciousness)
    sedated = yes_no(_("Under sedation"), _("consciousness then does not count"))
    seizure = code(_("Seizure"), Seizure)
    motor_weakness = yes_no(_("Deep focal weakness"))
    oedema = code(_("Cerebral oedema"), Oedema)
    tremor = yes_no(_("Tremor or myoclonus"), _("no part of ICANS: enter an adverse event"))
    haemorrhage = yes_no(_("Intracranial haemorrhage"), _("no part of ICANS: enter an adverse event"))
    other_cause = yes_no(_("Explained entirely by another cause"))
    fatal = yes_no(_("Death due to neurotoxicity"))
    ctcae_grade = score(_("Highest CTCAE grade of neurotoxicity"), 5, _("CTCAE 5.0; 0 when there is none"))
    comment = words(_("Comment"))

    @property
    def orientation_answers(self) -> tuple[bool | None, ...]:
        return (self.year, self.month, self.city, self.hospital)
