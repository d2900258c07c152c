"""The leukaemia: marrow and response, measurable residual disease, cerebrospinal fluid, imaging."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import QuantityItem

from .columns import code, words, yes_no


class ResponseCategory(models.TextChoices):
    """What an investigator may judge a response to be."""

    CR = "CR", _("CR: complete remission")
    CRH = "CRh", _("CRh: with partial recovery of the counts")
    CRI = "CRi", _("CRi: with incomplete recovery of the counts")
    MLFS = "MLFS", _("MLFS: morphologic leukaemia-free state")
    PR = "PR", _("PR: partial remission")
    NR = "NR", _("NR: no response")
    PD = "PD", _("PD: progressive disease")
    RELAPSE = "RELAPSE", _("Relapse")
    NE = "NE", _("NE: not evaluable")


class MarrowAssessment(CasebookRecord):
    """One marrow with what belongs to it; `performed_on` is the day of the marrow.

    The response category is computed from these items; the investigator's own stands beside it.
    """

    evaluable = yes_no(_("Marrow evaluable"), _("200 nucleated cells or more, or spicules"))
    bm_blast_pct = QuantityItem("blasts", _("Blasts in marrow"), _("of nucleated cells"))
    pb_blasts = yes_no(_("Blasts in blood"))
    pb_blasts_confirmed = yes_no(_("Blasts in blood confirmed"), _("seen again, or by a second method"))
    extramedullary = yes_no(_("Extramedullary disease"), _("including the central nervous system"))
    extramedullary_new = yes_no(_("New extramedullary disease"), _("not there at the last assessment"))
    counts_on = models.DateField(
        _("Day of the counts"),
        null=True,
        blank=True,
        help_text=_("leave empty to take the nearest haematology report"),
    )
    anc = QuantityItem(
        "anc", _("Neutrophils at response"), _("leave empty to take the nearest haematology report")
    )
    platelets = QuantityItem(
        "platelets", _("Platelets at response"), _("leave empty to take the nearest haematology report")
    )
    gcsf_7d = yes_no(_("Growth factor within 7 days before the counts"))
    platelets_7d = yes_no(_("Platelet transfusion within 7 days before the counts"))
    trilineage = yes_no(_("Trilineage haematopoiesis"))
    investigator_response = code(_("Response by the investigator"), ResponseCategory)
    response_reason = words(_("Reason, if it differs from the computed one"), length=500)
    comment = words(_("Comment"))


class ExtramedullarySite(CasebookRow):
    """One place outside marrow and blood where leukaemia was looked for, and what was found."""

    class Site(models.TextChoices):
        CNS = "CNS", _("Central nervous system")
        TESTIS = "TESTIS", _("Testis")
        SKIN = "SKIN", _("Skin")
        LYMPH_NODE = "LYMPH_NODE", _("Lymph node")
        MEDIASTINUM = "MEDIASTINUM", _("Mediastinum")
        OTHER = "OTHER", _("Another site")

    class Method(models.TextChoices):
        EXAMINATION = "EXAMINATION", _("Examination")
        CT = "CT", _("CT")
        MRI = "MRI", _("MRI")
        PET = "PET", _("PET-CT")
        US = "US", _("Ultrasound")
        CSF = "CSF", _("Cerebrospinal fluid")
        BIOPSY = "BIOPSY", _("Biopsy")

    class Finding(models.TextChoices):
        NEW = "NEW", _("New")
        PRESENT = "PRESENT", _("Present, as before")
        RESOLVED = "RESOLVED", _("Resolved, or not there")

    record = models.ForeignKey(
        MarrowAssessment, on_delete=models.PROTECT, related_name="sites", editable=False
    )
    place = code(_("Site of disease"), Site)
    method = code(_("Looked for by"), Method)
    finding = code(_("Finding"), Finding)
    note = words(_("Where exactly, size"), length=120)


class MrdSample(CasebookRecord):
    """One sample tested for measurable residual disease; `performed_on` is the day of the sample."""

    natures = {"laboratory": Nature.PLAIN}

    class Specimen(models.TextChoices):
        BM_FIRST_PULL = "BM_FIRST_PULL", _("Marrow, first pull")
        BM_OTHER = "BM_OTHER", _("Marrow, later pull or unknown")
        PB = "PB", _("Blood")
        CSF = "CSF", _("Cerebrospinal fluid")

    class TimePoint(models.TextChoices):
        SCREENING = "SCREENING", _("Screening")
        END_OF_INDUCTION = "END_OF_INDUCTION", _("End of induction")
        AFTER_CONSOLIDATION = "AFTER_CONSOLIDATION", _("After a consolidation block")
        BEFORE_HSCT = "BEFORE_HSCT", _("Before transplantation")
        AFTER_HSCT = "AFTER_HSCT", _("After transplantation")
        OTHER = "OTHER", _("Other")

    specimen = code(_("Specimen"), Specimen)
    time_point = code(_("Time point"), TimePoint)
    hemodilution = yes_no(_("Sample diluted with blood"))
    laboratory = words(_("Laboratory"), length=100)
    comment = words(_("Comment"))


class MrdMethod(models.TextChoices):
    """How residual leukaemia was looked for."""

    MFC = "MFC", _("Flow cytometry")
    NGS_IG_TR = "NGS_IG_TR", _("NGS of IG/TR")
    RQPCR_IG_TR = "RQPCR_IG_TR", _("RQ-PCR of IG/TR")
    RTPCR_FUSION = "RTPCR_FUSION", _("RT-PCR of a fusion")
    DPCR = "DPCR", _("Digital PCR")


class MrdQualifier(models.TextChoices):
    """What the laboratory found; only a quantified result has a value."""

    NOT_DETECTED = "NOT_DETECTED", _("Not detected")
    DETECTED_BELOW_LOQ = "DETECTED_BELOW_LOQ", _("Detected, below quantification")
    QUANTIFIED = "QUANTIFIED", _("Quantified")
    NOT_EVALUABLE = "NOT_EVALUABLE", _("Not evaluable")
    NOT_DONE = "NOT_DONE", _("Not done")


class MrdResult(CasebookRow):
    """One method on one sample. Limits are those of this report; canonical values are percent, never 0 for negative."""

    item_units = {"dna_ng": "ng"}
    natures = {"clone_id": Nature.GENETIC}

    record = models.ForeignKey(MrdSample, on_delete=models.PROTECT, related_name="lines", editable=False)
    method = code(_("Method"), MrdMethod)
    reported_text = words(_("As reported"), _("<0.01 %, 阴性, 1.2E-5"), length=60)
    qualifier = code(_("Finding"), MrdQualifier)
    value = QuantityItem("mrd", _("Value"))
    lod = QuantityItem("mrd", _("Limit of detection"))
    loq = QuantityItem("mrd", _("Limit of quantification"))
    cells_analysed = models.PositiveBigIntegerField(_("Cells analysed"), null=True, blank=True)
    dna_ng = models.DecimalField(_("DNA"), max_digits=12, decimal_places=1, null=True, blank=True)
    cd19_gating_adequate = yes_no(_("Gating independent of CD19"))
    index_found = yes_no(_("Index sequence found at diagnosis"), _("NGS and RQ-PCR of IG/TR follow it"))
    clone_id = words(_("Sequence that is followed"), _("the laboratory's name of it"), length=60)


class CerebrospinalFluid(CasebookRecord):
    """A lumbar puncture and the intrathecal treatment given with it. The CNS class is computed."""

    clinical_signs = yes_no(_("Signs of CNS leukaemia"), _("cranial nerve palsy or a mass"))
    clinically_absent = yes_no(
        _("No CNS disease on clinical grounds"), _("documented absence while the puncture is deferred")
    )
    csf_wbc = QuantityItem("csf_wbc", _("White cells in CSF"))
    csf_rbc = QuantityItem("csf_rbc", _("Red cells in CSF"))
    blasts = yes_no(_("Blasts in the cytospin"))
    it_given = yes_no(_("Intrathecal treatment given"))
    it_drugs = words(_("Intrathecal drugs and doses"))
    comment = words(_("Comment"))


class Imaging(CasebookRecord):
    """Imaging for extramedullary disease or a complication."""

    class Modality(models.TextChoices):
        CT = "CT", _("CT")
        MRI = "MRI", _("MRI")
        PET = "PET", _("PET-CT")
        US = "US", _("Ultrasound")
        XRAY = "XRAY", _("X-ray")

    class Finding(models.TextChoices):
        NORMAL = "NORMAL", _("Normal")
        EXTRAMEDULLARY = "EXTRAMEDULLARY", _("Extramedullary leukaemia")
        OTHER = "OTHER", _("Another abnormality")

    modality = code(_("Modality"), Modality)
    region = words(_("Region"), length=100)
    finding = code(_("Finding"), Finding)
    comment = words(_("Comment"))
