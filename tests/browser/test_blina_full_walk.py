"""One subject of BLINA-FULL from log-in to a changed curve, through the screens alone."""

import re

import pytest
from playwright.sync_api import expect

from tests.cast import PASSWORD, Cast

from .candidates import enter_papers, newly_diagnosed, statements
from .clock import Clock
from .conftest import Desks, cast_with_passwords

DASHBOARD = "/dashboards/BLINA-FULL/?endpoint=RFS"


@pytest.fixture
def trial(live_site: str, clock: Clock) -> Cast:
    return cast_with_passwords("BLINA-FULL")


def test_a_subject_goes_from_screening_to_a_changed_curve(trial: Cast, clock: Clock, at_desk: Desks) -> None:
    casebook = screening(clock, at_desk)
    confirmation(clock, at_desk)
    enrolment(clock, at_desk)
    chemotherapy(clock, at_desk, casebook)
    blinatumomab(clock, at_desk, casebook)
    remission(clock, at_desk, casebook)
    curve_before(clock, at_desk, casebook)
    relapse(clock, at_desk, casebook)
    curve_after(at_desk)


def screening(clock: Clock, at_desk: Desks) -> str:
    """Day 0: a number, and a dossier that asks for forms until the last one decides; gives the casebook's address."""
    clock.turn_to(0)
    desk = at_desk("coordinator")
    desk.follow("Screening", within="body")
    desk.page.get_by_text("Screen a person").click()
    desk.fill({"Screened on": clock.day(0), "Name": "王小红"})
    desk.press("Screen and give a screening number")
    desk.sees("Screened as S-BLF-0001.", "0 of 21 criteria in favour, 0 against, 21 unknown")
    enter_papers(desk, newly_diagnosed(clock.day(0)))
    desk.sees("Not decided yet", "Still needed: Investigator's statements on eligibility")
    enter_papers(desk, [statements(clock.day(0))])
    desk.sees("21 of 21 criteria in favour, 0 against, 0 unknown")
    desk.sees("17.1 µmol/L rule ≤ 63 (3 × ULN)", "(140 - 35) × 65 × 88.4 × 0.85 ÷ (72 × 60) = 118.71 mL/min")
    desk.sees("An investigator of this site has to confirm.")
    return desk.page.url.removesuffix("eligibility/")


def confirmation(clock: Clock, at_desk: Desks) -> None:
    """Day 1: the investigator signs; a wrong password confirms nothing and is said beside its field."""
    clock.turn_to(1)
    desk = at_desk("investigator")
    desk.follow("Confirm eligibility")
    desk.fill({"Your password": "somebody-elses-word"})
    desk.press("Confirm eligibility")
    expect(desk.item("Your password")).to_contain_text("This is not your password. Nothing was confirmed.")
    expect(desk.page.get_by_text("Confirmed by Investigator")).to_have_count(0)
    desk.fill({"Your password": PASSWORD})
    desk.press("Confirm eligibility")
    desk.sees("Eligibility is confirmed.", "Confirmed by Investigator")


def enrolment(clock: Clock, at_desk: Desks) -> None:
    """Day 2: a place under the cap and the subject number."""
    clock.turn_to(2)
    desk = at_desk("coordinator")
    desk.follow("Enrol")
    desk.sees("101")
    desk.fill({"Enrolled on": clock.day(2)})
    desk.press("Enrol")
    desk.sees("Enrolled as BLF-0001.")


def chemotherapy(clock: Clock, at_desk: Desks, casebook: str) -> None:
    """Day 3 is C1D1: doses are planned from height and weight, and given beside them."""
    clock.turn_to(3)
    desk = at_desk("coordinator")
    desk.open(f"{casebook}treatment/")
    desk.follow("Start this phase")
    desk.fill({"Day 1, as it actually was": clock.day(3), "Height": "170 cm", "Weight": "64.6"})
    desk.submit()
    desk.follow("Treatment")
    desk.sees(
        "√(170 × 64.6 ÷ 3600) = 1.7466 → 1.75 m²",
        "8 mg/m² × 1.75 m² = 14 mg",
        "3 mg/m² × 1.75 m² = 5.25 mg → cap 4 mg",
        "9 mg/m² × 1.75 m² = 15.75 mg → cap 15 mg",
    )
    desk.follow("Casebook")
    desk.open_form("Induction day 1", "EX")
    desk.fill({"Date": clock.day(3)})
    desk.fill_line(1, {"Given (whole day)": "12", "Reason": "Hepatic function"})
    desk.fill_line(2, {"Given (whole day)": "4"})
    desk.submit()
    desk.sees("Submitted: Doses given.")
    desk.follow("Treatment")
    desk.sees_row("14 mg", "14 mg", "12 mg", "deviation", "14.3 % less was given.")
    desk.sees_row("4 mg", "4 mg", "4 mg", "as prescribed")


