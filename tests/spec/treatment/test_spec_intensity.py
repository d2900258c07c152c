"""Relative dose intensity: against the plan, and against the conventional regimen that the protocol names."""

from decimal import Decimal as D

import pytest

from treatment.domain.intensity import DrugTotal, Gap, PhaseTotals, against_plan, against_reference
from trialsite.studies.domain.intensity_plan import CountedDrug, ReferenceDrug, ReferenceRegimen
from trialsite.studies.domain.values import Text


def phase(
    *drugs: DrugTotal,
    key: str = "IND",
    days: int | None = 21,
    planned_days: int | None = 21,
    bsa: str | None = "2.00",
) -> PhaseTotals:
    return PhaseTotals(key, drugs, days, planned_days, None if bsa is None else D(bsa), D(70))


def drug(planned: str | None, given: str, unreported: int = 0, key: str = "IDARUBICIN") -> DrugTotal:
    return DrugTotal(key, "mg", None if planned is None else D(planned), D(given), unreported)


PLAN = [
    # planned  given  unreported days  planned days   ratio    rdi      gaps
    ("100",   "100",  0,         21,   21,            "1",     "1",     []),
    ("100",   "75",   0,         21,   21,            "0.75",  "0.75",  []),
    ("100",   "100",  0,         28,   21,            "1",     "0.75",  []),
    ("100",   "0",    0,         21,   21,            "0",     "0",     []),
    ("100",   "50",   1,         21,   21,            None,    None,    [Gap.NOT_REPORTED]),
    ("100",   "50",   0,         None, 21,            "0.5",   None,    [Gap.RUNNING]),
    (None,    "50",   0,         21,   21,            None,    None,    [Gap.NOT_PLANNED]),
    ("0",     "50",   0,         21,   21,            None,    None,    [Gap.NOT_PLANNED]),
    ("100",   "100",  0,         21,   None,          "1",     None,    []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("planned", "given", "unreported", "days", "planned_days", "ratio", "rdi", "gaps"), PLAN
)
def test_given_against_planned(planned, given, unreported, days, planned_days, ratio, rdi, gaps):
    (found,) = against_plan(phase(drug(planned, given, unreported), days=days, planned_days=planned_days))
    assert found.ratio == (None if ratio is None else D(ratio))
    assert found.rdi == (None if rdi is None else D(rdi))
    assert list(found.gaps) == gaps


def test_nothing_reported_is_not_nothing_given():
    (never,), (left_out,) = against_plan(phase(drug("100", "0", 7))), against_plan(phase(drug("100", "0")))
    assert (never.given, left_out.given) == (None, 0)


NAME = Text("x", "x")


def reference(
    amount: str = "50",
    basis: str = "BSA",
    counts: tuple[tuple[str, str], ...] = (("IDARUBICIN", "5"),),
    phases: tuple[str, ...] = ("IND",),
) -> ReferenceRegimen:
    counted = tuple(CountedDrug(key, D(times)) for key, times in counts)
    drugs = (ReferenceDrug("ANTHRACYCLINE", NAME, D(amount), basis, counted),)
    return ReferenceRegimen("REF", NAME, phases, 21, drugs, "reference", "x")


def test_a_reduced_anthracycline_counts_in_the_reference_s_own_drug():
    """16 mg of idarubicin at 2.00 m² are 8 mg/m², 40 mg/m² of doxorubicin: 0.8 of 50 in the same 21 days."""
    (found,) = against_reference(reference(), [phase(drug("16", "16")), phase(key="NEXT")])
    assert (found.given, found.ratio, found.rdi, found.unit) == (D(40), D("0.8"), D("0.8"), "mg/m²")


def test_the_days_of_all_phases_in_its_place_count():
    phases = [phase(drug("16", "16"), days=7), phase(key="BLINA", days=21), phase(key="NEXT", days=None)]
    (found,) = against_reference(reference(phases=("IND", "BLINA")), phases)
    assert (found.days, found.ratio, found.rdi) == (28, D("0.8"), D("0.6"))


def test_while_a_phase_in_its_place_is_still_to_come_the_intensity_is_open():
    (found,) = against_reference(reference(phases=("IND", "BLINA")), [phase(drug("16", "16"), days=7)])
    assert (found.ratio, found.rdi, found.gaps) == (D("0.8"), None, (Gap.RUNNING,))


def test_a_phase_that_was_passed_over_leaves_the_rest_comparable():
    phases = [phase(drug("16", "16")), phase(key="LATER", days=None)]
    (found,) = against_reference(reference(phases=("IND", "BLINA")), phases)
    assert found.rdi == D("0.8")


MISSING = [
    (phase(drug("16", "16"), bsa=None), reference(), Gap.NO_BODY_SIZE),
    (phase(drug("16", "8", 1)), reference(), Gap.NOT_REPORTED),
    (phase(drug("16", "16")), reference(counts=()), Gap.NOTHING_COMPARABLE),
]


@pytest.mark.parametrize(("given", "wanted", "gap"), MISSING)
def test_what_is_not_known_is_said_and_never_counts_as_nothing(given, wanted, gap):
    (found,) = against_reference(wanted, [given, phase(key="NEXT")])
    assert (found.ratio, found.rdi, found.given) == (None, None, None)
    assert gap in found.gaps


def test_a_drug_that_the_phases_leave_out_is_nothing_of_the_reference():
    wanted = reference(counts=(("CYCLOPHOSPHAMIDE", "1"),))
    (found,) = against_reference(wanted, [phase(drug("16", "16")), phase(key="NEXT")])
    assert (found.given, found.ratio, found.rdi) == (0, 0, 0)


def test_flat_and_weight_based_doses():
    flat = reference("4", "FLAT", (("VINCRISTINE", "1"),))
    by_weight = reference("28", "KG", (("PREDNISONE", "1"),))
    here = [phase(drug("2", "2", key="VINCRISTINE"), drug("980", "980", key="PREDNISONE")), phase(key="NEXT")]
    assert against_reference(flat, here)[0].ratio == D("0.5")
    assert against_reference(by_weight, here)[0].ratio == D("0.5")


def test_nothing_is_compared_before_a_phase_in_its_place_began():
    assert against_reference(reference(), [phase(key="OTHER")]) == ()
