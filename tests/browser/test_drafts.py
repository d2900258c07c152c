"""Nothing typed is lost: drafts save themselves, outlive the window, and work without JavaScript."""

import re
from itertools import pairwise
from time import monotonic

import pytest
from playwright.sync_api import Request, Route, expect

from tests.cast import Cast, bare_subject

from .conftest import Desks, cast_with_passwords
from .desk import Desk


@pytest.fixture
def trial(live_site: str) -> Cast:
    return cast_with_passwords("BLINA-FULL")


@pytest.fixture
def form(trial: Cast) -> str:
    """The address of vital signs at the screening visit of a subject."""
    return f"/subjects/{bare_subject(trial).pk}/slots/SCR.1/VS.1/"


def typed_in(desk: Desk, label: str) -> str:
    return desk.item(label).locator("input:not([type=hidden])").first.input_value()


def test_what_is_typed_is_saved_within_two_seconds_and_is_there_after_the_window_was_closed(
    at_desk: Desks, form: str
) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    state = desk.page.locator("#draft-state")
    expect(state).to_have_text("")
    with desk.page.expect_request(re.compile("/draft/$"), timeout=2_000) as saving:
        desk.fill({"Weight": "about sixty-f"})
    assert saving.value.response().ok
    expect(state).to_have_text(re.compile(r"^\s*Draft saved \d\d:\d\d\s*$"))
    desk.page.context.close()

    desk = at_desk("coordinator")
    desk.sees("Screening · Vital signs")
    desk.page.get_by_role("link", name="Finish a draft").click()
    assert typed_in(desk, "Weight") == "about sixty-f"
    expect(desk.page.locator(".item-wrong")).to_have_count(0)  # nothing is wrong before it is submitted

    desk.fill({"Date": "2026-01-05", "Weight": "64.6"})
    desk.press("Submit")
    desk.sees("Submitted: Vital signs.", "64.6 kg")
    desk.open("/")
    expect(desk.page.get_by_role("link", name="Finish a draft")).to_have_count(0)


def test_a_draft_is_seen_by_its_author_only(at_desk: Desks, form: str) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    desk.fill({"Weight": "64.6"})
    expect(desk.page.locator("#draft-state")).to_contain_text("Draft saved")

    colleague = at_desk("investigator")
    expect(colleague.page.get_by_role("link", name="Finish a draft")).to_have_count(0)
    colleague.open(form)
    assert typed_in(colleague, "Weight") == ""


def test_a_submission_waits_for_the_draft_on_its_way_which_would_come_back_otherwise(
    at_desk: Desks, form: str
) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    desk.fill({"Date": "2026-01-05"})
    expect(desk.page.locator("#draft-state")).to_contain_text("Draft saved")
    drafts: list[Route] = []
    submitted: list[Request] = []
    desk.page.route("**/draft/", lambda route: drafts.append(route))
    desk.page.on("request", lambda sent: sent.url.endswith(form) and submitted.append(sent))
    with desk.page.expect_request("**/draft/"):
        desk.fill({"Weight": "64.6"})
    desk.press("Submit")
    assert submitted == []
    drafts.pop().continue_()
    desk.sees("Submitted: Vital signs.", "64.6 kg")
    assert drafts == []
    expect(desk.page.get_by_text("Discard the draft")).to_have_count(0)


TYPE_AND_SUBMIT = """form => {
  form.elements.weight.value = "64.6";
  form.elements.weight.dispatchEvent(new Event("input", { bubbles: true }));
  form.querySelector("button[value=submit]").click();
}"""


def test_what_was_typed_just_before_is_saved_first_and_no_draft_follows_the_submission(
    at_desk: Desks, form: str
) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    desk.fill({"Date": "2026-01-05"})
    expect(desk.page.locator("#draft-state")).to_contain_text("Draft saved")
    sent: list[str] = []
    desk.page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    desk.page.locator("form[data-entry]").evaluate(TYPE_AND_SUBMIT)
    desk.sees("Submitted: Vital signs.", "64.6 kg")
    desk.page.wait_for_timeout(2_500)
    assert [url.endswith("/draft/") for url in sent] == [True, False]
    expect(desk.page.get_by_text("Discard the draft")).to_have_count(0)


def test_typing_that_goes_on_and_on_is_saved_every_two_seconds(at_desk: Desks, form: str) -> None:
    desk = at_desk("coordinator")
    desk.open(form)
    sent: list[float] = []
    desk.page.on(
        "requestfinished", lambda request: request.url.endswith("/draft/") and sent.append(monotonic())
    )
    field = desk.item("Weight").locator("input:not([type=hidden])").first
    field.focus()
    began = monotonic()
    while monotonic() - began < 6:
        desk.page.keyboard.press("1")
        desk.page.wait_for_timeout(100)
    waits = [later - earlier for earlier, later in pairwise([began, *sent])]
    assert len(sent) >= 3
    assert max(waits) < 2, waits


def test_without_javascript_a_form_saves_a_draft_and_submits(at_desk: Desks, form: str) -> None:
    desk = at_desk("coordinator", java_script_enabled=False)
    desk.open(form)
    desk.fill({"Weight": "64.6"})
    desk.press("Save draft")
    desk.sees("Draft saved. Nobody else sees it until you submit.")
    desk.page.context.close()

    desk = at_desk("coordinator", java_script_enabled=False)
    desk.open(form)
    assert typed_in(desk, "Weight") == "64.6"
    desk.press("Submit")
    expect(desk.item("Date")).to_contain_text("This field is required.")
    assert typed_in(desk, "Weight") == "64.6"
    desk.fill({"Date": "2026-01-05"})
    desk.press("Submit")
    desk.sees("Submitted: Vital signs.", "64.6 kg")
