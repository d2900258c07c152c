"""Exports: what is asked for comes out whole, for its reader only, and says what it holds."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from django.test import Client
from django.utils import timezone

from assessments.models import AdverseEvent
from tests.cast import Cast
from tests.integration.test_api import token_of
from trialsite.access.models import Membership, User
from trialsite.access.services import end_role
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.errors import CheckFailed
from trialsite.exports.bundle import PARTS, Format, Lost, Making
from trialsite.exports.domain.table import Kind, Table, Variable
from trialsite.exports.domain.values import typed
from trialsite.exports.models import Export
from trialsite.exports.services import ask_for_export, make, path_of, remove_expired
from trialsite.exports.tasks import make_export

Filled = tuple[Cast, dict[str, Any]]
RAW = ["csv", "parquet", "dta", "sav"]


def made(cast: Cast, by: User | None = None, **told: Any) -> Export:
    by = by or cast.data_manager
    wanted: dict[str, Any] = {"parts": ["csv"], "profile": "identified", "purpose": "a test", "genetic": True}
    with acting(user=by):
        order = ask_for_export(study=cast.study, by=by, **{**wanted, **told})
    make_export(str(order.pk), str(by.pk))
    order.refresh_from_db()
    return order


def archive(order: Export) -> zipfile.ZipFile:
    return zipfile.ZipFile(path_of(order))


def lines(order: Export, name: str) -> list[dict[str, str]]:
    text = archive(order).read(name).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def events(kind: str) -> list[dict[str, Any]]:
    with acting(role="system"):
        return list(Event.objects.filter(kind=kind).order_by("pk").values_list("details", flat=True))


def test_every_form_comes_out_with_as_many_rows_as_the_record_has(filled: Filled) -> None:
    cast, _subjects = filled
    order = made(cast)
    assert order.state == "done", order.results
    with acting(user=cast.data_manager):
        assert len(lines(order, "raw/ae.csv")) == AdverseEvent.objects.count() == 6
    assert len(lines(order, "raw/subjects.csv")) == 3
    manifest = json.loads(archive(order).read("manifest.json"))
    assert manifest["files"]["raw/ae.csv"]["rows"] == 6
    assert manifest["purpose"] == "a test"
    assert manifest["made_for"] == cast.data_manager.username
    assert manifest["subjects"] == order.results["subjects"] == 3


def test_a_reader_of_one_site_gets_that_site(filled: Filled) -> None:
    cast, subjects = filled
    order = made(cast, by=cast.coordinator)
    numbers = {line["subject_number"] for line in lines(order, "raw/ae.csv")}
    assert numbers == {subjects["ann"].number, subjects["bo"].number}


def test_the_formats_hold_the_same_values(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    order = made(cast, parts=RAW)
    archive(order).extractall(tmp_path)
    text = lines(order, "raw/mrd-results.csv")
    parquet = pq.read_table(tmp_path / "raw/mrd-results.parquet").to_pylist()
    stata, _about = pyreadstat.read_dta(str(tmp_path / "raw/mrd-results.dta"))
    spss, about = pyreadstat.read_sav(str(tmp_path / "raw/mrd-results.sav"))
    assert len(text) == len(parquet) == len(stata) == len(spss) == 6
    told = [Decimal(line["value.canonical"]) if line["value.canonical"] else None for line in text]
    assert any(told)
    assert [row["value.canonical"] for row in parquet] == told
    for frame in (stata, spss):
        found = [None if pd.isna(one) else Decimal(str(one)) for one in frame["value_canonical"]]
        assert found == told
        assert list(frame["id"]) == [line["id"] for line in text]
    assert about.column_names_to_labels["method"]


def test_the_starter_program_of_python_reads_every_table(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    order = made(cast)
    archive(order).extractall(tmp_path)
    check = "import load; print(len(load.tables['ae']), load.tables['ae']['performed_on'].dtype.kind)"
    ran = subprocess.run(
        [sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.stdout.split() == ["6", "M"], ran.stderr


def test_chinese_comes_out_whole_with_and_without_the_mark(filled: Filled) -> None:
    cast, subjects = filled
    with acting(user=cast.coordinator):
        event = AdverseEvent.objects.filter(subject=subjects["ann"]).first()
        assert event is not None
        AdverseEvent.objects.filter(pk=event.pk).update(comment="化疗后发热，次日退热")
    for mark in (True, False):
        order = made(cast, byte_order_mark=mark)
        content = archive(order).read("raw/ae.csv")
        assert content.startswith(b"\xef\xbb\xbf") is mark
        assert "化疗后发热，次日退热" in content.decode("utf-8-sig")


def test_coded_leaves_out_free_text_and_says_so(filled: Filled) -> None:
    cast, _subjects = filled
    whole, coded = made(cast), made(cast, profile="coded", genetic=False)
    assert "comment" in lines(whole, "raw/ae.csv")[0]
    assert "comment" not in lines(coded, "raw/ae.csv")[0]
    assert "comment" in coded.results["left_out"]["items"]["ae"]
    assert not whole.results["left_out"]["items"]


def test_shifted_dates_keep_their_distance(filled: Filled) -> None:
    cast, subjects = filled
    whole, shifted = made(cast), made(cast, profile="date_shifted")

    def days(order: Export, number: str) -> list[pd.Timestamp]:
        found = [line for line in lines(order, "raw/ae.csv") if line["subject_number"] == number]
        return sorted(pd.Timestamp(line["performed_on"]) for line in found)

    number = subjects["ann"].number
    moved = [after - before for before, after in zip(days(whole, number), days(shifted, number), strict=True)]
    assert len(set(moved)) == 1
    assert moved[0] != timedelta(0)
    assert abs(moved[0]) <= timedelta(days=182)


def test_what_is_asked_for_wrongly_is_refused_by_name(filled: Filled) -> None:
    cast, _subjects = filled
    with acting(user=cast.data_manager), pytest.raises(CheckFailed) as refusal:
        ask_for_export(
            study=cast.study, parts=["csv", "tape"], profile="open", purpose=" ", by=cast.data_manager
        )
    assert refusal.value.messages.keys() == {"parts", "profile", "purpose"}
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("profile", "genetic", "gone"),
    [("identified", True, []), ("identified", False, ["GF"]), ("coded", False, ["GF", "CO"])],
)
def test_standards_are_made_under_every_profile(
    filled: Filled, profile: str, genetic: bool, gone: list[str]
) -> None:
    cast, _subjects = filled
    order = made(cast, parts=["sdtm", "adam_json"], profile=profile, genetic=genetic)
    assert order.state == "done", order.results
    names = set(order.files)
    assert {"sdtm/xpt/ae.xpt", "sdtm/xpt/dm.xpt", "adam/json/adsl.json"} <= names
    assert order.files["sdtm/xpt/dm.xpt"] == 3
    assert "sdtm/xpt/define.xml" in archive(order).namelist()
    assert order.results["left_out"]["datasets"] == gone


def test_a_lost_row_stops_the_export(tmp_path: Path, filled: Filled) -> None:
    cast, _subjects = filled
    table = Table("t", "T", (Variable("a", "A"),), lambda: iter([{"a": "1"}]), expected=lambda: 2)
    making = Making(tmp_path, None, Export(study=cast.study), lambda done, total: None)  # type: ignore[arg-type]
    how = Format("csv", lambda table, path: path.write_text("a\n1\n") and 1, lambda path: 1)
    with pytest.raises(Lost, match="the record has 2"):
        making.write(table, "t.csv", how)
    blind = Format("csv", lambda table, path: 2, lambda path: 1)
    with pytest.raises(Lost, match="1 are in the file"):
        making.write(table, "t.csv", blind)


def test_what_fails_says_why_and_leaves_no_file(filled: Filled, monkeypatch: pytest.MonkeyPatch) -> None:
    cast, _subjects = filled

    def lose(making: Any) -> None:
        raise Lost("raw/ae.csv: 5 rows were written, the record has 6.")

    monkeypatch.setitem(PARTS, "csv", PARTS["csv"].__class__("CSV", lambda making: 1, lose))
    by = cast.data_manager
    with acting(user=by):
        order = ask_for_export(study=cast.study, parts=["csv"], profile="coded", purpose="a test", by=by)
    with pytest.raises(Lost):
        make(order, by)
    order.refresh_from_db()
    assert order.state == "failed"
    assert "the record has 6" in order.results["sentence"]
    assert not path_of(order).exists()


def test_who_asked_downloads_in_parts_and_nobody_else(client: Client, filled: Filled) -> None:
    cast, _subjects = filled
    order = made(cast)
    address = f"/studies/{cast.study.key}/exports/{order.pk}/file/"
    client.force_login(cast.data_manager)
    whole = client.get(address)
    content = b"".join(whole.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == order.size
    part = client.get(address, headers={"Range": "bytes=10-19", "If-Range": whole.headers["ETag"]})
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 10-19/{order.size}"
    assert b"".join(part.streaming_content) == content[10:20]  # type: ignore[attr-defined]
    rest = client.get(address, headers={"Range": f"bytes={order.size - 5}-"})
    assert b"".join(rest.streaming_content) == content[-5:]  # type: ignore[attr-defined]
    last = client.get(address, headers={"Range": "bytes=-3"})
    assert b"".join(last.streaming_content) == content[-3:]  # type: ignore[attr-defined]
    assert client.get(address, headers={"Range": f"bytes={order.size}-"}).status_code == 416
    other = client.get(address, headers={"Range": "bytes=0-4", "If-Range": '"another"'})
    assert other.status_code == 200
    assert len(events("export.downloaded")) == 6
    for who in (cast.statistician, cast.coordinator, cast.stranger):
        client.force_login(who)
        assert client.get(address).status_code == 404


def test_an_export_is_asked_for_on_its_page_and_followed(client: Client, filled: Filled) -> None:
    cast, _subjects = filled
    client.force_login(cast.data_manager)
    page = f"/studies/{cast.study.key}/exports/"
    answer = client.post(page, {"parts": ["csv"], "profile": "coded", "purpose": "", "cut": ""})
    assert answer.status_code == 422
    assert "Say in a few words what the export is for" in answer.content.decode()
    answer = client.post(page, {"parts": ["csv"], "profile": "coded", "purpose": "interim look", "cut": ""})
    assert answer.status_code == 302
    assert "interim look" in client.get(page).content.decode()
    assert "The record as CSV</span>" in client.get(page).content.decode()
    assert 'hx-trigger="every 2s"' in client.get(page).content.decode()
    order = Export.objects.get()
    make_export(str(order.pk), str(cast.data_manager.pk))
    part = client.get(f"{page}{order.pk}/line/").content.decode()
    assert "every 2s" not in part
    assert f"{page}{order.pk}/file/" in part
    client.force_login(cast.administrator)
    assert client.get(page).status_code == 404


def test_the_api_asks_for_an_export_and_gives_its_file(client: Client, filled: Filled) -> None:
    cast, _subjects = filled
    client.force_login(cast.statistician)
    told = {"study": cast.study.key, "parts": ["csv"], "purpose": "interim look"}
    answer = client.post("/api/v1/exports/", told, content_type="application/json")
    assert answer.status_code == 202, answer.content
    where = answer.headers["Location"]
    assert client.get(where).json()["state"] == "queued"
    assert client.get(f"{where}file/").status_code == 404
    make_export(str(Export.objects.get().pk), str(cast.statistician.pk))
    done = client.get(where).json()
    assert (done["state"], done["percent"]) == ("done", 100)
    content = b"".join(client.get(done["file"]).streaming_content)  # type: ignore[attr-defined]
    assert len(content) == done["size"]
    refused = client.post("/api/v1/exports/", {**told, "cut": "none"}, content_type="application/json")
    assert refused.status_code == 400
    assert refused.json()["errors"].keys() == {"cut"}
    client.force_login(cast.stranger)
    assert client.get(where).status_code == 404
    client.force_login(cast.administrator)
    assert client.post("/api/v1/exports/", told, content_type="application/json").status_code == 403


def test_a_token_asks_for_no_more_than_it_reads_itself(client: Client, filled: Filled) -> None:
    cast, _subjects = filled
    told = {"study": cast.study.key, "parts": ["csv"], "purpose": "interim look"}

    def status(token: dict[str, str], **more: Any) -> tuple[int, set[str]]:
        answer = client.post(
            "/api/v1/exports/", {**told, **more}, content_type="application/json", headers=token
        )
        return answer.status_code, set(answer.json().get("errors") or ())

    reads = token_of(cast.statistician, scopes=["read"], profile="coded", genetic=False)
    assert status(reads)[0] == 403
    coded = token_of(cast.statistician, scopes=["export"], profile="coded", genetic=False)
    assert status(coded, profile="identified") == (400, {"profile"})
    assert status(coded, genetic=True) == (400, {"genetic"})
    assert status(coded, profile="coded")[0] == 202
    whole = made(cast, by=cast.statistician)
    assert client.get(f"/api/v1/exports/{whole.pk}/", headers=coded).status_code == 404
    listed = client.get("/api/v1/exports/", headers=coded)
    assert listed.status_code == 200
    assert str(whole.pk) not in listed.content.decode()


def test_an_export_leaves_after_its_time(filled: Filled) -> None:
    cast, _subjects = filled
    order = made(cast)
    assert remove_expired() == 0
    Export.objects.filter(pk=order.pk).update(expires_at=timezone.now())
    assert remove_expired() == 1
    assert not path_of(order).exists()
    order.refresh_from_db()
    assert order.state == "expired"


def test_who_may_no_longer_gets_nothing(filled: Filled) -> None:
    cast, _subjects = filled
    by = cast.coordinator
    with acting(user=by):
        order = ask_for_export(study=cast.study, parts=["csv"], profile="coded", purpose="a test", by=by)
    admin = cast.administrator
    with acting(user=admin):
        end_role(membership=Membership.objects.get(user=by), by=admin, reason="left the house")
    make_export(str(order.pk), str(by.pk))
    order.refresh_from_db()
    assert order.state == "failed"


@pytest.mark.parametrize(("kept", "value"), [("yes", True), ("no", False), (True, True), ("", None)])
def test_an_answer_to_an_item_of_the_trials_own_is_yes_or_no(kept: object, value: object) -> None:
    assert typed(kept, Kind.BOOLEAN) is value
