"""A real browser before a real web server: the system's Chromium, driven by Playwright.

Each test has its own copy of the database (`live_site`), so it may commit and log in as whom it likes.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from tests.cast import PASSWORD, Cast, make_cast
from tests.chromium import find_chromium
from trialsite.audit import acting

from .clock import Clock, a_clock
from .desk import Desk

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 15_000

Windows = Callable[..., BrowserContext]
Desks = Callable[..., Desk]


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this folder.

    Playwright keeps an event loop in the tests' thread, beside which Django refuses the database unless told that
    the loop does not use it.
    """
    program = find_chromium()
    if program is None:
        pytest.fail("No Chromium: `make test` installs it, or says what to install.")
    expect.set_options(timeout=WAIT_MS)
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
            yield browser
            browser.close()
    finally:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE")
        if before is not None:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def windows(chromium: Browser, live_site: str) -> Iterator[Windows]:
    """Opens windows that share nothing: cookies and drafts of one are not in the next."""
    with ExitStack() as opened:

        def window(**options: object) -> BrowserContext:
            context = chromium.new_context(
                base_url=live_site, locale="en-GB", viewport={"width": 1280, "height": 900}, **options
            )
            context.set_default_timeout(WAIT_MS)
            opened.callback(context.close)
            return context

        yield window


@pytest.fixture
def at_desk(windows: Windows) -> Desks:
    """Lets somebody of the cast log in, in a window of their own."""

    def sit_down(name: str, **options: object) -> Desk:
        desk = Desk(windows(**options).new_page())
        desk.log_in(name, PASSWORD)
        return desk

    return sit_down


@pytest.fixture
def clock() -> Iterator[Clock]:
    """A day that the test chooses, for web server and test alike; it goes on ticking."""
    with a_clock() as clock:
        yield clock


def cast_with_passwords(key: str) -> Cast:
    """The cast of a study, each with the password of the tests."""
    return with_passwords(make_cast(key))


def with_passwords(cast: Cast) -> Cast:
    """Give everybody of a cast the password of the tests."""
    once = make_password(PASSWORD)
    with acting(role="system"):
        for who in cast.people().values():
            who.password = once
            who.save(update_fields=["password"])
    return cast
