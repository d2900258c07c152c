"""From the safety forms: grades of cytokine release, neurotoxicity and GVHD."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.registries import Derived

from ..domain.crs import GradeBounds, icans_grade, ice_total
from ..domain.gvhd import ACUTE_ORGANS, CHRONIC_ORGANS, Overall
from ..models import AcuteGvhd, ChronicGvhd, CytokineRelease, IceScore
from ..summaries import acute_of, chronic_of, crs_of, ice_findings, severity_words
from .wording import empty_items, item_words, unknown

CRS_ITEMS = ("temperature", "other_cause", "anticytokine", "hypotension", "oxygen")
ICE_ITEMS = ("orientation", "naming", "command", "writing", "attention")
ICANS_ITEMS = ("consciousness", "seizure", "motor_weakness", "oedema")


def graded(
    label: Any, value: str, bounds: GradeBounds | Overall, record: Any, items: Sequence[str]
) -> Derived:
    """A grade with the items it rests on; one that is still open says so by its colour."""
    return Derived(label, value, item_words(record, items), "unknown" if bounds.grade is None else "")


def cytokine_release(record: CytokineRelease) -> list[Derived]:
    found = crs_of(record)
    return [graded(_("ASTCT grade of CRS"), str(found), found, record, CRS_ITEMS)]


def neurotoxicity(record: IceScore) -> list[Derived]:
    """The ICE score and the ICANS grade."""
    found = ice_findings(record)
    total, grade = ice_total(found), icans_grade(found)
    label = _("ICE score")
    score = (
        unknown(label, empty_items(record, ICE_ITEMS))
        if total is None
        else Derived(label, f"{total} / 10", item_words(record, ICE_ITEMS))
    )
    return [score, graded(_("ASTCT grade of ICANS"), str(grade), grade, record, ICANS_ITEMS)]


def acute_gvhd(record: AcuteGvhd) -> list[Derived]:
    found = acute_of(record)
    return [graded(_("MAGIC grade"), str(found), found, record, tuple(ACUTE_ORGANS))]


def chronic_gvhd(record: ChronicGvhd) -> list[Derived]:
    found = chronic_of(record)
    return [graded(_("NIH severity"), severity_words(found), found, record, CHRONIC_ORGANS)]
