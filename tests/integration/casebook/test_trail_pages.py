"""The trail on its pages and as an export: filters, paging by key, the site's clock, what prompted a change."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.cast import Cast, bare_subject
from tests.integration.assessments.entries import result
from tests.integration.casebook.test_forms import DAY, enter
from trialsite.access.models import User
from trialsite.audit import acting, because
from trialsite.audit.models import Event
from trialsite.casebook.holds import Place, place_hold, take_hold_step
from trialsite.casebook.models import Subject, Visit
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """Vital signs entered by the coordinator, corrected by the investigator, frozen a while; a blood count."""
    found = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(found, cast)
        submit_form(
            slot=Slot(found.pk, "SCR", "HEM"),
            values={"performed_on": DAY},
            rows={"results": [result("anc", "1.5", "10*9/L")]},
            by=cast.coordinator,
        )
    with acting(user=cast.investigator, prompt="check VS-01 v2"):
        enter(
            found,
            cast,
            "71",
            base_version=1,
            reason="typing error",
            by=cast.investigator,
            missing={"pulse": "NOT_DONE"},
        )
    with acting(user=cast.data_manager):
        place = Place.of_slot(found, Slot(found.pk, "SCR", "VS"))
        frozen = place_hold(place=place, kind="freeze", by=cast.data_manager)
        take_hold_step(hold_id=frozen.pk, action="unfreeze", by=cast.data_manager, reason="late result")
    return found


def visit(client: Client, who: User, url: str, **query: Any) -> Any:
    client.force_login(who)
    return client.get(url, query)


def shown(client: Client, who: User, url: str, **query: Any) -> list[tuple[str, str]]:
    """What and action of each line of a trail page."""
    return [(change.what, change.action) for change in visit(client, who, url, **query).context["changes"]]


def trail_of(subject: Subject) -> str:
    return f"/subjects/{subject.pk}/trail/"


def test_a_line_says_when_on_the_sites_clock_with_offset(
    client: Client, cast: Cast, subject: Subject
) -> None:
    answer = visit(client, cast.monitor, trail_of(subject))
    newest = answer.context["changes"][0]
    assert newest.when.endswith("+08:00")
    assert newest.when in answer.content.decode()
    assert newest.as_of.startswith("/as-of/")


def test_a_correction_shows_what_prompted_it(client: Client, cast: Cast, subject: Subject) -> None:
    page = visit(client, cast.monitor, trail_of(subject), person="investigator").content.decode()
    assert "prompted by check VS-01 v2" in page
    assert "Typing error" in page


@pytest.mark.parametrize(
    ("query", "lines"),
    [
        ({"person": "investigator"}, 1),
        ({"person": "nobody of that name"}, 0),
        ({"role": "data_manager"}, 2),  # placed and released
        ({"action": "state"}, 1),
        ({"action": "I"}, 6),  # subject, visit, vital signs, blood count, its line, hold
        ({"form": "HEM"}, 2),
        ({"form": "HEM", "item": "result"}, 1),
        ({"form": "VS"}, 4),  # entered, corrected, frozen, released
        ({"form": "VS", "item": "weight"}, 2),
        ({"form": "VS", "item": "pulse"}, 1),
        ({"form": "CHEM"}, 0),
        ({"date_from": "2000-01-01", "date_to": "2001-01-01"}, 0),
    ],
)
def test_a_subjects_trail_is_filtered(
    client: Client, cast: Cast, subject: Subject, query: dict[str, str], lines: int
) -> None:
    assert len(shown(client, cast.monitor, trail_of(subject), **query)) == lines


def test_days_are_those_of_the_sites_zone(client: Client, cast: Cast, subject: Subject) -> None:
    shanghai = (timezone.now() + timedelta(hours=8)).date()
    for day, some in (
        (shanghai, True),
        (shanghai + timedelta(days=1), False),
        (shanghai - timedelta(days=1), False),
    ):
        found = shown(client, cast.monitor, trail_of(subject), date_from=day, date_to=day)
        assert bool(found) == some


def test_the_studys_trail_is_filtered_by_place_and_subject(
    client: Client, cast: Cast, subject: Subject
) -> None:
    other = bare_subject(cast, site=cast.elsewhere)
    for query, expected in (
        ({"site": cast.here.key}, {subject.pk}),
        ({"site": cast.elsewhere.key}, {other.pk}),
        ({"subject": other.number}, {other.pk}),
        ({"study": "BLINA-FULL", "form": "VS"}, {subject.pk}),
        ({"study": "VIP-BLINA-HSCT"}, set()),
    ):
        changes = visit(client, cast.monitor, "/trail/", **query).context["changes"]
        assert {change.subject.pk for change in changes if change.subject} == expected, query
    assert cast.elsewhere.key not in str(shown(client, cast.coordinator, "/trail/", site=cast.elsewhere.key))


def test_a_forms_history_and_an_items(client: Client, cast: Cast, subject: Subject) -> None:
    url = Slot(subject.pk, "SCR", "VS").url("form-history")
    assert [what for what, _action in shown(client, cast.monitor, url)][-2:] == ["Vital signs"] * 2
    changes = visit(client, cast.monitor, url, item="weight").context["changes"]
    shown_items = [[(one.item, one.new) for one in change.items] for change in changes]
    assert shown_items == [[("weight_text", "71")], [("weight_text", "70 kg")]]


def test_a_day_that_is_none_is_refused_beside_the_filters(
    client: Client, cast: Cast, subject: Subject
) -> None:
    answer = visit(client, cast.monitor, trail_of(subject), date_from="yesterday")
    assert answer.status_code == 422
    assert "Enter a valid date." in answer.content.decode()


def test_the_trail_is_turned_by_key_without_gap_or_repeat(
    client: Client, cast: Cast, subject: Subject
) -> None:
    with acting(user=cast.coordinator):
        place = {"subject": subject, "study": cast.study, "site": cast.here}
        Visit.objects.bulk_create(Visit(key=f"V{number}", **place) for number in range(120))
    seen, query = [], {"person": "coordinator"}
    while True:
        context = visit(client, cast.monitor, trail_of(subject), **query).context
        seen += [change.what for change in context["changes"]]
        if context["older"] is None:
            break
        query["before"] = context["older"]
    assert len(seen) == len([name for name in seen if name]) == 125
    assert sum("V7" in name for name in seen) == 11


def lines_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_export_is_what_the_page_shows_one_line_an_item(
    client: Client, cast: Cast, subject: Subject
) -> None:
    address = visit(client, cast.monitor, trail_of(subject), form="VS", action="U").context["export"]
    lines = lines_of(client.get(address))
    changed = {line["item"]: (line["old"], line["new"]) for line in lines}
    assert changed["weight_text"] == ("70", "71")
    (weight,) = [line for line in lines if line["item"] == "weight_text"]
    assert (weight["user"], weight["role"], weight["site"]) == ("investigator", "investigator", cast.here.key)
    assert (weight["visit"], weight["form"], weight["person"]) == ("SCR.1", "VS.1", "Investigator")
    assert (weight["subject"], weight["reason"], weight["prompt"]) == (
        subject.number, "typing error", "check VS-01 v2",
    )  # fmt: skip
    with acting(role="system"):
        event = Event.objects.get(kind="export.csv")
    assert (event.user_id, event.details["table"], event.details["rows"]) == (
        cast.monitor.pk,
        "trail",
        2,  # the correction, and the release of the freeze
    )
    assert event.details["filters"]["form"] == "VS"


def test_a_forms_export_is_of_that_form(client: Client, cast: Cast, subject: Subject) -> None:
    url = Slot(subject.pk, "SCR", "HEM").url("form-history")
    lines = lines_of(client.get(visit(client, cast.monitor, url).context["export"]))
    assert {line["table_name"] for line in lines} == {"assessments_labreport", "assessments_labresult"}
    item = visit(client, cast.monitor, url, item="result").context["export"]
    assert {line["item"] for line in lines_of(client.get(item))} == {"result_text", "result_unit"}


def test_the_api_gives_entries_newest_first_within_the_readers_places(
    client: Client, cast: Cast, subject: Subject
) -> None:
    page = visit(client, cast.monitor, "/api/v1/trail/", page_size=3).json()
    ids = [entry["id"] for entry in page["results"]]
    assert ids == sorted(ids, reverse=True)
    assert page["next"]
    theirs = visit(client, cast.stranger, "/api/v1/trail/", page_size=1000).json()["results"]
    assert str(subject.pk) not in str(theirs)
    assert visit(client, cast.administrator, "/api/v1/trail/").status_code == 403


def test_the_number_of_queries_does_not_grow_with_the_lines(
    client: Client, cast: Cast, subject: Subject
) -> None:
    client.force_login(cast.monitor)
    counts = []
    for size in (1, 20):
        with acting(user=cast.coordinator), because("more"):
            place = {"subject": subject, "study": cast.study, "site": cast.here}
            Visit.objects.bulk_create(Visit(key=f"W{size}-{number}", **place) for number in range(size))
        client.get("/trail/")  # once a minute a request notes that the log-in is in use
        with CaptureQueriesContext(connection) as queries:
            client.get("/trail/")
        counts.append(len(queries))
    assert counts[1] <= counts[0]
