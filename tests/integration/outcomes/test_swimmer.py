"""The swimmer plot: who is shown to whom, in which order and with which marks; flat in the number of subjects."""

import re
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from outcomes.models import SubjectCourse
from outcomes.swimmer.drawing import swimmer_drawing
from outcomes.swimmer.page import in_order, swimmer_context
from outcomes.swimmer.reading import Bar, Event, Swimmer, swimmers_of
from tests.cast import Cast
from tests.integration.test_api import token_of
from tests.integration.treatment.subjects import DAY1, enrolled, infuse, log, start
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.clinical.partial_date import PartialDate

URL = "/dashboards/BLINA-FULL/courses/"
GRAFT = date(2026, 5, 4)
pytestmark = pytest.mark.django_db


def treated(cast: Cast, died: str = "") -> Subject:
    """Two phases, an infusion with a gap, CAR-T and a graft; with a death where a day is named."""
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO", ended_on=date(2026, 1, 18), end_reason="COMPLETED")
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(
        cast,
        subject,
        ("2026-01-19 10:00", "2026-01-23 10:00", "9", "AE"),
        ("2026-01-23 15:00", "2026-01-24 14:00", "28", "END"),
    )
    log(cast, subject, "CAR", {"step": "INFUSION", "performed_on": date(2026, 3, 2)})
    log(cast, subject, "HSCT", {"performed_on": GRAFT})
    if died:
        values = {
            "performed_on": date.fromisoformat(died),
            "died_on": PartialDate.parse(died),
            "cause": "LEUKEMIA",
        }
        log(cast, subject, "DTH", values)
    return subject


def read(cast: Cast) -> list[Swimmer]:
    with acting(user=cast.coordinator):
        found = Subject.objects.visible_to(cast.coordinator).select_related(
            "protocol_version", "site", "study"
        )
        return swimmers_of(list(found.order_by("subject_number")))


def test_a_course_holds_phases_infusions_and_events(cast: Cast) -> None:
    treated(cast, died="2026-06-30")
    (one,) = read(cast)
    assert [(bar.start, bar.end) for bar in one.phases] == [
        (DAY1, date(2026, 1, 18)),
        (date(2026, 1, 19), date(2026, 6, 30)),
    ]
    assert [(bar.start, bar.end) for bar in one.infusions] == [
        (date(2026, 1, 19), date(2026, 1, 23)),
        (date(2026, 1, 23), date(2026, 1, 24)),
    ]
    assert [event.kind for event in one.events] == ["car-t", "hsct", "death"]
    assert (one.started_on, one.grafted_on, one.died_on) == (DAY1, GRAFT, date(2026, 6, 30))
    assert (one.last, one.ongoing) == (date(2026, 6, 30), False)


def drawn(**told: Any) -> Swimmer:
    subject = Subject(subject_number=told.pop("number", "S-1"), arm=told.pop("arm", ""), enrolled_on=DAY1)
    usual: dict[str, Any] = {
        "subject": subject,
        "started_on": DAY1,
        "grafted_on": None,
        "phases": (Bar("chemotherapy", "Induction", DAY1, date(2026, 2, 8)),),
        "infusions": (),
        "events": (),
        "best": "",
        "best_words": "",
        "mrd": "",
        "mrd_words": "",
        "relapsed_on": None,
        "died_on": None,
        "last": date(2026, 4, 22),
        "ongoing": True,
    }
    return Swimmer(**usual | told)


def test_days_stand_to_scale_and_marks_differ_by_shape() -> None:
    events = (
        Event("mrd-negative", "MRD", date(2026, 2, 21)),
        Event("relapse", "Relapse", date(2026, 3, 3)),
        Event("death", "Death", date(2026, 4, 22)),
    )
    drawing = swimmer_drawing([drawn(events=events)], graft=False, months=False, width=860)
    (row,) = drawing["rows"]
    left, right = float(drawing["ticks"][0]["x"]), float(drawing["ticks"][-1]["x"])
    whole = float(drawing["ticks"][-1]["label"])
    shapes = [(mark["shape"], mark["sign"]) for mark in row["marks"]]
    assert shapes == [("ring", "−"), ("cross", ""), ("stop", "")]
    for mark, days in zip(row["marks"], (40, 50, 100), strict=True):
        assert float(mark["x"]) == pytest.approx(left + (right - left) * days / whole, abs=0.1)
    assert row["arrow"]


