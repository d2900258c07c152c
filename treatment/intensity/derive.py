"""Relative dose intensity of each subject, derived for lists and exports."""

from collections.abc import Iterator
from decimal import Decimal

from trialsite.casebook.models import Subject
from trialsite.clinical.body import round_half_up

from ..models import DoseIntensity
from .selectors import intensities_of


def derive_intensity(subject: Subject) -> Iterator[DoseIntensity]:
    """One row for each drug of each phase that began, and for each drug of a conventional regimen."""
    for line, one in enumerate(intensities_of(subject), start=1):
        yield DoseIntensity(
            line=line,
            phases=list(one.phases),
            drug=one.drug,
            unit=one.unit,
            wanted=rounded(one.wanted),
            given=rounded(one.given),
            wanted_days=one.wanted_days,
            days=one.days,
            ratio=rounded(one.ratio),
            rdi=rounded(one.rdi),
            gaps=[str(gap) for gap in one.gaps],
            reference=one.reference,
        )


def rounded(value: Decimal | None) -> Decimal | None:
    return None if value is None else round_half_up(value, 4)
