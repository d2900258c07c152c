"""The lists of doses and infusions reproduce every planned, prescribed and given figure of the treatment page."""

import csv
from datetime import date
from decimal import Decimal as D
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast
from tests.integration.test_api import token_of
from treatment.doses.services import replan_doses
from treatment.plan.page import CycleView, cycle_views
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.services import next_repeat, submit_form
from trialsite.casebook.slots import Slot

from .subjects import DAY1, enrolled, infuse, start

SECOND = date(2026, 2, 16)


def give(cast: Cast, subject: Subject, *lines: tuple[str, date, str | None, str | None, str, str]) -> None:
    rows = [
        {
            "drug": drug,
            "given_on": on,
            "prescribed": None if prescribed is None else D(prescribed),
            "given": None if given is None else D(given),
            "unit": unit,
            "reason": reason,
            "note": "",
        }
        for drug, on, prescribed, given, unit, reason in lines
    ]
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, LOG, "EX", 1, next_repeat(subject=subject, form_key="EX"))
        submit_form(
            slot=slot, values={"performed_on": lines[0][1]}, rows={"doses": rows}, by=cast.coordinator
        )


def treated(cast: Cast) -> Subject:
    """Two cycles with doses as planned, less, in grams, beside the plan and twice on a day; an infusion with a gap."""
    subject = enrolled(cast)
    start(cast, subject, "IND_CHEMO")
    second = start(cast, subject, "CONS1_HCVAD_A", SECOND, weight="71.5")
    with acting(user=cast.investigator):
        replan_doses(cycle_id=second.pk, by=cast.investigator, reason="weight again")
    give(
        cast,
        subject,
        ("VINDESINE", DAY1, "4", "2.6666", "mg", "TOX"),
        ("DEXAMETHASONE", DAY1, "0.01", "0.0096", "g", ""),
        ("ETOPOSIDE", DAY1, "33.3", "33.3", "mg", ""),
    )
    give(cast, subject, ("CYCLOPHOSPHAMIDE", SECOND, "1100", "1001.7", "mg", ""))
    give(cast, subject, ("CYCLOPHOSPHAMIDE", SECOND, "100", "100", "mg", ""))
    infuse(
        cast,
        subject,
        ("2026-01-19 10:00", "2026-01-23 10:07", "9", "AE"),
        ("2026-01-23 14:00", "2026-01-24 14:00", "28", "END"),
    )
    return subject


def rows_of(client: Client, who: User, table: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/{table}/?format=csv", headers=token_of(who))
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(text.splitlines()))


def views(cast: Cast, subject: Subject) -> list[CycleView]:
    with acting(user=cast.coordinator):
        return cycle_views(subject)


def number(text: str) -> D | None:
    return D(text) if text else None


def test_the_ledger_reproduces_every_figure_of_the_page(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    shown: list[tuple[Any, ...]] = []
    for view in views(cast, subject):
        for drug in view.drugs:
            for line in drug.lines:
                for day in range(line.first, line.last + 1):
                    given = line.given
                    shown.append(
                        (
                            str(view.cycle.pk),
                            given.drug if given else drug.drug,
                            day,
                            line.planned,
                            given.prescribed if given else None,
                            given.given if given else None,
                            line.mark.value,
                        )
                    )
    listed = [
        (
            row["cycle"],
            row["drug"],
            int(row["day"]),
            number(row["planned"]),
            number(row["prescribed"]),
            number(row["given"]),
            row["mark"],
        )
        for row in rows_of(client, cast.coordinator, "dose-ledger")
    ]
    assert len(listed) > 20
    assert sorted(listed, key=str) == sorted(
        ((c, d, n, plain(p), plain(q), plain(g), m) for c, d, n, p, q, g, m in shown), key=str
    )
    assert sum(row[5] for row in listed if row[5] and row[1] == "CYCLOPHOSPHAMIDE") == D("1101.7")


def plain(value: D | None) -> D | None:
    return None if value is None else D(f"{value.normalize():f}")


def test_differences_are_given_in_percent(cast: Cast, client: Client) -> None:
    treated(cast)
    rows = {
        (row["drug"], row["on"]): row
        for row in rows_of(client, cast.coordinator, "dose-ledger")
        if row["given"]
    }
    vindesine = rows["VINDESINE", str(DAY1)]
    assert (vindesine["given_difference_pct"], vindesine["mark"]) == ("-33.335", "DEVIATION")
    assert rows["DEXAMETHASONE", str(DAY1)]["given_difference_pct"] == "-4"


def test_the_planned_doses_hold_every_plan_with_its_working(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    rows = rows_of(client, cast.coordinator, "planned-doses")
    in_force = [row for row in rows if row["in_force"] in ("True", "true")]
    assert len(in_force) < len(rows)
    for view in views(cast, subject):
        assert view.plan is not None
        mine = [row for row in in_force if row["cycle"] == str(view.cycle.pk)]
        page = {
            (line.planned.drug, line.planned.days): line.planned.daily for line in view.drugs if line.planned
        }
        listed = {
            (row["drug"], tuple(int(day) for day in row["days"].split(";"))): number(row["daily"])
            for row in mine
        }
        assert {key: plain(value) for key, value in page.items()}.items() <= listed.items()
        assert {row["digest"] for row in mine} == {view.plan.digest}
        assert all(row["working_en"] for row in mine if row["amount"])


def test_the_stretches_add_up_to_the_infusion_of_the_page(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(
        cast,
        subject,
        ("2026-01-19 10:00", "2026-01-23 10:06", "9", "AE"),
        ("2026-01-23 14:00", "2026-01-24 14:00", "28", "END"),
    )
    (view,) = views(cast, subject)
    rows = rows_of(client, cast.coordinator, "infusion-stretches")
    assert view.infusion is not None
    assert sum(D(row["hours"]) for row in rows) == view.infusion.course.hours == D("120.1")
    assert sum(D(row["micrograms"]) for row in rows) == view.infusion.course.micrograms
    assert {row["cycle"] for row in rows} == {str(view.cycle.pk)}


def test_a_stretch_whose_hours_do_not_end_in_decimals_has_four_of_them(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    start(cast, subject, "IND_BLINA", date(2026, 1, 19))
    infuse(cast, subject, ("2026-01-19 10:00", "2026-01-19 16:10", "9", "AE"))
    (row,) = rows_of(client, cast.coordinator, "infusion-stretches")
    assert (row["hours"], row["micrograms"]) == ("6.1667", "2.3125")  # 6 h 10 min; × 9 / 24


def test_one_cycle_is_read_by_its_id_and_a_stranger_sees_none(cast: Cast, client: Client) -> None:
    subject = treated(cast)
    cycle = views(cast, subject)[0].cycle.pk
    answer = client.get(f"/api/v1/dose-ledger/{cycle}/", headers=token_of(cast.coordinator))
    assert {row["cycle"] for row in answer.json()} == {str(cycle)}
    who = token_of(cast.stranger)
    assert client.get(f"/api/v1/dose-ledger/{cycle}/", headers=who).status_code == 404
    for table in ("dose-ledger", "planned-doses", "infusion-stretches"):
        assert client.get(f"/api/v1/{table}/", headers=who).json()["results"] == []


def test_queries_do_not_grow_with_subjects(cast: Cast, client: Client) -> None:
    who = token_of(cast.coordinator)
    for table in ("dose-ledger", "planned-doses", "infusion-stretches"):
        counts = []
        for _ in range(2):
            treated(cast)
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/api/v1/{table}/", headers=who)
            counts.append(len(queries))
        assert counts[0] == counts[1], table
