"""A data manager puts a version in force at one site, in the browser: from the list of versions to the subject."""

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast, bare_subject
from tests.integration.amendments.versions import add_item, add_visit, drop_visit, loaded, widen
from trialsite.amendments.activation import move_subjects
from trialsite.casebook.models import Subject

from .conftest import Desks, cast_with_passwords
from .test_forms import TOO_WIDE

SCREENS = ({"width": 1280, "height": 900}, {"width": 390, "height": 800})


@pytest.fixture
def cast(live_site: str) -> Cast:
    return cast_with_passwords("BLINA-VEN")


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


def fits(page: Page) -> None:
    """Nothing leaves the screen of a desk or a telephone."""
    for size in SCREENS:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert not page.evaluate(TOO_WIDE), (page.url, size)
    page.set_viewport_size(SCREENS[0])  # type: ignore[arg-type]


def test_a_version_goes_from_its_dry_run_into_force_at_one_site(
    cast: Cast, subject: Subject, at_desk: Desks
) -> None:
    loaded(
        cast,
        "2.0",
        widen("C1_D4", 3, 3),
        drop_visit("C1_D8"),
        add_visit("C1_D4", "C1_D6", 5),
        add_item("TLS", "lactate"),
    )
    page = at_desk("data_manager").page
    page.goto("/protocols/BLINA-VEN/versions/")
    page.get_by_role("row", name="2.0").get_by_role("link", name="Activate").click()
    fits(page)
    here = page.locator(f"#site-{cast.here.key}")
    expect(here).to_contain_text("1 subject would move")
    here.get_by_role("link", name="Dry run of this site").click()
    expect(page.get_by_role("cell", name="Visit dropped")).to_be_visible()
    expect(page.get_by_role("link", name=subject.screening_number)).to_be_visible()
    fits(page)
    page.go_back()
    here.get_by_label("Ethics approval on").fill("2024-06-03")
    here.get_by_label("Number of the approval").fill("2024-EC-17")
    here.get_by_label("In force from").fill("2024-06-01")
    here.get_by_label("I have read what changes here.").check()
    here.get_by_role("button", name="Activate").click()
    expect(here).to_contain_text("A version is in force from its approval at the earliest.")
    expect(here.get_by_label("Number of the approval")).to_have_value("2024-EC-17")
    here.get_by_label("In force from").fill("2024-06-03")
    here.get_by_role("button", name="Activate").click()
    expect(here).to_contain_text("in force from 2024-06-03")
    expect(page.locator(f"#site-{cast.elsewhere.key}")).to_contain_text("Runs version 1.0")
    fits(page)
    assert move_subjects(cast.study.pk, cast.here.pk) == 1
    page.goto(f"/subjects/{subject.pk}/")
    expect(page.get_by_text("Added C1_D6")).to_be_visible()
