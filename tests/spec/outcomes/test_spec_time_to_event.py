"""Time to event of single subjects, each a worked history: derived by the endpoints of the four protocol files.

Unless a row says otherwise a subject of BLINA-FULL began on 2026-01-28 and reached remission on 2026-02-20; the data
cut-off is 2027-11-01. Rows are as the sponsor's statistician would work them by hand.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from outcomes.domain.endpoints import derive
from outcomes.domain.history import (
    AcuteGvhd,
    Dated,
    Death,
    History,
    Relapse,
    RelapseSite,
    ResponseAt,
)
from outcomes.domain.survival import kaplan_meier
from tests.domain.outcomes.test_reasons import PROTOCOLS
from trialsite.clinical.kleene import Truth

CUT_OFF = date(2027, 11, 1)


def on(text: str) -> Dated:
    return Dated(date.fromisoformat(text))


def seen(*days: str) -> tuple[Dated, ...]:
    return tuple(on(one) for one in days)


def relapsed(text: str, site: RelapseSite = RelapseSite.MARROW) -> tuple[Relapse, ...]:
    return (Relapse(date.fromisoformat(text), site=site),)


def died(text: str, cause: str = "") -> Death:
    return Death(date.fromisoformat(text), cause=cause)


def outcome(
    study: str, endpoint: str, history: History, cut_off: date = CUT_OFF
) -> tuple[str, int | None, int | None]:
    """Status, days and cause: 0 censored, 1 the event, 2 and more what competes."""
    found = derive(PROTOCOLS[study].endpoint_of(endpoint), history, cut_off)
    return found.status.value, found.days, found.cause


FULL = History(c1d1=on("2026-01-28"), first_crc=on("2026-02-20"), assessments=seen("2026-02-20"))
Y01 = replace(FULL, relapses=relapsed("2026-12-05"), death=died("2027-03-01"))
Y02 = replace(FULL, death=died("2027-03-01", "INFECTION"))
Y04 = replace(FULL, assessments=seen("2026-02-20", "2026-08-14"), alive=seen("2026-12-01"))
Y05 = replace(FULL, relapses=relapsed("2027-11-20"), assessments=seen("2026-02-20", "2027-10-05"))
Y07 = replace(FULL, relapses=relapsed("2026-11-11", RelapseSite.CNS), assessments=seen("2026-11-11"))
Y08 = replace(FULL, relapses=relapsed("2026-12-05"), assessments=seen("2026-02-20", "2026-12-12"))
Y11 = History(c1d1=on("2026-01-28"), alive=seen("2026-12-01"), assessments=seen("2026-03-01"))
Y13 = replace(
    FULL,
    follow_up_withdrawn=on("2026-07-01"),
    assessments=seen("2026-02-20", "2026-06-15", "2026-09-01"),
    relapses=relapsed("2026-10-01"),
)
Y14 = replace(FULL, assessments=seen("2026-02-20", "2027-09-01"), alive=seen("2027-10-01"))


@pytest.mark.parametrize(
    ("name", "history", "endpoint", "expected"),
    [
        ("Y-01", Y01, "RFS", ("EVENT", 288, 1)),
        ("Y-01", Y01, "OS", ("EVENT", 397, 1)),
        ("Y-01", Y01, "CIR", ("EVENT", 288, 1)),
        ("Y-01 not NRM", Y01, "NRM", ("EVENT", 288, 2)),
        ("Y-02", Y02, "RFS", ("EVENT", 374, 1)),
        ("Y-02", Y02, "NRM", ("EVENT", 374, 1)),
        ("Y-02 competes", Y02, "CIR", ("EVENT", 374, 2)),
        ("Y-04 a telephone call shows no remission", Y04, "RFS", ("CENSORED", 175, 0)),
        ("Y-04", Y04, "OS", ("CENSORED", 307, 0)),
        ("Y-05 after the cut-off", Y05, "RFS", ("CENSORED", 592, 0)),
        ("Y-07 central nervous system alone", Y07, "RFS", ("EVENT", 264, 1)),
        ("Y-08 the first sample, not its confirmation", Y08, "RFS", ("EVENT", 288, 1)),
        ("Y-11 never in remission", Y11, "RFS", ("NOT_IN_SET", None, None)),
        ("Y-11", Y11, "OS", ("CENSORED", 307, 0)),
        ("Y-13 follow-up withdrawn", Y13, "RFS", ("CENSORED", 115, 0)),
        ("Y-14 a second cancer is no event", Y14, "RFS", ("CENSORED", 558, 0)),
    ],
)
def test_histories_of_blina_full(
    name: str, history: History, endpoint: str, expected: tuple[str, int | None, int | None]
) -> None:
    assert outcome("BLINA-FULL", endpoint, history) == expected


@pytest.mark.parametrize(("day", "counted"), [(730, True), (731, False)])
def test_an_event_counts_at_the_landmark_of_24_months_up_to_730_days(day: int, counted: bool) -> None:
    """Y-10: 24 months are 730.5 days."""
    curve = kaplan_meier([day, 2000], [1, 0])
    at = curve.at_each([24 * 30.4375])[0].value
    assert at is not None
    assert (at < 1) is counted


def test_alive_at_the_cut_off_before_two_years_is_not_evaluable() -> None:
    """Y-16 of registration 003."""
    history = History(
        randomised_on=on("2026-01-20"), hsct_d0=on("2026-03-01"), assessments=seen("2027-12-20")
    )
    cut_off = date(2027, 12, 31)
    assert outcome("BLINA-INTENS", "RFS", history, cut_off) == ("CENSORED", 659, 0)
    assert outcome("BLINA-INTENS", "RFS_2Y_ACHIEVED", history, cut_off)[0] == "NOT_IN_SET"
    later = date(2028, 4, 15)  # two years and 45 days have passed, and nobody assessed the subject
    assert outcome("BLINA-INTENS", "RFS_2Y_ACHIEVED", history, later) == ("UNKNOWN", None, None)


GRAFT = date(2026, 3, 1)


def after(days: int) -> date:
    return GRAFT + timedelta(days=days)


Y17 = History(
    hsct_d0=Dated(GRAFT),
    agvhd=(AcuteGvhd(after(30), grade=2), AcuteGvhd(after(41), grade=3)),
    assessments=(Dated(after(100)),),
)
Y19 = History(hsct_d0=Dated(GRAFT), relapses=(Relapse(after(200)),), cgvhd_systemic=Dated(after(250)))
Y20 = History(hsct_d0=Dated(GRAFT), cgvhd_systemic=Dated(after(240)), assessments=(Dated(after(400)),))


@pytest.mark.parametrize(
    ("name", "history", "endpoint", "expected"),
    [
        ("Y-17", Y17, "GRFS", ("EVENT", 41, 1)),
        ("Y-17 grade II is earlier", Y17, "AGVHD_2_4", ("EVENT", 30, 1)),
        ("Y-17 relapse-free survival goes on", Y17, "RFS", ("CENSORED", 100, 0)),
        ("Y-19", Y19, "GRFS", ("EVENT", 200, 1)),
        ("Y-20 the event stays", Y20, "GRFS", ("EVENT", 240, 1)),
        ("Y-20", Y20, "RFS", ("CENSORED", 400, 0)),
    ],
)
def test_histories_after_transplantation(
    name: str, history: History, endpoint: str, expected: tuple[str, int | None, int | None]
) -> None:
    assert outcome("VIP-BLINA-HSCT", endpoint, history) == expected


V01 = History(
    c1d1=on("2026-02-02"),
    first_crc=on("2026-03-02"),
    assessments=seen("2026-03-02"),
    relapses=relapsed("2027-01-15"),
)
V02 = History(
    c1d1=on("2026-02-10"),
    treatment_failure=on("2026-04-08"),
    responses=(ResponseAt(date(2026, 4, 8), visit="EOC2", category="NR", cr_or_cri=Truth.FALSE),),
    assessments=seen("2026-04-08"),
)
V04 = History(c1d1=on("2026-03-03"), first_crc=on("2026-04-01"), assessments=seen("2026-04-01", "2027-06-30"))
V05 = History(c1d1=on("2026-03-03"), follow_up_withdrawn=on("2026-03-12"), alive=seen("2026-03-12"))


@pytest.mark.parametrize(
    ("name", "history", "endpoint", "expected"),
    [
        ("V-01", V01, "EFS", ("EVENT", 347, 1)),
        ("V-02 on its own day", V02, "EFS", ("EVENT", 57, 1)),
        ("V-02 on day 1 by the convention of the ELN", V02, "EFS-failure_on_first_day", ("EVENT", 0, 1)),
        ("V-04", V04, "EFS", ("CENSORED", 484, 0)),
        ("V-05 never assessed", V05, "EFS", ("CENSORED", 0, 0)),
        ("V-05 alive until the withdrawal", V05, "OS", ("CENSORED", 9, 0)),
    ],
)
def test_histories_of_blina_ven(
    name: str, history: History, endpoint: str, expected: tuple[str, int | None, int | None]
) -> None:
    assert outcome("BLINA-VEN", endpoint, history) == expected
