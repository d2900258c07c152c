"""The infusion of a cycle on its page, in inbox, week, calendar and alerts: bags, premedication, advice, flushes."""

from datetime import date, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from assessments.visits.feeds import written_feed
from tests.cast import Cast
from tests.integration.test_api import token_of
from treatment.alerts import infusion_alerts
from treatment.domain.modification import Action, Followed
from treatment.domain.premedication import Standing
from treatment.infusion.advice import advice_not_followed, advised
from treatment.infusion.courses import courses_of, premedication_answers, premedication_of
from treatment.infusion.ledger import ledgers_of
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import CasebookRecord, Subject
from trialsite.casebook.registries import DaySpan, Week, calendar_lines, week_lines
from trialsite.casebook.selectors import work_of
from trialsite.clinical.partial_date import PartialDate
from trialsite.review.models import Query

from .subjects import SHANGHAI, at, enrolled, log, start

DAY1 = date(2026, 1, 19)
Stretch = tuple[str, str, str, str]
HELD: tuple[Stretch, ...] = (
    ("2026-01-19 10:00", "2026-01-26 10:00", "9", "BAG_CHANGE"),
    ("2026-01-26 10:00", "2026-01-28 08:00", "28", "AE"),
)


def run(
    cast: Cast,
    subject: Subject,
    *stretches: Stretch,
    premedication: tuple[tuple[str, str | None, str | None], ...] = (),
    bag: str = "",
    **values: Any,
) -> CasebookRecord:
    """A record of stretches (start, stop, rate, why) and premedication (drug, mg, when) in Shanghai time."""
    lines = [
        {
            "start": at(first),
            "stop": at(last) if last else None,
            "rate": D(rate),
            "stop_reason": why,
            "bag": bag,
        }
        for first, last, rate, why in stretches
    ]
    before = [
        {"drug": drug, "dose": D(mg) if mg else None, "given_at": at(when) if when else None}
        for drug, mg, when in premedication
    ]
    rows = {"segments": lines, "premedication": before}
    return log(cast, subject, "BLI", {"performed_on": at(stretches[0][0]).date()} | values, rows)


def treated(cast: Cast, phase: str = "IND_BLINA", on: date = DAY1, **more: Any) -> Subject:
    subject = enrolled(cast)
    start(cast, subject, phase, on, **more)
    return subject


def event(
    cast: Cast, subject: Subject, term: str, *track: tuple[str, int], stop: str = "", **values: Any
) -> CasebookRecord:
    """An adverse event with its grades by day."""
    onset = PartialDate.parse(track[0][0])
    lines = [{"since": PartialDate.parse(day), "grade": grade} for day, grade in track]
    given = {"term": term, "onset": onset, "stop": PartialDate.parse(stop) if stop else None} | values
    return log(cast, subject, "AE", {"performed_on": onset.earliest} | given, {"track": lines})


def crs(cast: Cast, subject: Subject, day: str, grade: int | None) -> CasebookRecord:
    return log(cast, subject, "CRS", {"performed_on": date.fromisoformat(day), "ctcae_grade": grade})


def page_of(client: Client, cast: Cast, subject: Subject, who: str = "coordinator") -> Any:
    client.force_login(cast.people()[who])
    return client.get(f"/subjects/{subject.pk}/treatment/")


def hours_ago(hours: float) -> str:
    moment = timezone.now().astimezone(SHANGHAI) - timedelta(hours=hours)
    return moment.strftime("%Y-%m-%d %H:%M")


