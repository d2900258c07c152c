"""One subject of BLINA-INTENS to its arm, which nobody sees before and nobody changes after."""

from io import StringIO

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from enrollment.domain.randomisation import allocation_list
from tests.cast import PASSWORD, Cast

from .candidates import enter_papers, in_remission_before_transplantation
from .clock import Clock
from .conftest import Desks, cast_with_passwords
from .desk import Desk

SEED = "sealed with the statistician"
SLOTS = 4
STRATUM = "risk=KMT2A_TP53;site=SGH"
STRATUM_NAME = "Shanghai General Hospital, KMT2A rearranged or TP53 mutated"
ARMS = {"A": "Short blinatumomab then allo-HSCT", "B": "Direct allo-HSCT"}


@pytest.fixture
def trial(live_site: str, clock: Clock) -> Cast:
    """The study with its list of places, which the owner of the database makes from the statistician's seed."""
    cast = cast_with_passwords("BLINA-INTENS")
    call_command(
        "make_randomisation_list",
        study="BLINA-INTENS",
        seed=SEED,
        slots_per_stratum=SLOTS,
        stdout=StringIO(),
    )
    return cast


def test_the_arm_shows_after_randomisation_and_the_second_press_refuses(
    trial: Cast, clock: Clock, at_desk: Desks
) -> None:
    clock.turn_to(0)
    desk = at_desk("coordinator")
    desk.open("/screening/")
    desk.page.get_by_text("Screen a person").click()
    desk.fill({"Screened on": clock.day(0), "Name": "陈大文"})
    desk.press("Screen and give a screening number")
    enter_papers(desk, in_remission_before_transplantation(clock.day(0)))
    desk.sees("20 of 20 criteria in favour, 0 against, 0 unknown")
    dossier = desk.page.url

    investigator = at_desk("investigator")
    investigator.open(dossier)
    investigator.fill({"Your password": PASSWORD})
    investigator.press("Confirm eligibility")
    investigator.sees("Eligibility is confirmed.")

    desk.open(dossier)
    desk.fill({"Enrolled on": clock.day(0)})
    desk.press("Enrol")
    desk.sees("Enrolled as BIN-0001.", "KMT2A rearranged or TP53 mutated")
    assert arms_shown(desk) == []
    desk.sees("Not compared with the source yet: MRD negative within 14 days before randomisation.")

    verify_mrd(at_desk("monitor"), dossier)
    desk.open(dossier)
    same_page_in_another_window = at_desk("coordinator")
    same_page_in_another_window.open(dossier)
    assert arms_shown(same_page_in_another_window) == []

    arm = ARMS[allocation_list(SEED, [STRATUM], {"A": 1, "B": 1}, (4, 6), SLOTS)[0].arm]
    randomise(desk, clock)
    desk.sees(f"Randomised to: {arm}.", f"Place 1 of stratum {STRATUM_NAME}.")
    assert arms_shown(desk) == [arm]
    expect(desk.page.get_by_role("button", name="Randomise now")).to_have_count(0)

    randomise(same_page_in_another_window, clock)
    same_page_in_another_window.sees(
        "This subject is randomised already.", f"Place 1 of stratum {STRATUM_NAME}."
    )
    assert arms_shown(same_page_in_another_window) == [arm]


def verify_mrd(monitor: Desk, dossier: str) -> None:
    """The monitor compares the MRD report with its source, item by item."""
    monitor.open(dossier.replace("eligibility/", "slots/SCR.1/MRD.1/"))
    for box in monitor.page.locator("#verification input[type=checkbox]").all():
        box.check()
    monitor.press("Verified against source")
    expect(monitor.page.locator("#verification input[type=checkbox]")).to_have_count(0)


def randomise(desk: Desk, clock: Clock) -> None:
    desk.fill({"Randomised on": clock.day(0)})
    desk.press("Randomise now")


def arms_shown(desk: Desk) -> list[str]:
    """The arms whose name stands anywhere on the page, hidden parts and addresses included."""
    page = desk.page.content()
    return [name for name in ARMS.values() if name in page]
