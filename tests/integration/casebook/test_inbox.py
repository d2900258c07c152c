"""The inbox is the union of what the rooms say is to be done: nothing twice, nothing missing, for everybody."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outcomes.calls import record_attempt
from tests.cast import Cast, bare_subject
from tests.integration.treatment.subjects import enrolled, start
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Registry, Wanted, WorkLine, WorkSource, work
from trialsite.casebook.selectors import kinds_of_work, pressing, work_of
from trialsite.casebook.services import save_draft, submit_form
from trialsite.casebook.slots import Slot
from trialsite.deviations.services import report_deviation
from trialsite.review.queries import open_query, take_query_step
from trialsite.studies.models import Site

ALL = 100_000
PARTS = [
    "coordinator",
    "investigator",
    "monitor",
    "data_manager",
    "statistician",
    "inspector",
    "administrator",
    "stranger",
]


@pytest.fixture(autouse=True)
def may() -> Iterator[None]:
    """The first survival contact of somebody treated from 2026-01-12 on is over, the second to come."""
    with time_machine.travel(datetime(2026, 5, 10, 12, tzinfo=UTC), tick=False):
        yield


def told(line: WorkLine) -> tuple[str, ...]:
    """What makes a line that line."""
    return line.kind, str(line.subject_id), line.url, str(line.detail), line.study_key, line.site_key


def union(user: User, **wanted: str) -> Counter[tuple[str, ...]]:
    """What every source gives by itself."""
    asked = Wanted(ALL, **wanted)
    return Counter(told(line) for source in work.values() for line in source.lines(user, asked))


def inbox(user: User, size: int = 5, **wanted: str) -> list[WorkLine]:
    """The whole inbox, page by page."""
    found: list[WorkLine] = []
    for number in range(1, 200):
        page = work_of(user, page=number, size=size, **wanted)
        found += page.lines
        if not page.more:
            return found
    raise AssertionError("the inbox has no end")


def busy(cast: Cast) -> list[Subject]:
    """Subjects here and elsewhere with work of many kinds."""
    here, elsewhere, treated = bare_subject(cast), bare_subject(cast, site=cast.elsewhere), enrolled(cast)
    start(cast, treated, "IND_CHEMO")
    for subject, who in ((here, cast.coordinator), (elsewhere, cast.stranger)):
        slot = Slot(subject.pk, "SCR", "VS")
        with acting(user=who):
            submit_form(slot=slot, values={"performed_on": date(2026, 1, 6), "ecog": 1}, by=who)
            typed = {"general": ["NORMAL"]}
            save_draft(slot=Slot(subject.pk, "SCR", "PE"), typed=typed, base_version=0, by=who)
        with acting(user=cast.monitor):
            open_query(slot=slot, item="ecog", text="Who saw it?", by=cast.monitor)
            asked = open_query(slot=slot, item="weight", text="Measured?", by=cast.monitor)
        with acting(user=who):
            take_query_step(query_id=asked.pk, action="answer", text="Not measured.", by=who)
            report_deviation(
                subject=subject,
                kind="visit",
                weight="minor",
                evidence="Late.",
                occurred_on=date(2026, 1, 7),
                by=who,
            )
    with acting(user=cast.coordinator):
        for _ in range(3):
            attempt = {"performed_on": timezone.now().date(), "call_result": "NOT_REACHED"}
            record_attempt(subject=treated, values=attempt, by=cast.coordinator)
    return [here, elsewhere, treated]


MADE = {"draft", "query", "query-close", "deviation", "screening", "survival", "lost", "visits"}


def test_the_inbox_of_everybody_is_the_union_of_the_lists(cast: Cast) -> None:
    busy(cast)
    seen = set()
    for part in PARTS:
        user = cast.people()[part]
        with acting(user=user):
            lines = inbox(user)
            assert Counter(told(line) for line in lines) == union(user), part
        assert max(Counter(told(line) for line in lines).values(), default=1) == 1, part
        assert [pressing(line) for line in lines] == sorted(pressing(line) for line in lines), part
        seen |= {line.kind for line in lines}
    assert seen >= MADE


def test_study_site_and_kind_narrow_it_to_their_lines(cast: Cast) -> None:
    busy(cast)
    for part in ("coordinator", "monitor", "data_manager", "stranger"):
        narrows(cast, cast.people()[part])


def narrows(cast: Cast, user: User) -> None:
    sites = [cast.here.key, cast.elsewhere.key]
    with acting(user=user):
        work_of(user)  # brings up to date what the sources read
        whole = union(user)
        for site in sites:
            found = Counter(told(line) for line in inbox(user, site=site))
            assert found == Counter({line: n for line, n in whole.items() if line[5] == site})
            assert found == union(user, site=site), "a source overlooks the site: Wanted.of narrows its rows"
        for kind in kinds_of_work():
            found = Counter(told(line) for line in inbox(user, kind=kind))
            assert found == Counter({line: n for line, n in whole.items() if line[0] == kind}), kind
        assert Counter(told(line) for line in inbox(user, study="BLINA-FULL")) == whole
        assert inbox(user, study="OTHER") == []


def stub(kind: str, site: str) -> WorkSource:
    """A source of one kind with many lines, of each third without a day."""

    def lines(user: User, wanted: Wanted) -> Iterable[WorkLine]:
        days = [date(2026, 3, 1) + timedelta(days=number) for number in range(20)] + [None] * 10
        found = [
            WorkLine(kind, kind, None, f"{kind} {n}", "BLINA-FULL", site, day, day, f"/{kind}/{n}/")
            for n, day in enumerate(days)
        ]
        return found[: wanted.limit]

    return WorkSource({kind: kind}, lines)


def test_it_holds_with_lines_of_every_kind(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = kinds_of_work()
    every: Registry[WorkSource] = Registry("source of work")
    for kind in kinds:
        every.register(kind, stub(kind, cast.here.key))
    monkeypatch.setattr(work, "_entries", dict(every.items()))
    with acting(user=cast.coordinator):
        lines = inbox(cast.coordinator, size=50)
        assert Counter(told(line) for line in lines) == union(cast.coordinator)
        assert inbox(cast.coordinator, site=cast.elsewhere.key) == []
    assert len(lines) == 30 * len(kinds)
    assert {line.kind for line in lines} == set(kinds)
    assert [pressing(line) for line in lines] == sorted(pressing(line) for line in lines)


def test_the_number_of_queries_does_not_grow(cast: Cast) -> None:
    def queries() -> int:
        with acting(user=cast.coordinator):
            work_of(cast.coordinator)  # brings up to date
            with CaptureQueriesContext(connection) as found:
                work_of(cast.coordinator)
        return len(found)

    busy(cast)
    one = queries()
    for _ in range(2):
        busy(cast)
    assert queries() == one


def test_the_page_says_what_who_and_by_when(desk: Client, cast: Cast) -> None:
    here, _elsewhere, _treated = busy(cast)
    page = desk.get("/?kind=draft").content.decode()
    assert "Finish a draft" in page
    assert "Screening · Physical examination" in page
    assert here.number in page
    assert "of today" in page
    other = Site.objects.exclude(pk=cast.here.pk).first()
    assert other is not None
    assert here.number in desk.get(f"/?site={cast.here.key}").content.decode()
    assert f'value="{other.key}"' not in page  # only one's own sites are offered


def test_a_draft_stands_in_the_inbox_of_its_author_only(client: Client, cast: Cast) -> None:
    busy(cast)
    for part, number in (("coordinator", 1), ("investigator", 0), ("stranger", 1), ("data_manager", 0)):
        user = cast.people()[part]
        with acting(user=user):
            assert len(inbox(user, kind="draft")) == number, part
