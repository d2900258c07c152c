"""From every number of a dashboard to a record: number, list of subjects, page of a subject, form."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from outcomes.dashboards.pages import PAGES
from tests.cast import Cast
from tests.standing import Standing, standing
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.partial_date import PartialDate

from .filled_study import fill, on, put

STUDY = "/dashboards/BLINA-FULL/"
ADDRESSES = [
    "",
    "flow/",
    "endpoints/OS/",
    "endpoints/CRC_RATE/",
    "monitoring/",
    *(f"{name}/" for name in PAGES),
]
LISTS = re.compile(r"/dashboards/[^/]+/(cells/|flow/\w|endpoints/[^/]+/\?(counted|events|competing|day)=)")
FORM = re.compile(r'href="(/subjects/[0-9a-f-]+/slots/[^"]*)"')
PLAIN = {  # no list stands behind sums of the lines above, plans, drafts of one author, days of one subject
    "Months", "At risk", "At risk then", "Events so far", "Events of any kind so far", "Censored so far",
    "Planned", "Enrolled so far",
    "Forms begun, not submitted", "All sites", "Other sites",
    "Days", "Samples", "First on day", "Last on day",
}  # fmt: skip
NO_COUNTS = {"Day", "Days to entry"}  # a day, and a median, with the subjects behind them


@dataclass
class Number:
    """A cell of a table: what it says, where it leads, the heading above it."""

    column: str
    text: str = ""
    hrefs: list[str] = field(default_factory=list)


class Tables(HTMLParser):
    """Every cell of every table of a page, and every link of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[Number] = []
        self.links: list[str] = []
        self.heads: list[str] = []
        self.place, self.head, self.cell = 0, False, False

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = dict(attrs)
        if tag == "table":
            self.heads = []
        if tag == "tr":
            self.place = 0
        if tag in ("th", "td"):
            self.head, self.cell = tag == "th" and given.get("scope") == "col", tag == "td"
            if self.head:
                self.heads.append("")
            if self.cell:
                column = self.heads[self.place] if self.place < len(self.heads) else ""
                self.numbers.append(Number(column.strip()))
            self.place += 1
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
            if self.cell:
                self.numbers[-1].hrefs.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        if tag in ("th", "td"):
            self.head = self.cell = False

    def handle_data(self, data: str) -> None:
        if self.head:
            self.heads[-1] += data
        if self.cell:
            self.numbers[-1].text += data.strip()


def read(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer


def tables(client: Client, address: str) -> Tables:
    found = Tables()
    found.feed(read(client, address).content.decode())
    return found


def absolute(address: str, href: str) -> str:
    return address + href if href.startswith("?") else href


def listed(answer: Any) -> tuple[set[Any], int]:
    """The subjects of a list over all its pages, and how often they count together."""
    with acting(user=answer.context["user"]):
        rows = list(answer.context["page"].paginator.object_list)
    subjects = {getattr(one, "subject_id", None) or one.pk for one in rows}
    return subjects, sum(getattr(one, "n", 1) for one in rows)


def filled_with_a_death(cast: Cast) -> Cast:
    died_on = PartialDate.of(on(60))
    put(cast, fill(cast)["bo"], "DTH", on(60), died_on=died_on, cause="INFECTION")
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    return cast


standing_filled = standing(filled_with_a_death, on="standing_cast")


@pytest.fixture
def reader(client: Client, standing_filled: Standing, db: None) -> Client:
    """The monitor, who sees all sites, of a study with something on every dashboard."""
    cast: Cast = standing_filled.value()
    client.force_login(cast.monitor)
    return client


def links_of(found: Tables, address: str) -> list[str]:
    seen = {absolute(address, href).split("#")[0] for href in found.links}
    return [href for href in sorted(seen) if LISTS.search(href)]


def test_each_number_leads_to_as_many_as_it_says(reader: Client) -> None:
    wrong = []
    for page in ADDRESSES:
        for number in tables(reader, STUDY + page).numbers:
            for href in number.hrefs:
                target = absolute(STUDY + page, href).split("#")[0]
                if not LISTS.search(target) or not number.text.isdigit() or number.column in NO_COUNTS:
                    continue
                subjects, times = listed(read(reader, target))
                if int(number.text) not in (len(subjects), times):
                    wrong.append((page, number, len(subjects), times))
    assert not wrong


def test_no_number_stands_without_a_list_behind_it(reader: Client) -> None:
    bare = [
        (page, one)
        for page in ADDRESSES
        for one in tables(reader, STUDY + page).numbers
        if one.text.isdigit() and int(one.text) and not one.hrefs and one.column not in PLAIN
    ]
    assert not bare


def test_a_record_is_three_clicks_from_a_number(reader: Client) -> None:
    """The first click opens the list, the second a subject's page, the third a form."""
    formless, walked, opened = [], set(), dict[str, bool]()
    for page in ADDRESSES:
        for href in links_of(tables(reader, STUDY + page), STUDY + page):
            answer = read(reader, href)
            for subject in sorted(listed(answer)[0])[:1]:
                text = answer.content.decode()
                for one in set(re.findall(rf'href="(/subjects/{subject}/[^"#]*)', text)):
                    if one not in opened:
                        opened[one] = bool(FORM.search(read(reader, one).content.decode()))
                    walked.add(page)
                    formless += [] if opened[one] else [(href, one)]
    assert not formless
    assert set(ADDRESSES) - walked <= {"monitoring/", "failures/"}  # no rules in this protocol; nobody failed
