"""What changed since the last cut, by endpoint."""

from datetime import date

from outcomes.domain.cut_difference import Change, difference
from outcomes.domain.cut_rows import ENDPOINTS, Who, endpoint_row, read, until, written
from outcomes.domain.differing_lines import differing_lines, differing_values
from outcomes.domain.results import EndpointResult, Status
from trialsite.clinical.facts import ItemAddress


def row(subject: str, endpoint: str = "OS", **values: str) -> dict[str, str]:
    counted = {
        "in_set": "Y",
        "status": "CENSORED",
        "origin": "2025-01-01",
        "ended_on": "2025-03-01",
        "days": "59",
    }
    return (
        {**dict.fromkeys(ENDPOINTS, ""), "subject": subject, "endpoint": endpoint, "site": "SGH"}
        | counted
        | values
    )


def test_who_counts_now_who_no_more_and_whose_result_changed() -> None:
    earlier = [row("same"), row("dies"), row("leaves"), row("waits", in_set="N", status="NOT_IN_SET")]
    later = [
        row("same", reason="said in other words"),
        row("dies", status="EVENT", ended_on="2025-04-01", days="90", cause="1", event_type="death"),
        row("leaves", in_set="N", status="NOT_IN_SET"),
        row("waits"),
        row("comes"),
    ]
    (found,) = difference(earlier, later, ["OS"])
    assert (found.before, found.after) == (3, 4)
    assert {one.subject: one.kind for one in found.subjects} == {
        "dies": Change.CHANGED, "leaves": Change.GONE, "waits": Change.NEW, "comes": Change.NEW
    }  # fmt: skip
    dies = found.subjects[0]
    assert dies.columns == ["status", "ended_on", "days", "cause", "event_type"]
    assert (dies.old["days"], dies.new["days"]) == ("59", "90")
    assert found.count(Change.NEW) == 2


def test_endpoints_stand_apart_in_the_order_of_the_protocol() -> None:
    found = difference(
        [row("a"), row("a", "RFS")], [row("a"), row("a", "RFS", days="60")], ["RFS", "OS", "NRM"]
    )
    assert [(one.endpoint, len(one.subjects)) for one in found] == [("RFS", 1), ("OS", 0), ("NRM", 0)]


def test_a_line_says_everything_of_a_result_and_is_read_back() -> None:
    result = EndpointResult(
        "OS", True, Status.EVENT, "event", origin=date(2025, 1, 1), date=date(2025, 1, 31), days=30,
        event_type="death", cause=1, params={"event": "death", "date": "2025-01-31"},
        sources=(ItemAddress("outcomes_death", "7", "died_on"),), missing=("death",),
    )  # fmt: skip
    line = endpoint_row(Who("1", "U-1", "S-1", "SGH"), result, "Death, on “31 January”")
    assert set(line) == set(ENDPOINTS)
    assert (line["params"], line["sources"]) == ("date=2025-01-31;event=death", "outcomes_death/7/died_on")
    content = written(ENDPOINTS, [line])
    assert read(content) == [line]
    assert written(ENDPOINTS, read(content)) == content


def test_unknown_is_neither_yes_nor_no() -> None:
    result = EndpointResult("OS", None, Status.UNKNOWN, "no_cut_off")
    assert endpoint_row(Who("1", "", "", ""), result, "")["in_set"] == ""


def test_a_day_after_the_cut_off_is_not_told() -> None:
    cut_off = date(2025, 1, 31)
    assert [until(one, cut_off) for one in (None, cut_off, date(2025, 2, 1))] == ["", "2025-01-31", ""]


def test_tables_differ_by_column_and_by_whole_rows() -> None:
    before = [{"k": "1", "v": "a"}, {"k": "2", "v": "b"}]
    after = [{"k": "1", "v": "c"}, {"k": "3", "v": "d"}]
    assert differing_lines(before, after, ["k"]) == [
        ("1", "v", "a", "c"),
        ("2", "", "2, b", ""),
        ("3", "", "", "3, d"),
    ]


def test_figures_differ_by_their_path() -> None:
    before = {"OS": {"groups": [{"n": 3, "median": None}]}}
    after = {"OS": {"groups": [{"n": 4, "median": {"value": 2.5}}]}}
    assert differing_values(before, after) == [
        ("OS groups 0", "n", "3", "4"),
        ("OS groups 0", "median", "", "{'value': 2.5}"),
    ]
    assert differing_values(before, before) == []
