"""SDTM and ADaM of synthetic subjects: variables, codes, keys, references, and the numbers of the dashboards."""

import io
import json
from collections import defaultdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import odmlib
import pyreadstat
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from lxml import etree

from outcomes.domain.survival import kaplan_meier
from outcomes.figures import Counted, figure
from outcomes.models import EndpointResult
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.demo.stories.telling import TRIALS
from trialsite.exports import raw
from trialsite.exports.adam.tables import of as adam_of
from trialsite.exports.adam.time_to_event import KINDS, parameter_codes
from trialsite.exports.define import define_xml
from trialsite.exports.domain.table import Kind, Row, Table
from trialsite.exports.extract import Extract
from trialsite.exports.sdtm.standard import dataset, term_lists
from trialsite.exports.sdtm.tables import Sdtm
from trialsite.studies.models import Study

from .test_annotations import compared
from .test_straight import both_ways, texts

SMALLEST = {
    "DM",
    "DS",
    "SV",
    "SE",
    "EX",
    "AE",
    "MH",
    "LB",
    "VS",
    "RS",
    "SUPPDM",
    "TA",
    "TE",
    "TV",
    "TI",
    "TS",
}
SCHEMAS = Path(odmlib.__file__).parent / "schemas"
DEFINE = "{http://www.cdisc.org/ns/def/v2.1}"
ODM = "{http://www.cdisc.org/ns/odm/v1.3}"


@pytest.fixture
def protocols(committed_db: str) -> None:
    run("load_protocol", "--all")


def run(*arguments: str) -> None:
    call_command(*arguments, stdout=io.StringIO(), stderr=io.StringIO())


def rows_of(tables: list[Table]) -> dict[str, list[Row]]:
    return {one.name: list(one.rows()) for one in tables}


@pytest.mark.parametrize("study", TRIALS)
def test_the_standards_of_each_trial_are_complete_and_refer_to_each_other(
    protocols: None, tmp_path: Path, study: str
) -> None:
    run("demo_data", "--study", study, "--subjects", "3", "--seed", "standards")
    reader = User.objects.get(username="statistician")
    with acting(user=reader):
        extract = Extract(Study.objects.get(key=study), reader)
        sdtm = Sdtm(extract)
        tables = sdtm.tables()
        rows = rows_of(tables)
        analysis = adam_of(sdtm)
        analyzed = rows_of(analysis)
        enrolled = {one.usubjid for one in extract.subjects if one.enrolled_on}
        everybody = {one.usubjid for one in extract.subjects}
        assert set(rows) >= SMALLEST
        assert {row["USUBJID"] for row in rows["DM"]} == everybody
        check_tables([*tables, *analysis], rows | analyzed)
        check_sdtm(tables, rows)
        check_adam(analyzed, rows, enrolled)
        check_dashboards(extract, analyzed["ADTTE"])
        assert compared(sdtm) > 500
        check_define(tables, rows, extract, "sdtm")
        check_define(analysis, analyzed, extract, "adam")
        check_raw(extract, tmp_path)
    check_files(study, tmp_path, rows)


def check_raw(extract: Extract, folder: Path) -> None:
    """Each list comes out: the server writes what Python does, and both what its serializer shows."""
    moment = timezone.now()
    with pytest.MonkeyPatch.context() as still:
        still.setattr(timezone, "now", lambda: moment)  # running infusions count up to now
        for table in raw.tables(extract):
            copied, written = both_ways(table, folder)
            rows = texts(table.rows())
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(raw, "straight", lambda *_told: None)
                assert rows == texts(table.rows()), table.name
            assert copied == written, table.name


def check_tables(tables: list[Table], rows: dict[str, list[Row]]) -> None:
    for one in tables:
        found = rows[one.name]
        assert found, one.name
        assert all(tuple(row) == one.columns for row in found)
        keys = [tuple(row[key] for key in one.keys) for row in found]
        assert len(set(keys)) == len(keys), f"{one.name}: {one.keys}"
        for variable in one.variables:
            values = [row[variable.name] for row in found]
            if variable.required:
                assert all(value not in ("", None) for value in values), f"{one.name}.{variable.name}"
            assert len(variable.label) <= 40
            texts = [value for value in values if isinstance(value, str)]
            assert all(len(text.encode()) <= 200 for text in texts)


