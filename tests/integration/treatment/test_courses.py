"""Two courses of one phase as two rows, and one rule by which inbox and page ask for decisions and last days."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from treatment.plan.decisions import decide_next_phase
from treatment.plan.page import path_lines
from treatment.plan.paths import standing_of
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import WorkLine
from trialsite.casebook.selectors import work_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from .subjects import DAY1, SHANGHAI, enrolled, log, size, start


def after(days: int) -> date:
    return DAY1 + timedelta(days=days)


@pytest.fixture
def clock() -> Iterator[Any]:
    """Six in the morning of day 29 at the site: the day before in UTC."""
    with time_machine.travel(datetime(2026, 2, 9, 6, tzinfo=SHANGHAI), tick=False) as clock:
        yield clock


def to(clock: Any, days: int) -> None:
    day = after(days)
    clock.move_to(datetime(day.year, day.month, day.day, 6, tzinfo=SHANGHAI))


def page_of(client: Client, cast: Cast, subject: Subject, who: str = "investigator") -> str:
    client.force_login(cast.people()[who])
    return client.get(f"/subjects/{subject.pk}/treatment/").content.decode()


def lines(cast: Cast, kind: str, who: str = "investigator") -> list[WorkLine]:
    user = cast.people()[who]
    with acting(user=user):
        return list(work_of(user, kind=kind).lines)


def form_is_open(page: str) -> bool:
    """Whether the form that decides is unfolded."""
    (tag,) = re.findall(r'<details class="mt-3 d-print-none"( open)?>', page)
    return bool(tag)


def ended(on: int) -> dict[str, Any]:
    return {"ended_on": after(on), "end_reason": "COMPLETED"}


@pytest.fixture
def twice(cast: Cast, clock: Any) -> Subject:
    """The chemotherapy of induction given twice: the second course began two days after its plan."""
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", **ended(6))
    start(cast, subject, "IND_CHEMO", after(9), delay_reason="INFECTION")
    return subject


def test_each_course_has_its_own_row_on_the_path(cast: Cast, twice: Subject, client: Client) -> None:
    with acting(user=cast.coordinator):
        first, second, *_later = [
            one for one in path_lines(twice, standing_of(twice)) if one.step.phase.key == "IND_CHEMO"
        ]
        assert standing_of(twice).phases.count(first.step.phase) == 1
    assert first.planned is None
    assert (first.step.run.start, first.step.run.end) == (DAY1, after(6))  # type: ignore[union-attr]
    assert second.planned is not None
    assert (second.planned.on, second.planned.late) == (after(7), 2)
    assert (second.step.course, second.delay_reason) == (2, "Infection")
    assert first.cycle != second.cycle
    page = page_of(client, cast, twice)
    assert "course 2" in page
    for line in (first, second):
        assert page.count(f'href="#cycle-{line.cycle.pk}"') == 1  # type: ignore[union-attr]


def test_a_phase_decided_once_more_is_planned_beside_the_course_that_runs(cast: Cast, twice: Subject) -> None:
    with acting(user=cast.investigator):
        decide_next_phase(
            subject_id=twice.pk,
            kind="PHASE",
            chosen_phase="IND_CHEMO",
            decided_on=after(16),
            reason="No remission yet",
            by=cast.investigator,
        )
    with acting(user=cast.coordinator):
        found = [one for one in path_lines(twice, standing_of(twice)) if one.step.phase.key == "IND_CHEMO"]
    assert [one.step.state.value for one in found] == ["done", "running", "next"]
    assert found[-1].planned is not None
    assert (found[-1].planned.on, found[-1].planned.late) == (after(16), 12)


@pytest.mark.parametrize("kind", ["OFF_TREATMENT", "OTHER"])
def test_where_no_phase_was_decided_nothing_is_planned(cast: Cast, twice: Subject, kind: str) -> None:
    with acting(user=cast.investigator):
        decide_next_phase(
            subject_id=twice.pk,
            kind=kind,
            other_words="Palliative care" if kind == "OTHER" else "",
            decided_on=after(16),
            reason="Wish of the subject",
            by=cast.investigator,
        )
    with acting(user=cast.coordinator):
        found = [one.planned for one in path_lines(twice, standing_of(twice)) if one.step.run is None]
    assert found
    assert set(found) == {None}


def test_two_courses_are_two_lines_of_the_api(cast: Cast, twice: Subject, client: Client) -> None:
    client.force_login(cast.monitor)
    rows = client.get("/api/v1/phase-starts/").json()["results"]
    told = sorted(
        (row["started_on"], row["phase"], row["planned_on"], row["days_late"], row["ended_on"])
        for row in rows
    )
    assert told == [
        (str(DAY1), "IND_CHEMO", None, None, str(after(6))),
        (str(after(9)), "IND_CHEMO", str(after(7)), 2, None),
    ]
    csv = client.get(f"/api/v1/phase-starts/?subject={twice.number}&format=csv")
    text = b"".join(csv.streaming_content).decode()  # type: ignore[attr-defined]
    assert text.count("IND_CHEMO") == 2
    client.force_login(cast.stranger)
    assert client.get("/api/v1/phase-starts/").json()["results"] == []


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_another_course_asks_no_more_queries(cast: Cast, twice: Subject, client: Client) -> None:
    client.force_login(cast.monitor)
    urls = (f"/subjects/{twice.pk}/treatment/", "/api/v1/phase-starts/")
    for url in urls:
        client.get(url)  # protocols are read once a process
    before = [queries(client, url) for url in urls]
    start(cast, twice, "IND_CHEMO", after(18))
    start(cast, enrolled(cast), "IND_CHEMO")
    for url in urls:
        client.get(url)
    assert [queries(client, url) for url in urls] == before


def test_a_transplantation_is_late_against_the_day_that_the_donor_plans(
    cast: Cast, clock: Any, client: Client
) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", **ended(6))
    start(cast, subject, "HSCT", after(25))
    (row,) = [row for row in starts_of(cast, client) if row["phase"] == "HSCT"]
    assert (row["planned_on"], row["days_late"]) == (None, None)
    assert f"not before {after(7)}" in page_of(client, cast, subject)
    log(cast, subject, "DON", {"performed_on": after(3), "donor": "MSD", "conditioning_planned": after(21)})
    (row,) = [row for row in starts_of(cast, client) if row["phase"] == "HSCT"]
    assert (row["planned_on"], row["days_late"]) == (str(after(21)), 4)
    page = page_of(client, cast, subject)
    assert "not before" not in page
    assert "began 4 days later" in page


def starts_of(cast: Cast, client: Client) -> list[dict[str, Any]]:
    client.force_login(cast.monitor)
    found: list[dict[str, Any]] = client.get("/api/v1/phase-starts/").json()["results"]
    return found


@pytest.mark.parametrize(
    ("today", "last_day", "due"),
    [(3, None, False), (4, None, True), (8, None, True), (3, 3, True)],
)
def test_inbox_and_page_ask_for_a_decision_on_the_same_day(
    cast: Cast, clock: Any, client: Client, today: int, last_day: int | None, due: bool
) -> None:
    """Seven days of chemotherapy are over on day 8; what is due within three days is asked for."""
    to(clock, today)
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", **({} if last_day is None else ended(last_day)))
    page = page_of(client, cast, subject)
    assert form_is_open(page) is due
    assert (f"To be decided on {after(7)}, when this phase is over." in page) is not due
    assert [(str(one.detail), one.due) for one in lines(cast, "decide")] == (
        [("proposed: Induction: blinatumomab", after(7 if last_day is None else last_day))] if due else []
    )


@pytest.mark.parametrize(("today", "due"), [(17, False), (18, True)])
def test_an_investigator_is_asked_also_where_a_value_is_missing(
    cast: Cast, clock: Any, client: Client, today: int, due: bool
) -> None:
    to(clock, today)
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", **ended(6))
    start(cast, subject, "IND_BLINA", after(7))
    page = page_of(client, cast, subject)
    assert "Not decided yet. Missing:" in page
    assert form_is_open(page) is due
    details = [str(one.detail) for one in lines(cast, "decide")]
    assert len(details) == due
    assert all(one.startswith("missing: ") for one in details)
    with acting(user=cast.investigator):
        decide_next_phase(
            subject_id=subject.pk,
            kind="PHASE",
            chosen_phase="CONS1_HCVAD_A",
            decided_on=after(today),
            reason="Marrow reported by telephone",
            by=cast.investigator,
        )
    page = page_of(client, cast, subject)
    assert "Not decided yet" not in page
    assert "Missing: " in page
    assert not form_is_open(page)
    assert lines(cast, "decide") == []


@pytest.mark.parametrize(("today", "asked"), [(6, False), (7, True)])
def test_a_phase_that_is_over_by_its_plan_is_asked_for_its_last_day(
    cast: Cast, clock: Any, client: Client, today: int, asked: bool
) -> None:
    to(clock, today)
    subject = enrolled(cast)
    begun = start(cast, subject, "IND_CHEMO")
    found = lines(cast, "phase-end", "coordinator")
    url = Slot.of_record(begun).url() + "?edit=1"
    told = [(str(one.verb), str(one.detail), one.due, one.url) for one in found]
    name = "Induction: reduced-dose chemotherapy"
    assert told == ([("Record the last day of a phase", name, after(7), url)] if asked else [])
    assert lines(cast, "phase-end", "stranger") == []
    assert lines(cast, "phase-end", "monitor") == []
    client.force_login(cast.coordinator)
    assert client.get(url).status_code == 200


def test_the_last_days_of_several_phases_are_asked_for_one_after_the_other(cast: Cast, clock: Any) -> None:
    subject = enrolled(cast)
    first = start(cast, subject, "IND_CHEMO")
    start(cast, subject, "IND_BLINA", after(5))
    (line,) = lines(cast, "phase-end", "coordinator")
    assert (line.url, line.due) == (Slot.of_record(first).url() + "?edit=1", after(5))
    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot.of_record(first),
            values={"phase": "IND_CHEMO", "performed_on": DAY1}
            | {"height": size("170", "height"), "weight": size("70", "weight")}
            | ended(4),
            by=cast.coordinator,
            reason="Last day",
            base_version=first.version,
        )
    (line,) = lines(cast, "phase-end", "coordinator")
    assert (str(line.detail), line.due) == ("Induction: blinatumomab", after(19))