def test_who_has_no_graft_is_not_drawn_from_the_graft() -> None:
    with_graft = drawn(grafted_on=GRAFT, last=date(2026, 7, 1))
    drawing = swimmer_drawing([drawn(), with_graft], graft=True, months=True, width=358)
    assert len(drawing["rows"]) == 1
    assert swimmer_drawing([drawn()], graft=True, months=False, width=860)["empty"]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("", "CABD"), ("number", "ABCD"), ("arm", "DBCA"), ("outcome", "BDCA"), ("nonsense", "CABD")],
)
def test_the_rows_are_sorted_as_asked(cast: Cast, sort: str, order: str) -> None:
    told: dict[str, tuple[str, dict[str, Any]]] = {
        "A": ("2", {"died_on": date(2026, 3, 1)}),
        "B": ("1", {"ended_on": date(2026, 2, 1)}),
        "C": ("2", {"ended_on": date(2026, 4, 1), "relapsed_on": date(2026, 3, 20)}),
        "D": ("", {"ended_on": date(2026, 2, 1)}),
    }
    for number, (arm, days) in told.items():
        subject = enrolled(cast)
        with acting(user=cast.coordinator):
            bring_up_to_date(Subject.objects.filter(pk=subject.pk))
            Subject.objects.filter(pk=subject.pk).update(subject_number=number, arm=arm)
            usual = {"started_on": DAY1, "ended_on": None, "died_on": None, "relapsed_on": None}
            SubjectCourse.objects.filter(subject=subject).update(**usual | days)
    with acting(user=cast.coordinator):
        rows = in_order(Subject.objects.filter(course__isnull=False), sort)
        assert "".join(one.subject_number for one in rows) == order


def test_the_page_shows_ones_own_subjects_in_both_languages(cast: Cast, client: Client) -> None:
    subject = treated(cast, died="2026-06-30")
    client.force_login(cast.monitor)
    page = client.get(URL).content.decode()
    for words in (subject.number, "Blinatumomab ·", "<svg", "Courses of subjects", "2026-05-04"):
        assert words in page
    assert re.search(r"Died</span>\s*<span[^>]*>2026-06-30", page)
    assert " style=" not in page.split("<svg", 1)[1].split("</svg>")[0]
    with translation.override("zh-hans"):
        chinese = client.get(URL, headers={"accept-language": "zh-hans"}).content.decode()
    assert "受试者" in chinese
    client.force_login(cast.stranger)
    other = client.get(URL)
    assert other.status_code == 404 or subject.number not in other.content.decode()
    client.force_login(cast.administrator)
    assert client.get(URL).status_code in (403, 404)


def test_filters_narrow_by_what_is_recorded(cast: Cast) -> None:
    treated(cast)
    with acting(user=cast.coordinator):
        count = lambda asked: swimmer_context(cast.coordinator, cast.study, asked)["page"].paginator.count  # noqa: E731
        assert count({}) == 1
        assert count({"mrd": "NEGATIVE"}) == 0
        assert count({"mrd": "none", "response": "none"}) == 1
        assert count({"site": cast.here.key, "state": "enrolled"}) == 1
        assert count({"site": cast.elsewhere.key}) == 0


@pytest.mark.parametrize(
    ("state", "living", "dead"), [("enrolled", 1, 0), ("died", 0, 1), ("off_study", 0, 0)]
)
def test_the_dead_are_listed_as_died_and_not_as_enrolled(
    cast: Cast, client: Client, state: str, living: int, dead: int
) -> None:
    alive, gone = treated(cast), treated(cast, died="2026-06-30")
    client.force_login(cast.coordinator)
    answer = client.get(f"{URL}?state={state}")
    shown = [row["subject"].pk for row in answer.context["rows"]]
    assert (shown.count(alive.pk), shown.count(gone.pk)) == (living, dead)
    assert '<option value="died"' in answer.content.decode()
    lines = b"".join(client.get(answer.context["csv"]).streaming_content).splitlines()  # type: ignore[attr-defined]
    assert len(lines) == living + dead + 1


def test_the_table_and_its_csv_leave_out_the_same_subjects(cast: Cast, client: Client) -> None:
    treated(cast)
    client.force_login(cast.coordinator)
    for asked, count in (("mrd=NEGATIVE", 0), ("mrd=none&response=none", 1), ("state=off_study", 0)):
        answer = client.get(f"{URL}?{asked}&sort=number&page=1")
        assert answer.context["page"].paginator.count == count
        address = answer.context["csv"]
        assert address.endswith(asked.replace("mrd=none&response=none", "response=none&mrd=none"))
        lines = b"".join(client.get(address).streaming_content).splitlines()  # type: ignore[attr-defined]
        assert len(lines) == count + 1


def test_the_list_gives_the_same_and_queries_do_not_grow(cast: Cast, client: Client) -> None:
    who, counts = token_of(cast.coordinator), []
    for _ in range(2):
        treated(cast)
        with CaptureQueriesContext(connection) as queries:
            rows = client.get("/api/v1/courses/", headers=who).json()["results"]
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert rows[0]["events"] == f"car-t 2026-03-02;hsct {GRAFT}"
    assert client.get("/api/v1/courses/", headers=token_of(cast.stranger)).json()["results"] == []
    shown = []
    with acting(user=cast.coordinator):
        for more in (0, 2):
            for _ in range(more):
                treated(cast)
            found = Subject.objects.visible_to(cast.coordinator).select_related(
                "protocol_version", "site", "study"
            )
            subjects = list(found)
            with CaptureQueriesContext(connection) as queries:
                swimmers_of(subjects)
            shown.append(len(queries))
    assert shown[0] == shown[1]
