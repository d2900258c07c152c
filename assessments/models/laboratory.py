"""The laboratory: reports with one line for each analyte, virology, pregnancy test."""

from typing import Any

from django.db import models
from django.utils.functional import lazy
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import CasebookRecord, CasebookRow
from trialsite.casebook.values import QuantityItem
from trialsite.clinical.text import Text
from trialsite.clinical.units import analyte

from ..domain.ranges import LimitsFrom
from ..domain.terms import FINDING_NAMES, NO_FINDING
from .columns import code, words, yes_no


class Serology(models.TextChoices):
    """A test that is positive or negative."""

    NEGATIVE = "NEG", _("Negative")
    POSITIVE = "POS", _("Positive")
    PENDING = "PENDING", _("Pending")


class ViralLoad(models.TextChoices):
    """A nucleic acid test. Below quantification alone does not say whether anything was detected."""

    NOT_DETECTED = "NOT_DETECTED", _("Not detected")
    DETECTED = "DETECTED", _("Detected")
    BELOW_QUANTIFICATION = "BELOW_LOQ", _("Below quantification, not said whether detected")
    PENDING = "PENDING", _("Pending")


class LabReport(CasebookRecord):
    """One report of a laboratory (haematology, chemistry or coagulation); `performed_on` is the day of the sample."""

    natures = {"laboratory": Nature.PLAIN}

    sample_time = models.TimeField(
        _("Sample time"), null=True, blank=True, help_text=_("24-hour local time, where it matters")
    )
    laboratory = words(_("Laboratory"), length=100)
    comment = words(_("Comment"))


class LimitsSource(models.TextChoices):
    """Where the limits of a result come from."""

    SITE_RANGE = LimitsFrom.SITE_RANGE.value, _("Range of the site")
    REPORT = LimitsFrom.REPORT.value, _("As printed")
    NOT_PRINTED = LimitsFrom.NOT_PRINTED.value, _("Not printed")


def _in_words(text: Text) -> str:
    return str(capfirst(text.in_language(get_language() or "en")))


FINDINGS: list[tuple[str, Any]] = [
    (NO_FINDING, _("None of these")),
    *((one.value, lazy(_in_words, str)(name)) for one, name in FINDING_NAMES.items()),
]


class LabResult(CasebookRow):
    """One analyte: the result as reported with its unit, its limits of normal in the standard unit, what goes with it.

    With SITE_RANGE the limits are those of the range in force when the form was entered; readers take the range as it
    stands (see `lab_limits`). With NOT_PRINTED there are none. "" is of entries before the question: as printed.
    """

    units_in = dict.fromkeys(("lln", "uln"), "analyte")

    record = models.ForeignKey(LabReport, on_delete=models.PROTECT, related_name="lines", editable=False)
    analyte = models.CharField(_("Analyte"), max_length=30)
    result = QuantityItem("", _("Result"))
    limits_from = code(_("Limits from"), LimitsSource)
    lln = models.DecimalField(_("Lower limit"), max_digits=14, decimal_places=4, null=True, blank=True)
    uln = models.DecimalField(_("Upper limit"), max_digits=14, decimal_places=4, null=True, blank=True)
    comment = words(_("Comment"), length=100)
    finding = code(
        _("Clinical finding"),
        FINDINGS,
        _(
            "What goes with this result and changes its CTCAE grade: the worst that applies. Empty: not recorded."
        ),
    )

    def get_analyte_display(self) -> str:
        """The analyte's name in the reader's language."""
        return analyte(self.analyte).label.in_language(get_language() or "en")

    class Meta(CasebookRow.Meta):
        indexes = [models.Index(fields=["subject", "analyte"], name="labresult_analyte")]


class Virology(CasebookRecord):
    """Infection serology and nucleic acid tests."""

    hbsag = code(_("Hepatitis B surface antigen"), Serology)
    hbcab = code(_("Hepatitis B core antibody"), Serology)
    hbv_dna = code(_("HBV DNA"), ViralLoad)
    hcv_ab = code(_("Hepatitis C antibody"), Serology)
    hcv_rna = code(_("HCV RNA"), ViralLoad)
    hiv_ab = code(_("HIV antibody"), Serology)
    trust = code(_("Syphilis (TRUST)"), Serology)
    comment = words(_("Comment"))


class PregnancyTest(CasebookRecord):
    """Pregnancy test and breast-feeding; not applicable in men, after the menopause and after sterilisation."""

    class Specimen(models.TextChoices):
        SERUM = "SERUM", _("Serum")
        URINE = "URINE", _("Urine")

    specimen = code(_("Specimen"), Specimen)
    result = code(_("Pregnancy test"), Serology)
    lactating = yes_no(_("Breast-feeding"))
