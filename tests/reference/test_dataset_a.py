"""Twelve transplanted subjects, worked by hand: from raw histories to days, curves and incidences.

Origin is the day of transplantation, data cut-off 2027-11-01. Survival figures by R's `survival`, incidences by its
`cmprsk` (Aalen variance) and `survival` (delta variance).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest

from outcomes.domain.endpoints import derive
from outcomes.domain.history import AcuteGvhd, Dated, Death, History, Relapse, RelapseSite
from outcomes.domain.incidence import Variance, cumulative_incidence
from outcomes.domain.intervals import Limits
from outcomes.domain.results import sample_of
from outcomes.domain.survival import kaplan_meier, reverse_kaplan_meier

CUT_OFF = date(2027, 11, 1)
EIGHTEEN_MONTHS = 547.875


@dataclass(frozen=True)
class Plan:
    key: str
    kind: str
    events: tuple[str, ...]
    competing: tuple[str, ...] = ()
    censor: str = "last_adequate_assessment"
    analysis_set: str = "TRANSPLANTED"
    origin: str = "hsct_d0"
    landmark_months: Decimal = Decimal(18)
    horizon_months: None = None
    assessed_at: tuple[str, ...] = ()
    method: None = None
    analysis: str = ""


RFS = Plan("RFS", "time-to-event", ("relapse", "death"))
OS = Plan("OS", "time-to-event", ("death",), censor="last_known_alive")
GRFS = Plan("GRFS", "time-to-event", ("agvhd_3_4", "cgvhd_systemic", "relapse", "death"))
CIR = Plan("CIR", "cumulative-incidence", ("relapse",), ("death_without_relapse",))
NRM = Plan("NRM", "cumulative-incidence", ("death_without_relapse",), ("relapse",))


def on(text):
    return Dated(date.fromisoformat(text))


def history(
    hsct,
    *,
    relapse=None,
    died=None,
    assessed=(),
    contact=None,
    agvhd3=None,
    cgvhd=None,
    site=RelapseSite.MARROW,
):
    return History(
        hsct_d0=on(hsct),
        relapses=(Relapse(date.fromisoformat(relapse), site=site),) if relapse else (),
        death=Death(date.fromisoformat(died)) if died else None,
        assessments=tuple(on(day) for day in ([assessed] if isinstance(assessed, str) else assessed)),
        alive=(on(contact),) if contact else (),
        agvhd=(AcuteGvhd(date.fromisoformat(agvhd3), grade=3),) if agvhd3 else (),
        cgvhd_systemic=on(cgvhd) if cgvhd else None,
    )


SUBJECTS = {
    "P01": history("2026-01-10", relapse="2026-07-15", died="2026-10-01"),
    "P02": history("2026-01-20", died="2026-04-05"),
    "P03": history("2026-02-01", assessed="2027-09-20", contact="2027-10-25"),
    "P04": history("2026-02-14", relapse="2026-11-30", contact="2027-10-20"),
    "P05": history("2026-03-01", agvhd3="2026-04-02", assessed="2027-08-30", contact="2027-10-30"),
    "P06": history("2026-03-15", assessed="2026-09-01", contact="2026-09-01"),
    "P07": history("2026-04-01", cgvhd="2026-12-01", assessed="2027-10-01", contact="2027-10-28"),
    "P08": history("2026-04-20", relapse="2027-11-10", assessed="2027-10-12"),
    "P09": history("2026-05-05", cgvhd="2026-09-15", died="2027-03-20"),
    "P10": history("2026-05-20", relapse="2026-12-24", died="2026-12-24"),
    "P11": history("2026-06-01", assessed="2027-10-15", contact="2027-10-30"),
    "P12": history("2026-06-15", relapse="2027-02-01", site=RelapseSite.CNS, contact="2027-10-29"),
}

# Per subject: RFS day and first event (R relapse, N death without relapse, 0 censored), OS, GRFS.
DERIVED = {
    "P01": ((186, "relapse"), (264, "death"), (186, "relapse")),
    "P02": ((75, "death"), (75, "death"), (75, "death")),
    "P03": ((596, None), (631, None), (596, None)),
    "P04": ((289, "relapse"), (613, None), (289, "relapse")),
    "P05": ((547, None), (608, None), (32, "agvhd_3_4")),
    "P06": ((170, None), (170, None), (170, None)),
    "P07": ((548, None), (575, None), (244, "cgvhd_systemic")),
    "P08": ((540, None), (560, None), (540, None)),
    "P09": ((319, "death"), (319, "death"), (133, "cgvhd_systemic")),
    "P10": ((218, "relapse"), (218, "death"), (218, "relapse")),
    "P11": ((501, None), (516, None), (501, None)),
    "P12": ((231, "relapse"), (501, None), (231, "relapse")),
}


def results(plan):
    return [derive(plan, subject, CUT_OFF) for subject in SUBJECTS.values()]


def curve(plan):
    sample = sample_of(results(plan))
    return kaplan_meier(sample.time, sample.status)


@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize(("position", "plan"), list(enumerate([RFS, OS, GRFS])), ids=["RFS", "OS", "GRFS"])
def test_days_and_events_are_derived_from_the_raw_history(subject, position, plan):
    result = derive(plan, SUBJECTS[subject], CUT_OFF)
    assert (result.days, result.event_type) == DERIVED[subject][position]
    assert result.status == ("EVENT" if result.event_type else "CENSORED")


def test_relapse_free_survival_steps():
    steps = {75: 0.916667, 186: 0.825, 218: 0.733333, 231: 0.641667, 289: 0.55, 319: 0.458333}
    estimates = curve(RFS).at_each(list(steps))
    assert [e.value for e in estimates] == pytest.approx(list(steps.values()), abs=5e-7)
    assert curve(RFS).n_events == len(steps)


@pytest.mark.parametrize(
    ("limits", "lower", "upper"),
    [(Limits.LOGLOG, 0.1689, 0.7102), (Limits.LOG, 0.2410, 0.8717), (Limits.PLAIN, 0.1637, 0.7530)],
)
def test_relapse_free_survival_at_18_months(limits, lower, upper):
    estimate = curve(RFS).at(EIGHTEEN_MONTHS, limits)
    assert estimate.value == pytest.approx(0.458333, abs=5e-7)
    assert estimate.se == pytest.approx(0.150328, abs=5e-7)
    assert (estimate.lower, estimate.upper) == (
        pytest.approx(lower, abs=5e-5),
        pytest.approx(upper, abs=5e-5),
    )
    assert curve(RFS).risk_table([EIGHTEEN_MONTHS])[0].n_risk == 2


def test_median_relapse_free_survival():
    median = curve(RFS).median()
    assert (median.value, median.lower, median.upper) == (319, 186, None)


def test_overall_survival_at_18_months():
    """The lower limit is 0.30225, published as 0.3023."""
    estimate = curve(OS).at(EIGHTEEN_MONTHS)
    assert estimate.value == pytest.approx(0.641667, abs=5e-7)
    assert estimate.lower == pytest.approx(0.30225, abs=5e-6)
    assert estimate.upper == pytest.approx(0.8483, abs=5e-5)
    assert curve(OS).risk_table([EIGHTEEN_MONTHS])[0].n_risk == 5


@pytest.mark.parametrize("day", [365.25, EIGHTEEN_MONTHS])
def test_gvhd_free_relapse_free_survival_at_12_and_18_months(day):
    """At 18 months two subjects are still followed, so the figure is estimable and unchanged."""
    estimate = curve(GRFS).at(day)
    assert estimate.value == pytest.approx(0.28125, abs=5e-7)
    assert (estimate.lower, estimate.upper) == (
        pytest.approx(0.0680, abs=5e-5),
        pytest.approx(0.5495, abs=5e-5),
    )


@pytest.mark.parametrize(
    ("plan", "variance", "incidence", "se", "lower", "upper"),
    [
        (CIR, Variance.AALEN, 0.366667, 0.1554, 0.1006, 0.6451),
        (CIR, Variance.DELTA, 0.366667, 0.1456, 0.1132, 0.6300),
        (NRM, Variance.AALEN, 0.175, 0.1211, 0.0225, 0.4491),
        (NRM, Variance.DELTA, 0.175, 0.1128, 0.0274, 0.4298),
    ],
)
def test_incidence_of_relapse_and_of_death_without_relapse_at_18_months(
    plan, variance, incidence, se, lower, upper
):
    sample = sample_of(results(plan))
    estimate = cumulative_incidence(sample.time, sample.cause, variance=variance).cause(1).at(EIGHTEEN_MONTHS)
    assert estimate.value == pytest.approx(incidence, abs=5e-7)
    assert estimate.se == pytest.approx(se, abs=5e-5)
    assert (estimate.lower, estimate.upper) == (
        pytest.approx(lower, abs=5e-5),
        pytest.approx(upper, abs=5e-5),
    )


def test_relapse_death_without_relapse_and_relapse_free_survival_add_up_to_one():
    relapse, death = sample_of(results(CIR)), sample_of(results(NRM))
    total = (
        curve(RFS).at(EIGHTEEN_MONTHS).value
        + cumulative_incidence(relapse.time, relapse.cause).cause(1).at(EIGHTEEN_MONTHS).value
        + cumulative_incidence(death.time, death.cause).cause(1).at(EIGHTEEN_MONTHS).value
    )
    assert total == pytest.approx(1.0, abs=1e-12)


def test_one_minus_kaplan_meier_would_be_too_high():
    sample = sample_of(results(CIR))
    naive = 1 - kaplan_meier(sample.time, sample.status).at(EIGHTEEN_MONTHS).value
    assert naive == pytest.approx(0.40, abs=5e-3)


@pytest.mark.parametrize(("limits", "lower"), [(Limits.LOG, 516), (Limits.PLAIN, 516), (Limits.LOGLOG, 501)])
def test_median_follow_up_is_575_days(limits, lower):
    """516 is the limit of R's default (log); the log-log band falls below one half one step earlier."""
    sample = sample_of(results(OS))
    median = reverse_kaplan_meier(sample.time, sample.status).median(limits)
    assert (median.value, median.lower) == (575, lower)


def test_each_row_of_the_sample_leads_back_to_its_subject():
    sample = sample_of([derive(RFS, History(), CUT_OFF), *results(RFS)])
    assert sample.row == tuple(range(1, 13))
    assert sample.uncounted == 0
