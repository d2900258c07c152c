"""What stands on the page of a form before anybody types."""

from datetime import date
from typing import Any

import pytest

from trialsite.casebook.models import UNSCHEDULED, Visit
from trialsite.casebook.pages import EntryPage


@pytest.mark.parametrize(
    ("visit", "expected"),
    [
        (Visit(key=UNSCHEDULED, added_for=date(2026, 3, 5)), {"performed_on": date(2026, 3, 5)}),
        (Visit(key="SCR"), {}),
        (None, {}),
    ],
)
def test_a_form_of_an_unscheduled_visit_begins_with_its_day(
    visit: Visit | None, expected: dict[str, Any]
) -> None:
    page = EntryPage.__new__(EntryPage)
    page.record, page.visit = None, visit
    assert page.initial() == expected
