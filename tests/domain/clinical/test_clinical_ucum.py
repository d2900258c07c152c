"""Scales between UCUM codes: exact decimals, and no scale where two units do not measure the same."""

from decimal import Decimal

import pytest

from trialsite.clinical.ucum import scale

D = Decimal


@pytest.mark.parametrize(
    ("code", "into", "factor"),
    [
        ("g/dL", "g/L", "10"),
        ("mg/dL", "g/L", "0.01"),
        ("mg/dL", "mg/L", "10"),
        ("10*3/uL", "10*9/L", "1"),
        ("/uL", "10*9/L", "0.001"),
        ("/mm3", "10*9/L", "0.001"),
        ("10*6/uL", "10*12/L", "1"),
        ("10*6/L", "/uL", "1"),
        ("[IU]/L", "U/L", "1"),
        ("ng/mL", "ug/L", "1"),
        ("m", "cm", "100"),
        ("mg", "ug", "1000"),
        ("{fraction}", "%", "100"),
        ("/min", "/min", "1"),
    ],
)
def test_a_scale_is_exact(code: str, into: str, factor: str) -> None:
    assert scale(code, into) == D(factor)


@pytest.mark.parametrize(
    ("code", "into"),
    [("mg/dL", "mmol/L"), ("g/L", "U/L"), ("10*5/L", "/uL"), ("lb", "kg"), ("furlong/L", "g/L")],
)
def test_units_that_do_not_measure_the_same_have_no_scale(code: str, into: str) -> None:
    with pytest.raises(ValueError, match=r"no scale|not known here"):
        scale(code, into)
