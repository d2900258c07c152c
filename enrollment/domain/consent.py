"""Consent: who must sign at an age, and whether everybody has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trialsite.clinical.dates import AgeBounds
from trialsite.clinical.kleene import Truth, all_of

ADULT_AGE_YEARS = 18

SignersAt = Callable[[int], tuple[str, ...]]


def required_signers(signers_at: SignersAt, age_years: int) -> tuple[str, ...]:
    """Who must sign at an age in completed years: as the protocol says; where it names nobody for the age
    (an age outside the trial) the patient from 18 years on, below it guardian and assent.
    """
    return signers_at(age_years) or (("patient",) if age_years >= ADULT_AGE_YEARS else ("guardian", "assent"))


def consent_complete(
    signers_at: SignersAt,
    ages: AgeBounds | None,
    signatures: Mapping[str, bool | None],
    version_approved: bool | None,
) -> Truth:
    """Whether everybody who must sign has signed a version approved for the site.

    ages: the youngest and oldest the subject may be at consent; None while that is unknown. signatures:
    signer → signed; a signer without an entry has not answered yet. Where the possible ages ask for
    different signers the answer is known only if it is the same for each of them.
    """
    approved = Truth.of(version_approved)
    if approved is Truth.FALSE or ages is None:
        return approved if approved is Truth.FALSE else Truth.UNKNOWN
    answers = {
        all_of(Truth.of(signatures.get(who)) for who in required_signers(signers_at, age))
        for age in range(ages.low, ages.high + 1)
    }
    signed = answers.pop() if len(answers) == 1 else Truth.UNKNOWN
    return all_of((approved, signed))


def missing_signers(
    signers_at: SignersAt, age_years: int, signatures: Mapping[str, bool | None]
) -> tuple[str, ...]:
    """Who must sign at this age and has not."""
    return tuple(who for who in required_signers(signers_at, age_years) if signatures.get(who) is not True)
