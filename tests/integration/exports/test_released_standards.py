"""SDTM and ADaM under each profile: what stays behind, what moves, and what says so."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.integration.outcomes.filled_study import on, put
from trialsite.access.models import Profile
from trialsite.audit import acting
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity
from trialsite.exchange.profiles import WHOLE, Release, offset_days
from trialsite.exports.extract import Extract
from trialsite.exports.standards import write_standard

Filled = tuple[Cast, dict[str, Any]]
Rows = dict[str, list[dict[str, Any]]]
OTHER = "Cardiac disorders - Other, specify"
SAID = "as after her sister's wedding"


@pytest.fixture
def told(filled: Filled) -> Filled:
    """Ann said more: words, genes, MRD by sequencing, an event of which the month alone is known."""
    cast, subjects = filled
    ann = subjects["ann"]
    put(
        cast, ann, "AE", on(5), onset=PartialDate.of(on(5)), term=OTHER, specified=SAID, grade=2, comment=SAID
    )
    month = PartialDate.parse("2026-02")
    put(cast, ann, "AE", date(2026, 2, 1), onset=month, term="Nausea", grade=1)
    put(cast, ann, "DX", on(-20), "SCR", dx="BCP_ALL", kmt2a_r=True)
    value = Quantity.parse("0.02", "%", "mrd")
    rows = {"results": [{"method": "NGS_IG_TR", "qualifier": "QUANTIFIED", "value": value}]}
    put(cast, ann, "MRD", on(24), "IND_EOI2", rows, time_point="END_OF_INDUCTION", specimen="BM_FIRST_PULL")
    return cast, subjects


def read(cast: Cast, folder: Path, release: Release = WHOLE) -> tuple[Rows, str]:
    """Every row of both standards by dataset, and what define.xml says."""
    found: Rows = {}
    said = ""
    with acting(user=cast.data_manager):
        for standard in ("sdtm", "adam"):
            into = folder / standard
            into.mkdir(parents=True)
            write_standard(Extract(cast.study, cast.data_manager, release), standard, into, "json")
            for path in into.glob("*.json"):
                table = json.loads(path.read_text(encoding="utf-8"))
                names = [one["name"] for one in table["columns"]]
                found[table["name"]] = [dict(zip(names, row, strict=True)) for row in table["rows"]]
            said += (into / "define.xml").read_text(encoding="utf-8")
    return found, said


def everything(rows: Rows) -> str:
    """All values, without the names of their columns."""
    return json.dumps([list(row.values()) for found in rows.values() for row in found])


def test_identified_holds_words_and_genes(told: Filled, tmp_path: Path) -> None:
    cast, _subjects = told
    rows, define = read(cast, tmp_path)
    assert SAID in {row["AETERM"] for row in rows["AE"]}
    assert [row["COVAL"] for row in rows["CO"]] == [SAID]
    [remark] = rows["CO"]
    [about] = [row for row in rows["AE"] if row["AETERM"] == SAID]
    assert (remark["RDOMAIN"], remark["IDVAR"], remark["IDVARVAL"]) == ("AE", "AESEQ", str(about["AESEQ"]))
    assert {row["GFCAT"] for row in rows["GF"]} == {"GENETICS AT DIAGNOSIS", "MEASURABLE RESIDUAL DISEASE"}
    assert {row["KMT2AFL"] for row in rows["ADSL"]} == {"Y", ""}
    assert "left out" not in define


@pytest.mark.parametrize("profile", [Profile.CODED, Profile.DATE_SHIFTED])
def test_coded_holds_no_words(told: Filled, tmp_path: Path, profile: Profile) -> None:
    cast, _subjects = told
    rows, define = read(cast, tmp_path, Release(profile, genetic=True))
    assert SAID not in everything(rows)
    assert OTHER in {row["AETERM"] for row in rows["AE"]}
    assert "CO" not in rows
    assert "GF" in rows
    assert "free text are left out" in define
    assert "Not written for that: CO." in define


def test_without_genetic_items_there_is_no_gene(told: Filled, tmp_path: Path) -> None:
    cast, _subjects = told
    rows, define = read(cast, tmp_path, Release(Profile.IDENTIFIED, genetic=False))
    assert "GF" not in rows
    of_subjects = {name: found for name, found in rows.items() if "USUBJID" in found[0]}
    assert "KMT2A" not in everything(of_subjects)
    assert {row["RDOMAIN"] for row in rows["RELREC"]} <= {"RS", "CP", "CE", "FA"}
    assert {(row["RISKGR1"], row["KMT2AFL"]) for row in rows["ADSL"]} == {("", "")}
    assert SAID in everything(rows)
    assert "Not written for that: GF." in define


def test_shifted_dates_of_a_subject_move_together_and_days_of_study_stay(
    told: Filled, tmp_path: Path
) -> None:
    cast, subjects = told
    whole, _define = read(cast, tmp_path / "whole", Release(Profile.CODED, genetic=True))
    rows, define = read(cast, tmp_path / "shifted", Release(Profile.DATE_SHIFTED, genetic=True))
    assert set(rows) == set(whole)
    days = {one.usubjid: timedelta(days=offset_days(one.pk)) for one in subjects.values()}
    compared = 0
    for name, found in rows.items():
        for before, after in zip(whole[name], found, strict=True):
            for column, value in before.items():
                if exact(column, value) and after[column]:
                    compared += 1
                    gap = date.fromisoformat(after[column][:10]) - date.fromisoformat(value[:10])
                    assert gap == days[before["USUBJID"]], f"{name}.{column}"
                elif column.endswith("DY") and name not in ("ADAE",):
                    assert after[column] == value
    assert compared > 100
    partial = [row for row in rows["AE"] if row["AETERM"] == "Nausea"]
    middle = date(2026, 2, 14) + days[subjects["ann"].usubjid]
    assert [row["AESTDTC"] for row in partial] == [f"{middle:%Y-%m}"]
    assert [row["ASTDT"] for row in rows["ADAE"] if row["AETERM"] == "Nausea"] == [None]
    assert [row["ASTDT"] for row in whole["ADAE"] if row["AETERM"] == "Nausea"] == ["2026-02-01"]
    [started] = [row for row in rows["TS"] if row["TSPARMCD"] == "SSTDTC"]
    assert (started["TSVAL"], started["TSVALNF"]) in {("", "MSK")}
    own = whole["AE"][0]["AESPID"]
    assert own.startswith("AE.")
    assert own not in everything(rows)
    assert "moved by the same number of days" in define


def exact(column: str, value: object) -> bool:
    """Whether a value is a date known to the day."""
    dated = column.endswith(("DTC", "DT")) and isinstance(value, str) and value[:4].isdigit()
    return dated and len(str(value)) >= 10 and column != "TSVAL"
