"""Who must sign consent at which age, and when consent is complete."""

import pytest

from enrollment.domain.consent import consent_complete, missing_signers, required_signers
from trialsite.clinical.dates import AgeBounds
from trialsite.clinical.kleene import Truth
from trialsite.studies.domain.protocol import ConsentRules, ConsentSigners

# registration 000 admits patients from 15 years; below 18 guardian and assent (assumption)
FULL = ConsentRules(
    (ConsentSigners(15, 17, ("guardian", "assent")), ConsentSigners(18, 65, ("patient",))),
    "assumption",
    "test",
)
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def exactly(age: int) -> AgeBounds:
    return AgeBounds(age, age)


@pytest.mark.parametrize(
    ("age", "who"),
    [
        (14, ("guardian", "assent")),  # outside the trial: as for any minor
        (15, ("guardian", "assent")),
        (17, ("guardian", "assent")),
        (18, ("patient",)),
        (65, ("patient",)),
        (66, ("patient",)),  # outside the trial: as for any adult
    ],
)
def test_who_signs_follows_the_age(age: int, who: tuple[str, ...]) -> None:
    assert required_signers(FULL.signers_at, age) == who


@pytest.mark.parametrize(
    ("ages", "signatures", "approved", "expected"),
    [
        (exactly(18), {"patient": True}, True, T),
        (exactly(18), {"patient": False}, True, F),
        (exactly(18), {"patient": None}, True, U),
        (exactly(18), {}, True, U),
        (exactly(17), {"patient": True}, True, U),
        (exactly(17), {"guardian": True, "assent": True}, True, T),
        (exactly(17), {"guardian": True, "assent": False}, True, F),
        (exactly(17), {"guardian": True}, True, U),
        (exactly(18), {"patient": True}, False, F),
        (exactly(18), {"patient": True}, None, U),
        (exactly(18), {"patient": False}, None, F),
        (None, {"patient": True}, True, U),
        (None, {"patient": True}, False, F),
        (AgeBounds(17, 18), {"patient": True}, True, U),
        (AgeBounds(17, 18), {"patient": True, "guardian": True, "assent": True}, True, T),
        (AgeBounds(30, 31), {"patient": True}, True, T),
    ],
)
def test_consent_is_complete_when_all_who_must_have_signed_an_approved_version(
    ages: AgeBounds | None, signatures: dict[str, bool | None], approved: bool | None, expected: Truth
) -> None:
    assert consent_complete(FULL.signers_at, ages, signatures, approved) is expected


def test_who_still_has_to_sign_is_named() -> None:
    assert missing_signers(FULL.signers_at, 16, {"guardian": True}) == ("assent",)
    assert missing_signers(FULL.signers_at, 16, {"guardian": True, "assent": False}) == ("assent",)
    assert missing_signers(FULL.signers_at, 16, {"guardian": True, "assent": True}) == ()