def blinatumomab(clock: Clock, at_desk: Desks, casebook: str) -> None:
    """Days 10 to 24: the phase that follows, as the investigator decided, and its infusion in two steps."""
    clock.turn_to(24)
    desk = at_desk("investigator")
    desk.open(f"{casebook}treatment/")
    desk.sees("Blinatumomab from day 8")
    desk.page.locator("#decided-on").fill(clock.day(9).isoformat())
    desk.press("Record the decision")
    desk.sees("Decided: Induction: blinatumomab.")
    desk = at_desk("coordinator")
    desk.open(f"{casebook}treatment/")
    desk.follow("Start this phase")
    desk.fill({"Day 1, as it actually was": clock.day(10), "Weight": "64"})
    desk.submit()
    desk.follow("Treatment")
    desk.follow("Record infusion")
    desk.fill({"Date": clock.day(10)})
    first, step, end = (f"{clock.day(number)}T08:00" for number in (10, 17, 24))
    desk.fill_line(1, {"Start": first, "Stop": step, "Rate": "9", "Why it stopped": "Bag change"})
    desk.fill_line(2, {"Start": step, "Stop": end, "Rate": "28", "Why it stopped": "End of the course"})
    desk.submit()
    desk.sees("Submitted: Blinatumomab infusion.")
    desk.follow("Treatment")
    desk.sees("336 h", "259 µg / 259 µg planned")  # 14 × 24 h; 7 × 9 + 7 × 28 µg


def remission(clock: Clock, at_desk: Desks, casebook: str) -> None:
    """Day 25: the marrow shows CR with recovered counts, MRD is negative; this is where RFS begins."""
    clock.turn_to(25)
    desk = at_desk("coordinator")
    desk.open(casebook)
    desk.open_form("End of induction 1 (day 22)", "BM")
    desk.fill(
        {
            "Date": clock.day(25),
            "Marrow evaluable": "Yes",
            "Blasts in marrow": "1",
            "Trilineage haematopoiesis": "Yes",
            "Blasts in blood": "No",
            "Extramedullary disease": "No",
            "Day of the counts": clock.day(25),
            "Neutrophils at response": "1.8 10⁹/L",
            "Platelets at response": "140 10⁹/L",
            "Growth factor within 7 days before the counts": "No",
            "Platelet transfusion within 7 days before the counts": "No",
        }
    )
    desk.submit()
    desk.follow("Casebook")
    desk.open_form("End of induction 1 (day 22)", "MRD")
    desk.fill({"Date": clock.day(25), "Specimen": "Marrow, first pull", "Time point": "End of induction"})
    desk.fill_line(1, {"As reported": "未检出", "Limit of detection": "0.002 %"})
    desk.submit()
    desk.follow("Assessments")
    desk.sees(
        "CR: blasts below 5 %, none in blood, no extramedullary disease, both counts recovered: yes.",
        "Not detected; the limit of detection of 0.002 % reaches the threshold of 0.01 %.",
        "First MRD-negative sample in remission.",
    )
    desk.follow("Treatment")
    desk.sees("Remission: consolidation")


def curve_before(clock: Clock, at_desk: Desks, casebook: str) -> None:
    """Day 85: seen in remission, so RFS is censored after 60 days: one at risk, no event, S = 1."""
    clock.turn_to(85)
    desk = at_desk("coordinator")
    desk.open(casebook)
    desk.add_to_log("Survival contact")
    desk.fill(
        {
            "Date of contact": clock.day(85),
            "Kind of contact": "Visit",
            "Alive": "Yes",
            "No evidence of relapse": "Yes",
        }
    )
    desk.submit()
    desk = at_desk("investigator")
    desk.open(DASHBOARD)
    desk.sees("0 / 1")
    desk.sees_row("0", "1", "0", "0", "100.0 %")  # month, at risk, events, censored, free of event
    desk.sees_row("3", "0", "0", "1", "–")
    expect(desk.page.get_by_text("The step of the curve")).to_have_count(0)


def relapse(clock: Clock, at_desk: Desks, casebook: str) -> None:
    """Day 121: a relapse whose first evidence was the marrow of day 120."""
    clock.turn_to(121)
    desk = at_desk("coordinator")
    desk.open(casebook)
    desk.add_to_log("Relapse")
    desk.fill(
        {
            "Date of the assessment": clock.day(121),
            "Date of first evidence": clock.day(120),
            "Site of relapse": "Marrow",
            "Blasts in marrow": "62",
        }
    )
    desk.submit()
    desk.sees("Submitted: Relapse.")


def curve_after(at_desk: Desks) -> None:
    """The event stands 95 days (3.1 months) after remission, S falls to 0, and the step leads to the subject."""
    desk = at_desk("investigator")
    desk.open(DASHBOARD)
    desk.sees("1 / 1")
    desk.sees_row("3", "1", "0", "0", "100.0 %")
    desk.sees_row("6", "0", "1", "0", "–")
    desk.page.get_by_text("The step of the curve").click()
    desk.sees_row("95", "3.1", "1", "0.0 %")
    desk.page.locator("svg.chart-wide a.dot").click()
    desk.sees("Events on day 95")
    desk.follow("BLF-0001")
    expect(desk.page).to_have_url(re.compile(r"/subjects/[0-9a-f-]+/outcomes/#RFS$"))
    desk.sees_row("Relapse-free survival", "event")
    desk.page.locator("tr#RFS").get_by_role("link", name="Relapse", exact=True).click()
    desk.sees("62 %")
