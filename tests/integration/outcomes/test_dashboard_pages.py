"""The pages of the dashboards: who sees them, what they count, and that each number leads to its subjects."""

import csv
import re
from html import unescape
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outcomes.consort_page import own_sites
from outcomes.dashboards.cells import behind, cells_of, own_subjects
from outcomes.dashboards.pages import PAGES
from tests.cast import Cast, make_cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date

from .filled_study import FEVER, NEUTROPENIA, event, fill, treated

STUDY = "/dashboards/BLINA-FULL/"


@pytest.fixture
def people(cast: Cast) -> dict[str, Subject]:
    return fill(cast)


def read(client: Client, who: User, address: str, status: int = 200) -> str:
    client.force_login(who)
    answer = client.get(address)
    assert answer.status_code == status, address
    return re.sub(r"\s+", " ", answer.content.decode())


def table(client: Client, who: User, page: str, part: str, more: str = "") -> dict[str, dict[str, str]]:
    """A table as its file gives it: line → column → text."""
    client.force_login(who)
    answer = client.get(f"{STUDY}{page}/?csv={part}{more}")
    rows = list(csv.reader(StringIO(answer.content.decode("utf-8-sig"))))
    named = rows[0].index(next(head for head in rows[0] if head))
    return {row[named]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}


def counted(cast: Cast, who: User, topic: str, line: str, *levels: str) -> tuple[int, int, int]:
    """A cell: subjects, those at the own sites, how often."""
    with acting(user=who):
        cells = cells_of(cast.study, topic, own_sites(who, cast.study))
        found = cells.at(line, levels or None)
    return found.subjects, found.own, found.n


