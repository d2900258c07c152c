"""Diagnosis by morphology, immunology, cytogenetics and molecular biology (MICM)."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord

from .answers import choice, question


class DiagnosisCode(models.TextChoices):
    BCP_ALL = "BCP_ALL", _("B-cell precursor ALL")
    T_ALL = "T_ALL", _("T-cell ALL")
    MPAL = "MPAL", _("Mixed phenotype acute leukaemia")
    MATURE_B = "MATURE_B", _("Mature B-cell leukaemia or lymphoma")
    B_LBL = "B_LBL", _("B-lymphoblastic lymphoma")
    OTHER = "OTHER", _("Other")


class TestResult(models.TextChoices):
    NEGATIVE = "NEG", _("Negative")
    POSITIVE = "POS", _("Positive")
    PENDING = "PENDING", _("Pending")
    NOT_DONE = "ND", _("Not done")


class Extramedullary(models.TextChoices):
    NONE = "NONE", _("None")
    PRESENT = "PRESENT", _("Present")
    NOT_DONE = "ND", _("Not examined")


PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class Diagnosis(CasebookRecord):
    """The diagnostic marrow and what was found in it; the date is the day of the sample."""

    item_units = {"cd19_pct": "%"}
    natures = dict.fromkeys(
        (
            "bcr_abl1_pcr", "bcr_abl1_fish", "bcr_abl1_karyotype", "kmt2a_r", "tp53_mut", "hypodiploidy",
            "complex_karyotype", "ph_like", "ikzf1", "mef2d_r", "hlf_r", "myc_r", "igh_r", "znf384_r",
            "pax5alt", "iamp21",
        ),
        Nature.GENETIC,
    )  # fmt: skip

    performed_on = models.DateField(_("date of the diagnostic sample"), null=True, blank=True)
    dx = choice(_("diagnosis after central MICM review"), DiagnosisCode)
    newly_dx = question(_("De novo, not relapsed or refractory"))
    emd = choice(_("extramedullary disease other than of the CNS"), Extramedullary)
    cd19_pct = models.DecimalField(
        _("CD19-positive leukaemic cells by flow cytometry"),
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=PERCENT,
    )
    morphology_done = question(_("Marrow morphology was done"))
    cytochemistry_done = question(_("Cytochemistry was done"))
    immunophenotype_done = question(_("Immunophenotyping was done"))
    karyotype_done = question(_("Chromosomal analysis was done"))
    molecular_done = question(_("Molecular testing was done"))
    bcr_abl1_pcr = choice(_("BCR::ABL1 by PCR"), TestResult)
    bcr_abl1_fish = choice(_("BCR::ABL1 by FISH"), TestResult)
    bcr_abl1_karyotype = choice(_("Philadelphia chromosome in the karyotype"), TestResult)
    kmt2a_r = question(
        _("KMT2A rearranged"),
        _("FISH, RT-PCR or RNA sequencing; a partial tandem duplication does not count"),
    )
    tp53_mut = question(_("TP53 mutated"), _("VAF ≥ 5 % by NGS, or 17p deleted by FISH"))
    hypodiploidy = question(_("Hypodiploidy, fewer than 44 chromosomes"))
    complex_karyotype = question(_("Complex karyotype, 5 or more abnormalities"))
    ph_like = question(_("Ph-like (BCR::ABL1-like)"))
    ikzf1 = question(_("IKZF1 altered"))
    mef2d_r = question(_("MEF2D rearranged"))
    hlf_r = question(_("HLF rearranged"))
    myc_r = question(_("MYC rearranged"))
    igh_r = question(_("IGH rearranged"))
    znf384_r = question(_("ZNF384 rearranged"))
    pax5alt = question(_("PAX5 altered (PAX5alt)"))
    iamp21 = question(_("Amplification within chromosome 21 (iAMP21)"))
