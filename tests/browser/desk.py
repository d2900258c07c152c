"""A person at a browser: finds fields by their labels, buttons and links by their words, as people do."""

import re
from collections.abc import Mapping
from datetime import date

from playwright.sync_api import Locator, Page, expect

Answers = Mapping[str, str | date]


def exactly(text: str) -> re.Pattern[str]:
    """A label with nothing around it but the mark of a required item."""
    return re.compile(rf"^\s*{re.escape(text)}\s*(\*\s*required)?\s*$")


HEADINGS = """cells => cells.map(cell => {  // the name of a column, without its unit and the mark of a required item
    const name = cell.cloneNode(true);
    name.querySelectorAll(".unit, .required, .visually-hidden").forEach(part => part.remove());
    return name.textContent.trim();
})"""


class Desk:
    """One window of one person."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def log_in(self, name: str, password: str) -> None:
        self.page.goto("/login/")
        self.fill({"User name": name, "Password": password})
        self.press("Log in")
        expect(self.page).not_to_have_url(re.compile("/login/"))

    # Going and reading

    def open(self, address: str) -> None:
        self.page.goto(address)

    def follow(self, link: str, within: str = "main") -> None:
        self.page.locator(within).get_by_role("link", name=link, exact=True).first.click()

    def press(self, button: str) -> None:
        self.page.get_by_role("button", name=button, exact=True).click()

    def submit(self) -> None:
        """Submit the form and wait for the page that answers: what was typed goes ahead as a draft."""
        self.page.locator("html").evaluate("page => page.classList.add('before')")
        self.press("Submit")
        expect(self.page.locator("html.before")).to_have_count(0)

    def open_form(self, visit: str, form: str) -> None:
        """From the casebook's table of visits and forms."""
        table = self.page.locator("table.matrix")
        expect(table).to_be_visible()  # a link may have led here only just now
        forms = [text.strip() for text in table.locator("thead th").all_text_contents()]
        row = table.locator("tbody tr").filter(has=self.page.get_by_role("rowheader", name=visit, exact=True))
        row.locator("th, td").nth(forms.index(form)).get_by_role("link").click()

    def add_to_log(self, form: str) -> None:
        """From the casebook's log, for what no visit plans."""
        self.press("Add to the log")
        self.follow(form)

    def sees(self, *texts: str, within: str = "main") -> None:
        """These texts stand on the page, or come to stand there."""
        for text in texts:
            expect(self.page.locator(within)).to_contain_text(text)

    def sees_row(self, *cells: str) -> None:
        """Neighbouring cells of one row read like this."""
        reading = " ".join(re.escape(cell) for cell in cells)
        row = self.page.get_by_role("row", name=re.compile(rf"(^|\s){reading}(\s|$)"))
        expect(row.first).to_be_visible()

    # Typing

    def item(self, label: str) -> Locator:
        """An item: label, controls, and the sentence about what is wrong."""
        named = self.page.locator(".item-label", has_text=exactly(label))
        return self.page.locator(".item").filter(has=named)

    def fill(self, answers: Answers) -> None:
        """Answer items by their labels: a text, a choice's words, Yes or No, or a value with its unit."""
        for label, answer in answers.items():
            enter(self.item(label).locator(".item-control"), answer)

    def fill_line(self, line: int | str, answers: Answers) -> None:
        """Answer columns of a repeating line, named by its number or by the analyte that is printed on it."""
        grid = self.page.locator("table[data-grid]")
        lines = grid.locator("tbody tr")
        row = lines.nth(line - 1) if isinstance(line, int) else lines.filter(has_text=f"{line} (")
        headings = grid.locator("thead th").evaluate_all(HEADINGS)
        for column, answer in answers.items():
            place = headings.index(column)
            enter(row.locator("th, td").nth(place), answer)


def enter(place: Locator, answer: str | date) -> None:
    """Type or choose in the control that stands at a place."""
    text = answer.isoformat() if isinstance(answer, date) else answer
    control = place.locator("input:not([type=hidden]), select, textarea").first
    kind = control.evaluate("control => control.type")
    if kind == "radio":
        place.locator("label").filter(has_text=exactly(text)).locator("input").check()
    elif kind == "select-one":
        control.select_option(label=text)
    else:
        value, _space, unit = text.partition(" ")
        units = place.locator(".quantity select")
        if unit and units.count():
            units.select_option(label=unit)
            text = value
        control.fill(text)