# Who


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_for_whoever_sees_figures_and_for_nobody_else(
    page: str, client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    for part, who in cast.people().items():
        expected = 404 if part == "administrator" else 200
        text = read(client, who, f"{STUDY}{page}/", expected)
        if part == "stranger":
            assert people["ann"].number not in text
            assert str(people["ann"].pk) not in text
    other = make_cast("BLINA-VEN", prefix="ven_")
    read(client, other.statistician, f"{STUDY}{page}/", 404)
    read(client, other.statistician, f"{STUDY}cells/ae/", 404)


def test_somebody_of_another_study_gets_nothing_from_the_functions(
    cast: Cast, people: dict[str, Subject]
) -> None:
    other = make_cast("BLINA-VEN", prefix="ven_")
    for who in (other.statistician, cast.administrator):
        with acting(user=who), connection.cursor() as cursor:
            for sql in (
                "SELECT * FROM study_cells(%s, 'ae', now())",
                "SELECT * FROM study_cell_values(%s, 'treated', now())",
                "SELECT * FROM study_group_times(%s, 'RFS')",
            ):
                cursor.execute(sql, [cast.study.pk])
                assert cursor.fetchall() == []


def test_an_unknown_topic_or_table_is_404(client: Client, cast: Cast, people: dict[str, Subject]) -> None:
    read(client, cast.monitor, f"{STUDY}cells/nothing/", 404)
    read(client, cast.monitor, f"{STUDY}safety/?csv=nothing", 404)


# Every number leads to its subjects


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("part", ["coordinator", "monitor"])
def test_each_cell_leads_to_as_many_subjects_as_it_says(
    page: str, part: str, client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    who = cast.people()[part]
    text = read(client, who, f"{STUDY}{page}/")
    links = set(re.findall(r'<a href="([^"]*/cells/[^"]*)" title="(\d+) at your sites">', text))
    for address, own in links:
        listed = read(client, who, unescape(address))
        assert f"Subjects at your sites: {own}" in listed, address


# Safety


@pytest.mark.parametrize(
    ("topic", "line", "levels", "wanted"),
    [
        ("ae", FEVER, (), (2, 1, 4)),
        ("ae", FEVER, ("3",), (1, 0, 2)),
        ("ae_emergent", FEVER, ("1",), (1, 0, 1)),  # the event before treatment does not count
        ("ae_emergent", FEVER, ("2",), (1, 1, 2)),
        ("ae", "", (), (3, 2, 6)),
        ("ae", "", ("4",), (1, 1, 3)),
        ("ae_serious", NEUTROPENIA, ("3",), (1, 1, 1)),
        ("ae_related", "", (), (1, 1, 1)),
        ("astct", "CRS", ("1",), (1, 1, 1)),
        ("treated", "", (), (3, 2, 3)),
    ],
)
def test_safety_is_counted_over_all_sites(
    topic: str, line: str, levels: tuple[str, ...], wanted: tuple[int, int, int],
    cast: Cast, people: dict[str, Subject],
) -> None:  # fmt: skip
    assert counted(cast, cast.coordinator, topic, line, *levels) == wanted


def test_the_table_of_terms_gives_the_worst_grade_of_each(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    lines = table(client, cast.stranger, "safety", "terms")
    assert (lines["Fever"]["Subjects"], lines["Fever"]["G2"], lines["Fever"]["G3"]) == ("2", "1", "1")
    assert lines["Fever"]["of treated"] == "66.7 %"
    emergent = table(client, cast.stranger, "safety", "terms", "&of=ae_emergent")
    assert (emergent["Fever"]["G1"], emergent["Fever"]["G3"]) == ("1", "0")


def test_behind_a_cell_stand_the_subjects_of_the_own_sites(
    client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    text = read(client, cast.coordinator, f"{STUDY}cells/ae/?line={FEVER}")
    assert "Subjects at your sites: 1 of 2" in text
    assert f"/subjects/{people['ann'].pk}/adverse-events/" in text
    assert people["cai"].number not in text
    there = read(client, cast.stranger, f"{STUDY}cells/ae/?line={FEVER}&level=3")
    assert people["cai"].number in there
    assert people["ann"].number not in there


# Many subjects


@pytest.mark.parametrize("page", [*PAGES, "cells/ae"])
def test_a_page_costs_as_many_queries_for_many_subjects_as_for_few(
    page: str, client: Client, cast: Cast, people: dict[str, Subject]
) -> None:
    def cost() -> int:
        read(client, cast.monitor, f"{STUDY}{page}/")
        with CaptureQueriesContext(connection) as caught:
            read(client, cast.monitor, f"{STUDY}{page}/")
        return len(caught)

    few = cost()
    for term in (FEVER, NEUTROPENIA, "Anemia"):
        event(cast, treated(cast, cast.here), term, 2, 5)
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    assert cost() == few


# Arms


def test_an_arm_is_shown_to_those_who_may_tell_arms_apart(db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    subject = treated_in(cast, "A")
    for part, told in (("coordinator", ""), ("statistician", "A")):
        with acting(user=cast.people()[part]):
            bring_up_to_date(Subject.objects.visible_to(cast.people()[part]))
            cells = cells_of(cast.study, "group", frozenset())
        assert {row.arm for row in cells.rows} == {told}, part
    with acting(user=cast.coordinator):
        assert behind(cast.coordinator, cast.study, "group", "sex", arm="A") == []
    with acting(user=cast.data_manager):
        found = behind(cast.data_manager, cast.study, "group", "sex", arm="A")
    assert [one.subject for one in found] == [subject]
    assert own_subjects(found) == 1


def test_a_blinded_role_cannot_ask_for_an_arm(client: Client, db: None) -> None:
    cast = make_cast("BLINA-INTENS")
    treated_in(cast, "A")
    address = "/dashboards/BLINA-INTENS/safety/?arm=A"
    assert 'aria-current="true">Arm' not in read(client, cast.coordinator, address)
    assert "arms are pooled" in read(client, cast.coordinator, address)
    assert "?arm=A" in read(client, cast.statistician, address)


def treated_in(cast: Cast, arm: str) -> Any:
    from .worked_example import day, subject_at

    return subject_at(cast, cast.here, day("2025-10-01"), cast.coordinator, arm=arm)