def check_sdtm(tables: list[Table], rows: dict[str, list[Row]]) -> None:
    for one in tables:
        for variable in dataset(one.name).variables:
            assert variable.name in one.columns or variable.core == "Perm", f"{one.name}.{variable.name}"
            lists = [term_lists()[code] for code in variable.lists if code in term_lists()]
            if lists and not any(each.extensible for each in lists) and variable.name in one.columns:
                values = {row[variable.name] for row in rows[one.name]} - {""}
                assert not values - {term for each in lists for term in each.terms}, (
                    f"{one.name}.{variable.name}"
                )
    subjects = {row["USUBJID"]: row for row in rows["DM"]}
    planned = {row["VISITNUM"] for row in rows["TV"]}
    seen = {(row["USUBJID"], row["VISITNUM"]) for row in rows["SV"]}
    assert {row["VISITNUM"] for row in rows["SV"] if row["SVPRESP"]} <= planned

    @cache
    def values_by_subject(name: str, column: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for row in rows[name]:
            found[row["USUBJID"]].add(str(row[column]))
        return found

    for name, found in rows.items():
        for row in found:
            if "USUBJID" in row:
                assert row["USUBJID"] in subjects
            if row.get("VISITNUM") is not None and "USUBJID" in row:
                assert (row["USUBJID"], row["VISITNUM"]) in seen, name
            if "RDOMAIN" in row and row["IDVARVAL"]:
                parents = values_by_subject(row["RDOMAIN"], row["IDVAR"])
                assert row["IDVARVAL"] in parents[row["USUBJID"]], name
    planned_texts = {(row["IETESTCD"], row["IETEST"]) for row in rows["TI"]}
    assert {(row["IETESTCD"], row["IETEST"]) for row in rows.get("IE", ())} <= planned_texts
    for row in rows.get("EC", ()):
        assert (row["ECOCCUR"] == "Y") == (row["ECDOSE"] is not None)
    for row in rows["DM"]:
        given = [one for one in rows["EX"] if one["USUBJID"] == row["USUBJID"]]
        assert row["RFXSTDTC"] == min((one["EXSTDTC"] for one in given), default="")
        assert bool(row["ARMNRS"]) == (not row["ACTARMCD"])
        deaths = [one for one in rows["DS"] if one["USUBJID"] == row["USUBJID"] and one["DSDECOD"] == "DEATH"]
        assert [one["DSSTDTC"] for one in deaths] == ([row["DTHDTC"]] if row["DTHFL"] else [])


def check_adam(rows: dict[str, list[Row]], sdtm: dict[str, list[Row]], enrolled: set[str]) -> None:
    assert {row["USUBJID"] for row in rows["ADSL"]} == enrolled
    assert len(rows["ADSL"]) == len(enrolled)
    for name, found in rows.items():
        assert {row["USUBJID"] for row in found} <= enrolled, name
        if "PARAMCD" in found[0]:
            assert all(len(row["PARAMCD"]) <= 8 for row in found)
            assert len({(row["PARAMCD"], row["PARAM"]) for row in found}) == len(
                {row["PARAMCD"] for row in found}
            )
    for row in rows["ADTTE"]:
        assert row["AVAL"] == (row["ADT"] - row["STARTDT"]).days + 1 >= 1
        assert (row["CNSR"] == 0) == (row["EVNTTYP"] == 1)
        assert row["EVNTDESC"]
        assert bool(row["CNSDTDSC"]) == (row["CNSR"] > 0)
    sources = 0
    numbered = {
        (name, row["USUBJID"], row[f"{name}SEQ"]): row
        for name, found in sdtm.items()
        for row in found
        if f"{name}SEQ" in row and "USUBJID" in row
    }
    for row in (*rows["ADTTE"], *rows["ADRS"]):
        if row["SRCDOM"]:
            sources += 1
            assert numbered[row["SRCDOM"], row["USUBJID"], row["SRCSEQ"]][row["SRCVAR"]]
    assert sources > len(rows["ADTTE"]) / 3
    baselines = [(row["USUBJID"], row["PARAMCD"]) for row in rows["ADLB"] if row["ABLFL"] == "Y"]
    assert len(set(baselines)) == len(baselines) > 0
    changes = [row for row in rows["ADLB"] if row["CHG"] is not None]
    assert all(row["CHG"] == row["AVAL"] - row["BASE"] for row in changes)


def check_dashboards(extract: Extract, rows: list[Row]) -> None:
    """The curves drawn from ADTTE are those of the dashboards, which count the derived results."""
    codes = parameter_codes([extract.protocol])
    for plan in extract.protocol.analyses:
        if plan.kind not in KINDS:
            continue
        results = EndpointResult.objects.filter(study=extract.study, endpoint=plan.key, in_set=True)
        counted = [
            Counted(plan.key, one.arm, one.days, one.status, one.cause, one.event_type, 1) for one in results
        ]
        shown = figure(plan, counted, by_arm=False).pooled.survival if counted else None
        mine = [row for row in rows if row["PARAMCD"] == codes[plan.key]]
        time = np.array([row["AVAL"] - 1 for row in mine], dtype=np.int64)
        event = np.array([row["CNSR"] == 0 for row in mine], dtype=np.int64)
        if shown is None or not mine:
            assert not mine
            continue
        exported = kaplan_meier(time, event)
        assert exported.risk_sets.time.tolist() == shown.risk_sets.time.tolist()
        assert exported.survival.tolist() == shown.survival.tolist()


def check_define(tables: list[Table], rows: dict[str, list[Row]], extract: Extract, standard: str) -> None:
    made = define_xml(tables, extract.study.key, extract.protocol, standard, "xpt", datetime.now(UTC))
    root = etree.fromstring(made)
    [schema] = SCHEMAS.rglob("define2-1-0.xsd")
    etree.XMLSchema(etree.parse(str(schema))).assertValid(root)
    defined = {one.get("OID") for one in root.iter(f"{ODM}ItemDef", f"{ODM}CodeList", f"{ODM}MethodDef")}
    for attribute in ("ItemOID", "CodeListOID", "MethodOID"):
        assert {one.get(attribute) for one in root.iter() if one.get(attribute)} <= defined
    groups = {one.get("Name"): one for one in root.iter(f"{ODM}ItemGroupDef")}
    assert set(groups) == set(rows)
    items = {one.get("OID"): one for one in root.iter(f"{ODM}ItemDef")}
    lists = {one.get("OID"): one for one in root.iter(f"{ODM}CodeList")}
    for one in tables:
        references = groups[one.name].findall(f"{ODM}ItemRef")
        assert [items[each.get("ItemOID")].get("Name") for each in references] == list(one.columns)
        for each, variable in zip(references, one.variables, strict=True):
            values = [row[variable.name] for row in rows[one.name]]
            empty = all(value in ("", None) for value in values)
            assert (each.get(f"{DEFINE}HasNoData") == "Yes") == empty
            item = items[each.get("ItemOID")]
            listed = item.find(f"{ODM}CodeListRef")
            if listed is not None:
                coded = {one.get("CodedValue") for one in lists[listed.get("CodeListOID")]}
                assert {str(value) for value in values if value not in ("", None)} <= coded
            if variable.kind is Kind.TEXT and item.get("Length"):
                assert max(len(str(value).encode()) for value in values) <= int(item.get("Length"))


def check_files(study: str, folder: Path, rows: dict[str, list[Row]]) -> None:
    """As the command writes them: every row in SAS transport and in Dataset-JSON, and the same values read back."""
    for form in ("xpt", "json"):
        call_command(
            "export_standard",
            study,
            folder / form,
            user="statistician",
            format=form,
            ascii=True,
            stdout=io.StringIO(),
        )
        assert (folder / form / "define.xml").exists()
    for name, found in rows.items():
        read, meta = pyreadstat.read_xport(folder / "xpt" / f"{name.lower()}.xpt")
        told = json.loads((folder / "json" / f"{name.lower()}.json").read_text(encoding="utf-8"))
        assert len(read) == len(told["rows"]) == told["records"] == len(found)
        assert meta.column_names == [one["name"] for one in told["columns"]] == list(found[0])
        for column in meta.column_names:
            expected = [row[column] for row in found]
            if all(isinstance(value, str) and value.isascii() for value in expected):
                assert read[column].tolist() == expected, f"{name}.{column}"
            elif all(not isinstance(value, str) for value in expected):
                numbers = [None if value is None else float(value) for value in expected]
                assert [None if np.isnan(one) else one for one in read[column]] == numbers


def test_what_a_reader_may_not_see_is_not_exported(protocols: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no user"):
        call_command("export_standard", "BLINA-VEN", tmp_path, user="nobody")
    with acting(role="system"):
        User.objects.create_user("stranger", "a long pass phrase")
    with pytest.raises(CommandError, match="no study"):
        call_command("export_standard", "BLINA-VEN", tmp_path, user="stranger")
    assert not list(tmp_path.iterdir())
