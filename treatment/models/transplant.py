"""Donor, transplantation, prophylaxis and treatment of GVHD."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from assessments.models.columns import code, data_source, words, yes_no
from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.names import indication_name


class DonorKind(models.TextChoices):
    """The best donor found."""

    MSD = "MSD", _("Matched sibling")
    MUD10 = "MUD10", _("Unrelated, 10/10")
    MMUD9 = "MMUD9", _("Unrelated, 9/10")
    HAPLO = "HAPLO", _("Haploidentical")


DONOR_CHOICES = [*DonorKind.choices, ("NONE", _("No donor found")), ("PENDING", _("Search pending"))]


class Sero(models.TextChoices):
    """Antibodies against cytomegalovirus."""

    POS = "POS", _("Positive")
    NEG = "NEG", _("Negative")


class BloodGroup(models.TextChoices):
    """Blood group with its Rh factor."""

    A_POS = "A+", "A+"
    A_NEG = "A-", "A−"
    B_POS = "B+", "B+"
    B_NEG = "B-", "B−"
    AB_POS = "AB+", "AB+"
    AB_NEG = "AB-", "AB−"
    O_POS = "O+", "O+"
    O_NEG = "O-", "O−"


def matched(locus: str) -> models.PositiveSmallIntegerField:
    """How many of the two alleles of a locus match."""
    return models.PositiveSmallIntegerField(
        locus, null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(2)]
    )


class Donor(CasebookRecord):
    """The donor as known on a day, the work-up of candidates, and when conditioning is planned."""

    item_units = {"donor_age": _("years")}
    natures = {"hla_match": Nature.GENETIC}

    donor = models.CharField(_("best donor"), max_length=8, choices=DONOR_CHOICES, blank=True, default="")
    donor_available = models.BooleanField(_("Identified and available"), null=True, blank=True)
    hla_match = models.CharField(
        _("HLA loci matched"), max_length=10, blank=True, default="", help_text=_("such as 10/10")
    )
    donor_sex = models.CharField(
        _("sex of the donor"),
        max_length=1,
        choices=[("M", _("Male")), ("F", _("Female"))],
        blank=True,
        default="",
    )
    donor_age = models.PositiveSmallIntegerField(_("age of the donor"), null=True, blank=True)
    typed_on = models.DateField(_("HLA typing of the subject on"), null=True, blank=True)
    recipient_cmv = code(_("CMV antibodies of the subject"), Sero)
    recipient_group = code(_("blood group of the subject"), BloodGroup)
    conditioning_planned = models.DateField(_("planned first day of conditioning"), null=True, blank=True)


class DonorCandidate(CasebookRow):
    """One candidate: matched alleles at five loci (0 to 2 each), antibodies against the donor, CMV, blood group."""

    natures = dict.fromkeys(("hla_a", "hla_b", "hla_c", "hla_drb1", "hla_dqb1"), Nature.GENETIC)

    record = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="candidates", editable=False)
    relation = models.CharField(_("donor"), max_length=8, choices=DonorKind)
    hla_a = matched("HLA-A")
    hla_b = matched("HLA-B")
    hla_c = matched("HLA-C")
    hla_drb1 = matched("DRB1")
    hla_dqb1 = matched("DQB1")
    dsa = yes_no(_("donor-specific antibodies"))
    cmv = code(_("CMV antibodies"), Sero)
    blood_group = code(_("blood group"), BloodGroup)
    age = models.PositiveSmallIntegerField(_("age"), null=True, blank=True)
    chosen = yes_no(_("chosen"))


class GraftSource(models.TextChoices):
    """Where the graft came from."""

    PB = "PB", _("Peripheral blood")
    BM = "BM", _("Bone marrow")
    BM_PB = "BM_PB", _("Bone marrow and peripheral blood")
    CB = "CB", _("Cord blood")


class Intensity(models.TextChoices):
    """Intensity of conditioning."""

    MAC = "MAC", _("Myeloablative")
    RIC = "RIC", _("Reduced intensity")
    NMA = "NMA", _("Non-myeloablative")


class AboMismatch(models.TextChoices):
    """How the blood groups of donor and subject differ."""

    NONE = "NONE", _("None")
    MINOR = "MINOR", _("Minor")
    MAJOR = "MAJOR", _("Major")
    BOTH = "BOTH", _("Major and minor (bidirectional)")


class Transplant(CasebookRecord):
    """An allogeneic transplantation; `performed_on` is day 0, the day the graft was infused."""

    item_units = {"cd34": "10⁶/kg", "mnc": "10⁸/kg", "cd3": "10⁸/kg"}
    natures = dict.fromkeys(("conditioning", "prophylaxis"), Nature.PLAIN)

    indication = models.CharField(_("indication"), max_length=40, blank=True, default="")
    indication_reason = words(_("reason of the indication"), _("for another reason of the investigator"))
    conditioning_on = models.DateField(_("first day of conditioning"), null=True, blank=True)
    intensity = models.CharField(
        _("intensity of conditioning"), max_length=3, choices=Intensity, blank=True, default=""
    )
    conditioning = models.CharField(_("conditioning regimen"), max_length=200, blank=True, default="")
    donor = models.CharField(_("donor"), max_length=8, choices=DonorKind, blank=True, default="")
    graft_source = models.CharField(_("graft"), max_length=5, choices=GraftSource, blank=True, default="")
    cd34 = models.DecimalField(_("CD34+ cells"), max_digits=7, decimal_places=3, null=True, blank=True)
    mnc = models.DecimalField(_("mononuclear cells"), max_digits=7, decimal_places=3, null=True, blank=True)
    cd3 = models.DecimalField(_("CD3+ cells"), max_digits=7, decimal_places=3, null=True, blank=True)
    manipulated = yes_no(_("Graft manipulated (T-cell depletion, selection)"))
    abo_mismatch = code(_("ABO mismatch"), AboMismatch)
    prophylaxis = models.CharField(_("GVHD prophylaxis"), max_length=200, blank=True, default="")
    atg = models.BooleanField(_("Antithymocyte globulin"), null=True, blank=True)
    ptcy = models.BooleanField(_("Post-transplant cyclophosphamide"), null=True, blank=True)
    told_by = data_source()

    def get_indication_display(self) -> str:
        """The indication by its name in the protocol."""
        return indication_name(self.subject.protocol_version.protocol, self.indication)


class ConditioningAgent(models.TextChoices):
    """What conditioning is made of."""

    BUSULFAN = "BUSULFAN", _("Busulfan")
    CYCLOPHOSPHAMIDE = "CYCLOPHOSPHAMIDE", _("Cyclophosphamide")
    FLUDARABINE = "FLUDARABINE", _("Fludarabine")
    CYTARABINE = "CYTARABINE", _("Cytarabine")
    MELPHALAN = "MELPHALAN", _("Melphalan")
    THIOTEPA = "THIOTEPA", _("Thiotepa")
    ETOPOSIDE = "ETOPOSIDE", _("Etoposide")
    SEMUSTINE = "SEMUSTINE", _("Semustine")
    DECITABINE = "DECITABINE", _("Decitabine")
    TBI = "TBI", _("Total body irradiation")
    ATG = "ATG", _("Antithymocyte globulin")
    OTHER = "OTHER", _("Other: say what")


class ConditioningUnit(models.TextChoices):
    """Units of the total dose."""

    MG = "mg", "mg"
    MG_KG = "mg/kg", "mg/kg"
    MG_M2 = "mg/m2", "mg/m²"
    G = "g", "g"
    GY = "Gy", "Gy"


class ConditioningDrug(CasebookRow):
    """One agent of conditioning with its total dose (irradiation in Gy) and its days."""

    units_in = {"total_dose": "unit"}

    record = models.ForeignKey(
        Transplant, on_delete=models.PROTECT, related_name="conditioning_drugs", editable=False
    )
    agent = models.CharField(_("agent"), max_length=20, choices=ConditioningAgent)
    total_dose = models.DecimalField(
        _("total dose"),
        max_digits=10,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    unit = models.CharField(_("unit"), max_length=6, choices=ConditioningUnit, blank=True, default="")
    first_on = models.DateField(_("first day"), null=True, blank=True)
    last_on = models.DateField(_("last day"), null=True, blank=True)
    note = words(_("note"), length=200)


class GvhdAgent(models.TextChoices):
    """What prevents or treats GVHD."""

    CICLOSPORIN = "CICLOSPORIN", _("Ciclosporin")
    TACROLIMUS = "TACROLIMUS", _("Tacrolimus")
    METHOTREXATE = "METHOTREXATE", _("Methotrexate")
    MYCOPHENOLATE = "MYCOPHENOLATE", _("Mycophenolate")
    SIROLIMUS = "SIROLIMUS", _("Sirolimus")
    ATG = "ATG", _("Antithymocyte globulin")
    PTCY = "PTCY", _("Post-transplant cyclophosphamide")
    BASILIXIMAB = "BASILIXIMAB", _("Basiliximab")
    ABATACEPT = "ABATACEPT", _("Abatacept")
    METHYLPREDNISOLONE = "METHYLPREDNISOLONE", _("Methylprednisolone")
    PREDNISONE = "PREDNISONE", _("Prednisone")
    RUXOLITINIB = "RUXOLITINIB", _("Ruxolitinib")
    IBRUTINIB = "IBRUTINIB", _("Ibrutinib")
    ECP = "ECP", _("Extracorporeal photopheresis")
    MSC = "MSC", _("Mesenchymal stromal cells")
    TOPICAL = "TOPICAL", _("Topical corticosteroid or calcineurin inhibitor")
    OTHER = "OTHER", _("Other: say what")


class ProphylaxisDrug(CasebookRow):
    """One agent of GVHD prophylaxis with its days; without a stop it is still given."""

    record = models.ForeignKey(
        Transplant, on_delete=models.PROTECT, related_name="prophylaxis_drugs", editable=False
    )
    agent = models.CharField(_("agent"), max_length=20, choices=GvhdAgent)
    started_on = models.DateField(_("first day"), null=True, blank=True)
    stopped_on = models.DateField(_("last day"), null=True, blank=True)
    note = words(_("note"), length=200)


class GvhdTreated(models.TextChoices):
    """What is treated."""

    ACUTE = "ACUTE", _("Acute GVHD")
    CHRONIC = "CHRONIC", _("Chronic GVHD")


class GvhdTreatment(CasebookRecord):
    """Treatment of GVHD as known on a day, agent by agent."""

    told_by = data_source()
    comment = words(_("remarks"))


class GvhdDrug(CasebookRow):
    """One agent against GVHD: systemic treatment of chronic GVHD is an event of GVHD-free, relapse-free survival."""

    record = models.ForeignKey(GvhdTreatment, on_delete=models.PROTECT, related_name="drugs", editable=False)
    treated = models.CharField(_("treats"), max_length=8, choices=GvhdTreated)
    agent = models.CharField(_("agent"), max_length=20, choices=GvhdAgent)
    systemic = yes_no(_("systemic"))
    started_on = models.DateField(_("first day"))
    stopped_on = models.DateField(_("last day"), null=True, blank=True)
    note = words(_("note"), length=200)
