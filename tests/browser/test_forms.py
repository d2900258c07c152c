"""Every form at the keyboard, on a desk and on a telephone: paper order, and nothing hidden from who types."""

import pytest
from playwright.sync_api import Page

from tests.cast import bare_subject
from trialsite.casebook import registries
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot

from .conftest import Desks, cast_with_passwords

SCREENS = ({"width": 1280, "height": 800}, {"width": 390, "height": 800})
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

# Focus goes from control to control; whatever lies over one of them, or leaves the screen, is named.
HIDDEN = """() => {
  const controls = [...document.querySelectorAll(".entry :is(input:not([type=hidden]), select, textarea, button)")];
  const seen = (control) => {
    control.focus();
    const box = control.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + Math.min(box.width / 2, 20), box.top + box.height / 2);
    return top && (top === control || top.contains(control) || top.closest("label")?.contains(control));
  };
  return controls.filter((control) => control.tabIndex !== 0 || !seen(control)).map((control) => control.name);
}"""

# The lines of a form are scrolled to their end; the first column must not leave.
FIRST_COLUMNS_GONE = """() => [...document.querySelectorAll(".table-responsive:has(> .rows)")].filter((box) => {
  box.scrollLeft = box.scrollWidth;
  const first = box.querySelector("tbody tr:last-child > :nth-child(2)").getBoundingClientRect();
  return first.left < box.getBoundingClientRect().left - 1;
}).length"""

# "If empty, why?" belongs beside the answer, on a telephone too; only a box for sentences stands above it.
WHY_BELOW = """() => [...document.querySelectorAll(".item:not(:has(textarea)):has(.why-empty)")].filter((item) => {
  const answer = item.querySelector(".item-control").getBoundingClientRect();
  return item.querySelector(".why-empty").getBoundingClientRect().top > answer.bottom;
}).length"""

# Beside the first column there is room for a value and the unit it is typed in.
VALUES_OUT_OF_SIGHT = """() => [...document.querySelectorAll(".table-responsive:has(> .rows)")].filter((box) => {
  const first = box.querySelector("tbody tr:last-child > :nth-child(2)").getBoundingClientRect();
  return first.right > box.getBoundingClientRect().left + 0.65 * box.clientWidth;
}).length"""


@pytest.fixture
def subject(live_site: str) -> Subject:
    return bare_subject(cast_with_passwords("BLINA-FULL"))


def problems_of(page: Page) -> list[str]:
    """What a person at the keyboard would stumble over."""
    found = [f"{name} is hidden" for name in page.evaluate(HIDDEN)]
    if page.evaluate(TOO_WIDE):
        found.append("the page is too wide")
    if page.evaluate(FIRST_COLUMNS_GONE):
        found.append("the first column leaves")
    if page.evaluate(VALUES_OUT_OF_SIGHT):
        found.append("the first column hides the others")
    if page.evaluate(WHY_BELOW):
        found.append("why it is empty stands below the answer")
    return found


def test_every_form_is_entered_by_keyboard_without_losing_sight(subject: Subject, at_desk: Desks) -> None:
    page = at_desk("coordinator", reduced_motion="reduce").page
    problems = []
    for key, kind in registries.forms.items():
        page.goto(Slot(subject.pk, "LOG" if kind.continuous else "SCR", key).url())
        for size in SCREENS:
            page.set_viewport_size(size)
            problems += [f"{key} at {size['width']} px: {problem}" for problem in problems_of(page)]
    assert problems == []
