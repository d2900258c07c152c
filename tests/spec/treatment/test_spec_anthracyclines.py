"""Anthracyclines of a subject: earlier treatment, what cannot be counted, echocardiography, what is ahead."""

from datetime import date, timedelta
from decimal import Decimal as D
from functools import cache
from pathlib import Path

import pytest

from treatment.domain.anthracyclines import (
    RATIO_SETS,
    AnthracyclineAlert,
    DatedDose,
    EarlierDose,
    Uncounted,
    anthracycline_course,
    planned_dox_eq,
)
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file
from trialsite.studies.domain.schema import RATIO_SETS as IN_FILES

DAY = date(2026, 1, 12)


def doses(*amounts: str, drug: str = "DOXORUBICIN") -> list[DatedDose]:
    """One dose a week, in mg/m²."""
    return [DatedDose(DAY + timedelta(days=7 * n), drug, D(mg)) for n, mg in enumerate(amounts)]


def test_earlier_treatment_counts_with_its_own_ratio():
    course = anthracycline_course(doses("8", drug="IDARUBICIN"), [EarlierDose("DAUNORUBICIN", D(120))])
    assert (course.total, course.earlier_mg_m2) == (D(112), D(72))
    assert course.others == {"DNR_0_5": D(100), "DNR_0_83": D("139.6"), "OLDER": D(160)}


ALERTS = [("99.9", "NONE"), ("100", "INFO"), ("250", "WARNING"), ("399.9", "WARNING"), ("400", "STOP")]


@pytest.mark.parametrize(("earlier", "alert"), ALERTS)
def test_the_alert_of_the_whole_course(earlier, alert):
    course = anthracycline_course([], [EarlierDose("DOXORUBICIN", D(earlier))])
    assert course.cumulative.alert is AnthracyclineAlert(alert)


UNKNOWN = [
    ([], [EarlierDose("DOXORUBICIN", None)], True, [Uncounted.EARLIER_DOSE]),
    ([DatedDose(DAY, "DOXORUBICIN", None)], [], True, [Uncounted.BODY_SIZE]),
    ([DatedDose(DAY, "DOXORUBICIN", None, Uncounted.NOT_REPORTED)], [], True, [Uncounted.NOT_REPORTED]),
    ([], [], False, [Uncounted.EARLIER_NOT_ASKED]),
    (doses("50"), [], True, []),
]


@pytest.mark.parametrize(("given", "earlier", "asked", "gaps"), UNKNOWN)
def test_what_is_not_known_is_named_and_the_total_a_lower_bound(given, earlier, asked, gaps):
    assert list(anthracycline_course(given, earlier, earlier_asked=asked).uncounted) == gaps


ECHO = [
    # given (a week apart)        earlier  echo on day  asked for since day
    (["50", "49.9"],              "0",     [],          None),
    (["50", "50"],                "0",     [],          7),
    (["50", "50"],                "0",     [8],         None),
    (["50", "50"],                "0",     [7],         None),
    (["50", "50", "50"],          "0",     [8],         None),
    (["50", "50", "50", "50"],    "0",     [8],         21),
    (["50", "50", "50", "49.9"],  "0",     [8],         None),
    (["50"],                      "150",   [],          0),
    (["50"],                      "150",   [-7],        None),
    (["50", "50"],                "150",   [-7],        7),
]  # fmt: skip


@pytest.mark.parametrize(("given", "earlier", "echo", "since"), ECHO)
def test_echocardiography_after_every_further_100(given, earlier, echo, since):
    days = [DAY + timedelta(days=n) for n in echo]
    course = anthracycline_course(doses(*given), [EarlierDose("DOXORUBICIN", D(earlier))], days)
    assert course.echo_since == (None if since is None else DAY + timedelta(days=since))


@cache
def regimen(key: str, name: str):
    file = Path("trialsite/studies/protocols") / f"{key}.yaml"
    return Protocol.from_document(read_file(file).document).regimen_of(name)


PLANNED = [
    ("BLINA-FULL", "IND_REDUCED", "40"),
    ("BLINA-FULL", "HCVAD_A", "50"),
    ("BLINA-FULL", "HCVAD_B", "0"),
    ("VIP-BLINA-HSCT", "VIP", "80"),
    ("VIP-BLINA-HSCT", "VDCP", "72"),
]


@pytest.mark.parametrize(("key", "name", "total"), PLANNED)
def test_what_a_cycle_adds_as_planned(key, name, total):
    assert planned_dox_eq(regimen(key, name)) == D(total)


def test_the_sets_that_files_may_pin_are_those_that_exist():
    assert set(IN_FILES) == set(RATIO_SETS)
