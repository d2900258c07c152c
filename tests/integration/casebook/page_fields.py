"""What a browser without scripts would send from a page: the fields of its forms, as they stand there."""

from html.parser import HTMLParser
from typing import Any


class Fields(HTMLParser):
    """Names and values of the inputs, choices and texts inside the forms of one class ("" any)."""

    def __init__(self, css: str) -> None:
        super().__init__()
        self.css, self.inside, self.choice, self.text = css, False, "", ""
        self.found: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = dict(attrs)
        name = has.get("name") or ""
        if tag == "form":
            self.inside = self.css in (has.get("class") or "").split()
        elif not self.inside:
            return
        elif tag == "input" and name and has.get("type") not in ("submit", "file"):
            if has.get("type") not in ("checkbox", "radio") or "checked" in has:
                self.found[name] = has.get("value") or ""
        elif tag == "select":
            self.choice = name
        elif tag == "option" and self.choice and "selected" in has:
            self.found[self.choice] = has.get("value") or ""
        elif tag == "textarea":
            self.text, self.found[name] = name, ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "select":
            self.choice = ""
        elif tag == "textarea":
            self.text = ""

    def handle_data(self, data: str) -> None:
        if self.text:
            self.found[self.text] += data


def fields_of(page: str, css: str) -> dict[str, Any]:
    """The fields of the forms of a class on a page; "csrfmiddlewaretoken" left out."""
    reader = Fields(css)
    reader.feed(page)
    return {name: value for name, value in reader.found.items() if name != "csrfmiddlewaretoken"}
