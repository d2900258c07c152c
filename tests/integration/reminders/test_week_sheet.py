"""The week sheet of a ward: visits, doses and samples by day, subject numbers only, one's own sites only."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assessments.domain.working_days import DayKind
from assessments.visits.site_days import record_site_days
from tests.cast import Cast, bare_subject
from tests.integration.treatment.subjects import enrolled, start
from trialsite.audit import acting
from trialsite.casebook.models import Subject


@pytest.fixture(autouse=True)
def january() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 1, 14, 9, tzinfo=ZoneInfo("Asia/Shanghai")), tick=False) as clock:
        yield clock


@pytest.fixture
def treated(cast: Cast) -> Subject:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")  # day 1 is 2026-01-12, a Monday
    return subject


def sheet(client: Client, query: str = "", language: str = "en") -> str:
    return client.get(f"/week-sheet/{query}", headers={"Accept-Language": language}).content.decode()


def test_it_tells_visits_doses_and_samples_by_day(desk: Client, treated: Subject) -> None:
    page = sheet(desk)
    assert "Monday" in page
    assert "2026-01-12 – 2026-01-18" in page
    assert treated.number in page
    assert "mg" in page
    assert "王小明" not in page
    later = sheet(desk, "?from=2026-01-26")
    assert "samples:" in later


@pytest.mark.parametrize(("hour", "monday"), [(23, "2026-01-12"), (0, "2026-01-19")])
def test_the_week_is_that_of_the_sites_day(
    client: Client, cast: Cast, january: Any, hour: int, monday: str
) -> None:
    day = 18 if hour else 19  # both are Sunday in UTC
    instant = datetime(2026, 1, day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))
    january.move_to(instant)
    client.force_login(cast.coordinator)
    page = sheet(client)
    assert f"{monday} – " in page
    assert f"As of {instant:%Y-%m-%d %H:%M} (Asia/Shanghai)" in page


def test_it_is_in_chinese(desk: Client, treated: Subject) -> None:
    page = sheet(desk, language="zh-hans")
    assert "星期一" in page
    assert "周工作单" in page


def test_of_other_sites_nothing_is_told(client: Client, cast: Cast, treated: Subject) -> None:
    client.force_login(cast.stranger)
    page = sheet(client, f"?site={cast.here.key}")
    assert treated.number not in page


def test_who_sees_no_record_sees_no_sheet(client: Client, cast: Cast) -> None:
    client.force_login(cast.administrator)
    assert client.get("/week-sheet/").status_code == 403


def test_a_study_can_be_chosen(desk: Client, treated: Subject) -> None:
    assert treated.number in sheet(desk, "?study=BLINA-FULL")
    assert treated.number in sheet(desk, "?study=NONE")  # no study of this reader: all


def test_the_number_of_queries_does_not_grow(desk: Client, cast: Cast, treated: Subject) -> None:
    def queries() -> int:
        sheet(desk)
        with CaptureQueriesContext(connection) as found:
            sheet(desk)
        return len(found)

    one = queries()
    for _ in range(3):
        start(cast, enrolled(cast), "IND_CHEMO")
        bare_subject(cast)
    assert queries() == one


def section(page: str, heading: str) -> str:
    """The part of the sheet under a heading."""
    part = page.partition(f'aria-label="{heading}"')[2]
    assert part, f"the sheet has no part {heading}"
    return part.partition("</section>")[0]


def test_what_is_late_stands_first_and_only_in_this_week(
    client: Client, cast: Cast, treated: Subject, january: Any
) -> None:
    january.move_to(datetime(2026, 1, 26, 9, tzinfo=ZoneInfo("Asia/Shanghai")))
    client.force_login(cast.coordinator)
    late = section(sheet(client), "Late")
    assert "Induction day 4" in late
    assert 'aria-label="Late"' not in sheet(client, "?from=2026-02-02")


def test_a_closed_day_is_named_and_its_visit_stands_on_the_suggested_day(
    desk: Client, cast: Cast, treated: Subject
) -> None:
    """Induction day 4 is Thursday 15, one day either side; the ward is closed on that day."""
    assert "Induction day 4" in section(sheet(desk), "2026-01-15")
    with acting(user=cast.coordinator):
        record_site_days(
            study=cast.study,
            site=cast.here,
            kind=DayKind.CLOSED,
            first=date(2026, 1, 15),
            last=date(2026, 1, 15),
            reason="water main",
            by=cast.coordinator,
        )
    closed = section(sheet(desk), "2026-01-15")
    assert "water main" in closed
    assert "Induction day 4" not in closed
    assert any("Induction day 4" in section(sheet(desk), day) for day in ("2026-01-14", "2026-01-16"))
