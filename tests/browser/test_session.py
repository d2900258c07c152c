"""A log-in that ends while somebody is at a form: a word before it, and everything as it was after it."""

import re

from playwright.sync_api import expect

from tests.cast import PASSWORD, bare_subject
from trialsite.casebook.slots import Slot

from .conftest import Desks, cast_with_passwords


def test_who_was_idle_is_warned_and_can_stay(live_site: str, at_desk: Desks, settings) -> None:
    settings.SESSION_COOKIE_AGE = 8  # seconds; the word comes two seconds before the end
    cast_with_passwords("BLINA-FULL")
    desk = at_desk("coordinator")
    notice = desk.page.locator("#idle")
    expect(notice).to_be_hidden()
    expect(notice).to_be_visible(timeout=9000)
    desk.press("Stay logged in")
    expect(notice).to_be_hidden()


def test_after_the_time_out_the_form_is_as_it_was(live_site: str, at_desk: Desks, settings) -> None:
    cast = cast_with_passwords("BLINA-FULL")
    url = Slot(bare_subject(cast).pk, "SCR", "VS").url()
    settings.SESSION_COOKIE_AGE = 12
    desk = at_desk("coordinator")
    desk.open(url)
    weight = desk.page.get_by_label(re.compile("^Weight")).first
    weight.fill("70.5")
    expect(desk.page.locator(".draft-state[data-state=saved]")).to_be_visible()
    expect(desk.page).to_have_url(re.compile("/login/"), timeout=20_000)
    settings.SESSION_COOKIE_AGE = 600
    desk.fill({"User name": "coordinator", "Password": PASSWORD})
    desk.press("Log in")
    expect(desk.page).to_have_url(re.compile(re.escape(url)))
    expect(desk.page.get_by_label(re.compile("^Weight")).first).to_have_value("70.5")
