"""A large file at the browser: its page says how far a worker is, can be left, and goes on by itself."""

import threading
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Page, expect

from tests.cast import Cast, bare_subject
from tests.integration.imports.test_by_a_worker import draws
from tests.integration.imports.test_laboratory import file_of, results
from trialsite.imports import laboratory, runs
from trialsite.imports.progress import went_on

from .conftest import Desks, cast_with_passwords

DESK, TELEPHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLUMNS = {"subject": "No", "date": "Sampled", "test": "Test", "result": "Value", "unit": "Unit"}


@pytest.fixture
def cast(live_site: str) -> Cast:
    return cast_with_passwords("BLINA-FULL")


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> threading.Event:
    """Every file is large and worked on beside; the worker stops at its fifth line until it may go on."""
    go_on, done = threading.Event(), [0]

    def take(run_id: Any) -> None:
        try:
            runs.work(run_id, cast.coordinator)
        finally:
            connections.close_all()

    def handed_over(_task: Any, run_id: Any, _user_id: Any) -> bool:
        threading.Thread(target=take, args=[run_id]).start()
        return True

    def waits(count: int = 1) -> None:
        went_on(count)
        done[0] += count
        assert done[0] != 5 or go_on.wait(60)

    monkeypatch.setattr(runs, "AT_ONCE", 0)
    monkeypatch.setattr(runs, "SECONDS", 0)
    monkeypatch.setattr(runs, "handed_over", handed_over)
    monkeypatch.setattr(laboratory, "went_on", waits)
    return go_on


def fits(page: Page) -> None:
    for size in (TELEPHONE, DESK):
        page.set_viewport_size(size)
        assert page.evaluate(TOO_WIDE) <= 0


def test_a_large_file_is_tried_out_and_entered_while_its_page_is_left(
    at_desk: Desks, cast: Cast, go_on: threading.Event, tmp_path: Path
) -> None:
    (tmp_path / "labs.csv").write_bytes(file_of(*draws(bare_subject(cast), 12)))
    desk = at_desk("coordinator")
    page = desk.page
    desk.open(f"/studies/{cast.study.key}/imports/")
    page.get_by_label("Laboratory or source").fill("Central")
    page.get_by_label("File", exact=True).set_input_files(tmp_path / "labs.csv")
    desk.press("Try out")
    for target, column in COLUMNS.items():
        page.locator(f"#column-{target}").select_option(column)
    desk.press("Try out")
    expect(page.get_by_text("5 of 12")).to_be_visible()
    fits(page)
    address = page.url
    desk.open(f"/studies/{cast.study.key}/imports/")
    expect(page.get_by_text("A worker is at it")).to_be_visible()
    desk.open(address)
    go_on.set()
    expect(page.get_by_text("12 lines would be entered, all checks run.")).to_be_visible()
    assert results(cast) == []
    desk.press("Enter all of it")
    expect(page.get_by_text("Reverse this import")).to_be_visible()
    fits(page)
    assert len(results(cast)) == 12
