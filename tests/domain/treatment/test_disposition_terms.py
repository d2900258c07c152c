"""Why treatment ended, in the terms of CDISC's completion list."""

from enrollment.models import EndReason
from treatment.models.course import DISPOSITION_TERMS, EndOfTreatmentReason


def test_every_reason_of_the_form_has_a_term_that_the_study_end_knows_too() -> None:
    assert set(DISPOSITION_TERMS) == set(EndOfTreatmentReason)
    assert set(DISPOSITION_TERMS.values()) <= set(EndReason.values)
