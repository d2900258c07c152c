"""HCT-CI: the worked examples (Sorror 2005)."""

from decimal import Decimal as D

import pytest

from trialsite.clinical.hctci import BY_KEY, HctciMeasures, HctciRisk, hctci_score

NO = dict.fromkeys(BY_KEY, False)
ONE = D(1)
LIMITS = {"bilirubin_uln": ONE, "ast_uln": ONE, "alt_uln": ONE}
HEALTHY = LIMITS | {
    "lvef_pct": D(60), "bmi": D(22), "creatinine_umol_l": D(70), "fev1_pct": D(95), "dlco_pct": D(95),
    "bilirubin": D("0.5"), "alt": D("0.5"), "ast": D("0.5"),
}  # fmt: skip

EXAMPLES = [
    # example                                   answers                what was measured (liver as × ULN)
    ("G-10 AF, DLCO 70, bilirubin 1.2 × ULN",   {"arrhythmia": True},  {"dlco_pct": D(70), "bilirubin": D("1.2")},
     4, HctciRisk.HIGH),
    ("G-11 AST 2.6 × ULN, bilirubin 1.1 × ULN", {},                    {"ast": D("2.6"), "bilirubin": D("1.1")},
     3, HctciRisk.HIGH),
    ("AST 2.5 × ULN is mild still",             {},                    {"ast": D("2.5")},
     1, HctciRisk.INTERMEDIATE),
    ("nothing present",                         {},                    {},
     0, HctciRisk.LOW),
]  # fmt: skip


@pytest.mark.parametrize(
    ("example", "answers", "measures", "score", "risk"), EXAMPLES, ids=[row[0] for row in EXAMPLES]
)
def test_hctci_of_the_examples(example, answers, measures, score, risk):
    found = hctci_score(NO | answers, HctciMeasures(**(HEALTHY | measures)))
    assert (found.score, found.risk) == (score, risk)
