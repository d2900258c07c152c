"""What is graded and not measured itself, and the day before which a baseline lies."""

from decimal import Decimal as D

import pytest

from assessments.domain.baseline import baseline_anchor
from assessments.domain.computed import calcium_for_albumin, mean_qtcf, neutrophils_of
from tests.cast import document_of
from trialsite.clinical.quantity import Quantity
from trialsite.studies.domain.protocol import Protocol


def of(text: str | None, unit: str, analyte: str) -> Quantity | None:
    return None if text is None else Quantity.parse(text, unit, analyte)


CALCIUM = [
    # calcium, albumin, corrected
    ("2.75", "28", "2.99"),
    ("2.75", "39.9", "2.752"),
    ("2.75", "40", "2.75"),
    ("2.75", "45", "2.75"),
    ("2.75", None, ">=2.75"),
    ("2.75", "<20", ">=3.15"),
    ("2.75", "<45", ">=2.75"),
    ("2.75", ">30", ">=2.75"),
    ("2.75", ">40", "2.75"),
    (">3.5", "30", ">3.7"),
    (">3.5", None, ">3.5"),
    ("<1.5", "30", "<1.7"),
    ("<1.5", None, None),
]


@pytest.mark.parametrize(("calcium", "albumin", "corrected"), CALCIUM)
def test_calcium_is_corrected_by_an_albumin_below_forty_only(
    calcium: str, albumin: str | None, corrected: str | None
) -> None:
    measured = of(calcium, "mmol/L", "calcium")
    assert measured is not None
    found = calcium_for_albumin(measured, of(albumin, "g/L", "albumin"))
    assert (found.quantity.text if found else None) == corrected


NEUTROPHILS = [
    # white cells, segmented, bands, neutrophils
    ("2.0", "20", "5", "0.5"),
    ("2.0", "20", "0", "0.4"),
    ("2.0", "20", None, ">=0.4"),
    ("2.0", "20", "<1", ">=0.4"),
    ("<0.5", "20", "5", None),
    ("2.0", ">90", "5", None),
]


@pytest.mark.parametrize(("white", "share", "bands", "neutrophils"), NEUTROPHILS)
def test_neutrophils_of_white_cells_and_differential(
    white: str, share: str, bands: str | None, neutrophils: str | None
) -> None:
    cells, part = of(white, "10*9/L", "wbc"), of(share, "%", "neutrophils_pct")
    assert cells is not None
    assert part is not None
    found = neutrophils_of(cells, part, of(bands, "%", "bands_pct"))
    assert (found.quantity.text if found else None) == neutrophils
    if found:
        assert ("bands not reported" in found.working.en) == found.quantity.text.startswith(">=")


def test_the_qtcf_of_a_day_is_the_mean_of_its_recordings() -> None:
    once = mean_qtcf([(D(420), D(90))])
    assert round(once.quantity.canonical or 0, 1) == D("480.8")
    three = mean_qtcf([(D(420), D(90)), (D(400), D(60)), (D(410), D(60))])
    assert round(three.quantity.canonical or 0, 1) == D("430.3")
    assert three.working.en == "mean QTcF of 3 ECGs: 480.8, 400.0, 410.0 ms"
    assert three.working.zh == "3次心电图QTcF均值：480.8, 400.0, 410.0 ms"


@pytest.mark.parametrize(
    ("study", "arm", "anchor"),
    [
        ("BLINA-INTENS", "A", "c1d1"),
        ("BLINA-INTENS", "B", "randomisation"),
        ("BLINA-INTENS", "", "c1d1"),
        ("BLINA-FULL", "", "c1d1"),
    ],
)
def test_a_baseline_comes_before_the_study_drug_or_randomisation(study: str, arm: str, anchor: str) -> None:
    assert baseline_anchor(Protocol.from_document(document_of(study)), arm) == anchor
