"""What a record page says that was derived, read from the page."""

import html
import re
from typing import Any

from django.test import Client

from trialsite.casebook.slots import Slot

TAGS = re.compile(r"<[^>]*>")
SECTION = re.compile(r'<section class="panel derived".*?</section>', re.DOTALL)
CELL = re.compile(r'<td class="derived">(.*?)</td>', re.DOTALL)


def url_of(record: Any) -> str:
    visit = record.visit
    return Slot(record.subject_id, visit.key, record.form_key, visit.repeat, record.form_repeat).url()


def plain(part: str) -> str:
    return " ".join(html.unescape(TAGS.sub(" ", part)).split())


def derived_of(client: Client, record: Any) -> str:
    """The section of derived values; "" where there is none."""
    page = client.get(url_of(record)).content.decode()
    return plain(found.group(0)) if (found := SECTION.search(page)) else ""


def beside_lines(client: Client, record: Any) -> list[str]:
    """What stands beside each line, line by line."""
    return [plain(cell) for cell in CELL.findall(client.get(url_of(record)).content.decode())]
