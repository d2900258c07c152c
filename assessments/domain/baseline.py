"""Which day a baseline comes before: of the first dose of the study drug, or of randomisation where there is none."""

from trialsite.studies.domain.protocol import Protocol

STUDY_DRUG = "blinatumomab"


def baseline_anchor(protocol: Protocol, arm: str) -> str:
    """The anchor: "c1d1", or "randomisation" in an arm of a randomised trial that has no phase of the study drug.

    Source: registration 003 counts adverse events of the arm with blinatumomab from its first dose; the other arm has
    no study drug, so randomisation stands in its place (assumption). An arm not yet known is treated as having one.
    """
    if protocol.randomisation is None:
        return "c1d1"
    kinds = {phase.key: phase.kind for phase in protocol.phases}
    planned = next((one for one in protocol.arms if one.key == arm), None)
    if planned is None or any(kinds[key] == STUDY_DRUG for key in planned.phases):
        return "c1d1"
    return "randomisation"
