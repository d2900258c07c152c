"""What a diagnosis form says about the Philadelphia chromosome and about high risk."""

from __future__ import annotations

from collections.abc import Iterable

from trialsite.clinical.kleene import Truth, any_of

# The poor-risk features of the NCCN list as quoted by BMJ Best Practice, in the order of the form.
HIGH_RISK_FEATURES = (
    "kmt2a_r",
    "hypodiploidy",
    "tp53_mut",
    "ph_like",
    "mef2d_r",
    "hlf_r",
    "myc_r",
    "igh_r",
    "pax5alt",
    "znf384_r",
    "iamp21",
    "ikzf1",
    "complex_karyotype",
)


def ph_status(results: Iterable[str]) -> str:
    """NEG or POS, or why it is unknown (PENDING, ND), from the results of PCR, FISH and karyotype.

    Any positive result is POS, whatever is pending. A pending result could still become positive, so it
    leaves the status open; a test that was not done (ND) or not answered ("") says nothing.
    """
    seen = set(results)
    for answer in ("POS", "PENDING", "NEG", "ND"):
        if answer in seen:
            return answer
    return ""


def high_risk(answers: Iterable[bool | None]) -> Truth:
    """Any poor-risk feature: one yes decides; no needs every feature answered no; otherwise unknown."""
    return any_of(Truth.of(answer) for answer in answers)