def test_neurotoxicity_grade_3_holds_and_says_when_it_may_go_on(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    event(cast, subject, "Encephalopathy", ("2026-01-28", 3), ("2026-01-29", 1))
    with acting(user=cast.coordinator):
        (one,) = advised(subject)
        (alert,) = infusion_alerts(subject)
    assert (one.advice.action, one.advice.row, one.stands) == (Action.INTERRUPT, "B5", True)
    assert one.outcome.followed is Followed.OPEN
    said = "earliest restart 2026-01-31 08:00 at 9 µg/day; earliest escalation 2026-02-07 08:00 to 28 µg/day"
    assert said in alert
    assert "(B5)" in alert
    page = page_of(client, cast, subject).content.decode()
    assert "Advice on adverse events" in page
    assert said in page
    assert "Dashed behind: as planned." in page
    client.cookies["django_language"] = "zh-hans"
    with translation.override("zh-hans"), acting(user=cast.coordinator):
        (in_chinese,) = infusion_alerts(subject)
    assert "最早重启" in in_chinese
    assert "B5" in in_chinese


def test_a_grade_that_nobody_entered_is_hold_and_query_never_go_on(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    crs(cast, subject, "2026-01-20", None)
    with acting(user=cast.coordinator):
        (one,) = advised(subject)
        (alert,) = infusion_alerts(subject)
    assert (one.advice.action, one.advice.row, one.stands) == (Action.QUERY, "B1–B3", True)
    assert "CTCAE grade not entered" in alert
    assert "hold and query" in page_of(client, cast, subject).content.decode()


def test_forms_of_a_day_and_the_event_are_one_and_the_worse_grade_counts(cast: Cast) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    crs(cast, subject, "2026-01-20", 1)
    crs(cast, subject, "2026-01-21", None)
    crs(cast, subject, "2026-01-22", 0)
    event(cast, subject, "Cytokine release syndrome", ("2026-01-20", 2), stop="2026-01-22")
    with acting(user=cast.coordinator):
        (one,) = advised(subject)
    assert (one.advice.action, one.advice.row, one.episode.grade) == (Action.WATCH, "B1", 2)
    assert len(one.episode.sources) == 4


@pytest.mark.parametrize(
    ("restart", "rate", "followed"),
    [
        ("2026-01-31 08:00", "9", Followed.YES),
        ("2026-01-30 08:00", "9", Followed.NO),
        ("2026-01-31 08:00", "28", Followed.NO),
    ],
)
def test_after_the_restart_it_says_whether_the_advice_was_followed(
    cast: Cast, restart: str, rate: str, followed: Followed
) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    event(cast, subject, "Encephalopathy", ("2026-01-28", 3), ("2026-01-29", 1))
    run(cast, subject, (restart, "2026-02-02 08:00", rate, "END"))
    with acting(user=cast.coordinator):
        (one,) = advised(subject)
        assert (one.outcome.followed, one.stands) == (followed, False)
        assert bool(advice_not_followed(subject)) is (followed is Followed.NO)
        assert list(infusion_alerts(subject)) == []


def test_the_second_seizure_stops_for_good(cast: Cast) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    for day in ("2026-01-20", "2026-01-28"):
        event(cast, subject, "Seizure", (day, 1), stop=day)
    with acting(user=cast.coordinator):
        first, second = advised(subject)
    assert (first.advice.action, second.advice.action) == (Action.INTERRUPT, Action.STOP)


@pytest.mark.parametrize(
    ("term", "cause", "rows"),
    [
        ("Pancreatitis", "", ["B7"]),
        ("Pancreatitis", "RELATED", ["B7"]),
        ("Pancreatitis", "UNLIKELY", []),
        ("Pancreatitis", "NOT_RELATED", []),
        ("Neutrophil count decreased", "RELATED", []),
    ],
)
def test_other_events_of_grade_3_count_unless_they_have_another_cause(
    cast: Cast, term: str, cause: str, rows: list[str]
) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    event(cast, subject, term, ("2026-01-28", 3), cause_blinatumomab=cause)
    event(cast, subject, term, ("2026-02-20", 3), cause_blinatumomab=cause)  # after the infusion
    with acting(user=cast.coordinator):
        assert [one.advice.row for one in advised(subject)] == rows


def test_premedication_of_each_start_is_given_missing_or_not_known(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(
        cast,
        subject,
        HELD[0],
        premedication=(("DEXAMETHASONE", "20", "2026-01-19 09:00"),),
        premedication_listed=True,
    )
    run(cast, subject, HELD[1], premedication_listed=True)
    run(cast, subject, ("2026-01-28 12:00", "2026-01-29 08:00", "28", "END"))
    with acting(user=cast.coordinator):
        (course,) = courses_of(subject)
        found = premedication_answers(course, premedication_of(subject), 40)
    assert [one.standing for one in found] == [Standing.GIVEN, Standing.MISSING, Standing.UNKNOWN]
    page = page_of(client, cast, subject).content.decode()
    assert "Restart after 4 hours or more" in page
    assert "Dexamethasone 20 mg" in page
    assert (
        "Premedication: given 01-19 09:00" in page
    )  # when it was given, in the site's time, not the start of the pump
    assert "1. Premedication: given · 2026-01-19 09:00" in page


@pytest.mark.parametrize(
    ("line", "item"),
    [
        (("DEXAMETHASONE", "0", "2026-01-19 09:00"), "premedication.0.dose"),
        (("DEXAMETHASONE", "20", "2099-01-19 09:00"), "premedication.0.given_at"),
    ],
)
def test_premedication_that_cannot_be_is_refused(
    cast: Cast, line: tuple[str, str | None, str | None], item: str
) -> None:
    subject = treated(cast)
    with pytest.raises(CheckFailed) as refusal:
        run(cast, subject, HELD[0], premedication=(line,))
    assert item in refusal.value.messages


def test_a_rate_other_than_planned_is_asked_about(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    record = run(cast, subject, ("2026-01-19 10:00", "2026-01-20 10:00", "28", "END"))
    (query,) = queries_of(cast, record)
    assert "Planned on this day: 9 µg/day" in query
    fine = treated(cast)
    assert queries_of(cast, run(cast, fine, HELD[0])) == []
    assert "planned 9" in page_of(client, cast, subject).content.decode()


def queries_of(cast: Cast, record: CasebookRecord) -> list[str]:
    """What is asked about a form, in English."""
    with acting(user=cast.coordinator):
        return [one.text_en for one in Query.objects.filter(subject=record.subject)]


def test_the_change_of_a_bag_stands_in_inbox_week_calendar_and_feed(cast: Cast, client: Client) -> None:
    began = timezone.now().astimezone(SHANGHAI) - timedelta(hours=50)
    subject = treated(cast, on=began.date())
    run(cast, subject, (hours_ago(50), "", "9", ""), bag="72H")
    due = (began + timedelta(hours=72)).replace(second=0, microsecond=0)
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="bag").lines
        week = Week(due.date() - timedelta(days=due.weekday()), subject.site_id)
        (of_week,) = week_lines["bags"](cast.coordinator, week)
        (entry,) = calendar_lines["bags"](cast.coordinator, DaySpan(due.date(), due.date()))
        nothing = list(calendar_lines["bags"](cast.coordinator, DaySpan(date(2026, 1, 1), date(2026, 1, 2))))
        feed = written_feed(cast.coordinator).decode()
    assert (line.due, line.subject_number) == (due.date(), subject.number)
    assert f"due {due:%H:%M}" in line.detail
    assert (of_week.day, entry.day, nothing) == (due.date(), due.date(), [])
    assert f"Bag change {due:%H:%M}" in feed
    assert f"Bag change {due:%H:%M}" in client_page(client, cast, f"/calendar/?view=day&from={due.date()}")
    (ledger,) = ledgers_in(cast, subject)
    assert ledger.changes[0] == due
    with acting(user=cast.stranger):
        assert work_of(cast.stranger, kind="bag").lines == []
        assert list(calendar_lines["bags"](cast.stranger, DaySpan(due.date(), due.date()))) == []


def test_the_legend_tells_three_changes_of_bags_and_folds_the_others_away(cast: Cast, client: Client) -> None:
    began = timezone.now().astimezone(SHANGHAI) - timedelta(hours=10)
    subject = treated(cast, on=began.date())
    run(cast, subject, (hours_ago(10), "", "9", ""), bag="24H")
    (ledger,) = ledgers_in(cast, subject)
    told, later = ledger.legend
    bags = [one for one in told if one.kind == "bag"]
    assert [one.at for one in bags] == list(ledger.changes[:3])
    assert [one.at for one in later] == list(ledger.changes[3:])
    page = page_of(client, cast, subject).content.decode()
    assert f"{len(later)} more changes of bags</summary>" in page


def test_hours_and_micrograms_have_one_decimal_at_most(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(cast, subject, ("2026-01-19 10:00", "2026-01-19 11:50", "9", "END"))
    page = page_of(client, cast, subject).content.decode().partition("Blinatumomab infusion")[2]
    course = page.partition("</section>")[0]
    assert "1.8 h" in course
    assert "0.7 µg" in course
    assert "1.83" not in course
    assert "0.69" not in course


def test_a_bag_is_late_as_soon_as_its_hour_has_passed(cast: Cast) -> None:
    began = timezone.now().astimezone(SHANGHAI) - timedelta(hours=75, minutes=30)
    subject = treated(cast, on=began.date())
    run(cast, subject, (hours_ago(75.5), "", "9", ""), bag="72H")
    with acting(user=cast.coordinator):
        (line,) = work_of(cast.coordinator, kind="bag").lines
    assert (line.standing, str(line.standing_words)) == ("late", "3 h late")


@pytest.mark.parametrize(("hours", "shown"), [(35, 0), (37, 1), (80, 1)])
def test_a_change_of_bags_is_asked_for_from_a_day_and_a_half_before(
    cast: Cast, hours: float, shown: int
) -> None:
    began = timezone.now().astimezone(SHANGHAI) - timedelta(hours=hours)
    subject = treated(cast, on=began.date())
    run(cast, subject, (hours_ago(hours), "", "9", ""), bag="72H")
    with acting(user=cast.coordinator):
        assert len(work_of(cast.coordinator, kind="bag").lines) == shown


def client_page(client: Client, cast: Cast, address: str) -> str:
    client.force_login(cast.coordinator)
    return client.get(address).content.decode()


def ledgers_in(cast: Cast, subject: Subject) -> list[Any]:
    with acting(user=cast.coordinator):
        return list(ledgers_of(subject).values())


def test_a_flushed_line_is_asked_for_until_the_event_is_entered(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(cast, subject, HELD[0], line_flushed=True)
    with acting(user=cast.coordinator):
        assert len(work_of(cast.coordinator, kind="flushed").lines) == 1
        (alert,) = infusion_alerts(subject)
    assert "flushed" in alert
    assert "The line was flushed: an overdose." in page_of(client, cast, subject).content.decode()
    values = {"special_interest": "MEDICATION_ERROR", "specified": "line flushed"}
    event(
        cast,
        subject,
        "Injury, poisoning and procedural complications - Other, specify",
        ("2026-01-20", 1),
        **values,
    )
    with acting(user=cast.coordinator):
        assert work_of(cast.coordinator, kind="flushed").lines == []
        assert list(infusion_alerts(subject)) == []


def test_the_ledger_says_class_hospital_and_sums(cast: Cast, client: Client) -> None:
    subject = treated(cast, height="150", weight="40")
    run(cast, subject, ("2026-01-19 10:00", "2026-01-26 10:00", "6.45", "END"))
    (ledger,) = ledgers_in(cast, subject)
    assert ledger.weight_class == "by body surface, below 45 kg"
    assert ledger.hospital == (DAY1, DAY1 + timedelta(days=8))
    assert (ledger.course.micrograms, ledger.planned_micrograms) == (D("45.15"), D("180.60"))
    assert "2026-01-19 – 2026-01-27" in page_of(client, cast, subject).content.decode()


def test_the_list_of_courses_is_the_sum_of_their_stretches(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD, ("2026-01-28 12:00", "2026-01-29 12:00", "28", "END"))
    answer = client.get("/api/v1/infusion-courses/", headers=token_of(cast.coordinator))
    (row,) = answer.json()["results"]
    lines = client.get("/api/v1/forms/BLI/segments/", headers=token_of(cast.coordinator)).json()["results"]
    hours = [
        (datetime.fromisoformat(one["stop"]) - datetime.fromisoformat(one["start"])) / timedelta(hours=1)
        for one in lines
    ]
    assert float(row["hours"]) == pytest.approx(sum(hours))
    given = sum(each * float(one["rate"]) / 24 for each, one in zip(hours, lines, strict=True))
    assert float(row["micrograms"]) == pytest.approx(given, abs=1e-3)
    assert (row["planned_days"], row["planned_micrograms"], row["course"]) == (14, "259", 1)
    assert (row["gaps"], row["supervised_restarts"], row["gap_hours"]) == (1, 1, "4")
    assert (row["running"], row["next_bag_change"]) == (False, None)
    strange = client.get("/api/v1/infusion-courses/", headers=token_of(cast.stranger))
    assert strange.json()["results"] == []


def test_another_sites_staff_does_not_find_the_page(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    assert page_of(client, cast, subject, "stranger").status_code == 404


def test_the_number_of_queries_of_the_page_does_not_grow_with_stretches_and_events(
    cast: Cast, client: Client
) -> None:
    subject = treated(cast)
    run(cast, subject, *HELD)
    event(cast, subject, "Seizure", ("2026-01-20", 1), stop="2026-01-20")
    page_of(client, cast, subject)
    with CaptureQueriesContext(
        connection,
    ) as before:
        page_of(client, cast, subject)
    run(cast, subject, ("2026-01-30 12:00", "2026-01-31 12:00", "28", "PUMP"))
    run(cast, subject, ("2026-01-31 18:00", "2026-02-01 12:00", "28", "END"))
    event(cast, subject, "Seizure", ("2026-01-28", 1), stop="2026-01-28")
    event(cast, subject, "Pancreatitis", ("2026-01-30", 3))
    page_of(client, cast, subject)
    with CaptureQueriesContext(connection) as after:
        page_of(client, cast, subject)
    assert len(after) <= len(before)


@pytest.mark.parametrize(
    ("action", "term", "asked"), [("NONE", "Seizure", True), ("INTERRUPTED", "Seizure", False)]
)
def test_an_action_against_the_advice_is_asked_about_and_stands_in_its_row(
    cast: Cast, client: Client, action: str, term: str, asked: bool
) -> None:
    subject = treated(cast)
    run(cast, subject, HELD[0])
    record = event(cast, subject, term, ("2026-01-20", 3), action_blinatumomab=action)
    said = "Advised for this event: hold (B4). Is “None” right?"
    assert (said in queries_of(cast, record)) is asked
    page = page_of(client, cast, subject).content.decode()
    assert ("recorded action with blinatumomab: none" in page.lower()) is asked
