"""`manage.py survival`: the published trial of 6-MP through a file, and what a file cannot hold."""

import io
import json
import re
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.reference.test_published_estimates import MERCAPTOPURINE, PLACEBO, weeks

HEAD = "id,time,status,group\n"


@pytest.fixture
def freireich(tmp_path: Path) -> Path:
    lines = [
        (arm, time, status)
        for arm, told in (("6-MP", MERCAPTOPURINE), ("placebo", PLACEBO))
        for time, status in zip(*weeks(told), strict=True)
    ]
    file = tmp_path / "freireich.csv"
    rows = [f"{number},{time},{status},{arm}" for number, (arm, time, status) in enumerate(lines, 1)]
    file.write_text(HEAD + "\n".join(rows), encoding="utf-8-sig")
    return file


def told(file: Path, **options: object) -> str:
    out = io.StringIO()
    call_command("survival", str(file), stdout=out, **options)
    return out.getvalue()


def test_the_trial_of_6_mp_as_published(freireich: Path) -> None:
    report = json.loads(told(freireich, json=True, at="10,23"))
    assert report["km"]["group=6-MP"]["at"]["surv"] == pytest.approx([0.753, 0.448], abs=5e-4)
    assert (report["km"]["group=placebo"]["median"]["estimate"], report["km"]["overall"]["n"]) == (8, 42)
    assert report["logrank"]["unstratified"]["chi2"] == pytest.approx(16.79, abs=5e-3)
    assert report["cox"]["efron"]["coef"] == pytest.approx([1.5721], abs=5e-5)
    assert report["cox"]["breslow"]["hr"] == pytest.approx([4.523], abs=5e-4)
    assert report["cox"]["efron"]["coefficients"] == ["group=placebo"]


def test_the_figures_to_read(freireich: Path) -> None:
    lines = told(freireich, at="10").splitlines()
    assert "group=6-MP: 21 subjects, 9 events, last day 35" in lines
    assert any(line.startswith("log-rank, unstratified: chi2 16.79") for line in lines)
    assert any(line.startswith("Cox, efron, group=placebo: HR 4.81") for line in lines)


def test_an_arm_without_events_is_not_estimable_and_the_others_are(tmp_path: Path) -> None:
    file = tmp_path / "arms.csv"
    file.write_text(HEAD + "1,5,1,A\n2,9,0,A\n3,7,1,B\n4,3,1,B\n5,8,0,C\n6,6,0,C\n", encoding="utf-8")
    model = json.loads(told(file, json=True))["cox"]["efron"]
    assert model["coefficients"] == ["group=B", "group=C"]
    assert model["coef"][0] == pytest.approx(0.9624, abs=0.5)
    assert model["coef"][1] is None


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        ("id,time\n1,5\n", {}, "has no column status. Its columns: id, time."),
        (HEAD, {}, "has no rows"),
        (HEAD + "1,-1,1,A\n", {}, "line 2, column time: “-1” is not a number of days, 0 or more."),
        (HEAD + "1,5,1,A\n2,,0,A\n", {}, "line 3, column time: “” is not a number of days"),
        (HEAD + "1,5,0.5,A\n", {}, "column status: “0.5” is not 0 or the whole number of a cause."),
        (HEAD + "1,5,1\n", {}, "column group: “” is not a word or number."),
        (HEAD + "1,5,1,A\n", {"covariates": "age"}, "has no column age"),
        (HEAD + "1,5,1,A\n", {"at": "1;2"}, "--at takes times in days, separated by commas"),
        (HEAD + "1,5,1,A\n", {"tau": -1.0}, "--tau is a time after the origin"),
    ],
)
def test_what_cannot_be_is_named_by_line_and_column(
    tmp_path: Path, content: str, options: dict[str, object], said: str
) -> None:
    file = tmp_path / "data.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(CommandError, match=re.escape(said)):
        told(file, **options)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="could not be read"):
        told(tmp_path / "nothing.csv")
