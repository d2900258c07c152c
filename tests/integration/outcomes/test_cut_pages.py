"""The pages of data cuts: taken, followed, downloaded and compared, by whoever may."""

import csv
import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from outcomes.models import CutRun, DataCut
from outcomes.snapshots.tasks import work_on_cut
from tests.cast import Cast
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Event
from trialsite.casebook.models import Subject

from .test_cuts import cut_of, two_arms  # noqa: F401
from .worked_example import CUT_OFF, died, relapsed

CUTS = "/dashboards/VIP-BLINA-HSCT/cuts/"


def page(client: Client, who: User, address: str = CUTS, status: int = 200) -> str:
    client.force_login(who)
    answer = client.get(address)
    assert answer.status_code == status, answer.content
    return re.sub(r"\s+", " ", answer.content.decode())


def events(kind: str) -> list[dict[str, Any]]:
    with acting(role="system"):
        return list(Event.objects.filter(kind=kind).order_by("pk").values_list("details", flat=True))


def test_a_cut_is_taken_on_its_page_and_followed_until_its_files_are_there(
    client: Client, hsct_cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    handed: list[tuple] = []
    monkeypatch.setattr(
        "outcomes.snapshots.services.handed_over", lambda task, *given: handed.append(given) or True
    )
    client.force_login(hsct_cast.data_manager)
    assert "Take a data cut" in client.get(CUTS).content.decode()
    told = {"name": "DSMB-1", "cut_off": CUT_OFF.isoformat(), "reason": "first meeting"}
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"{CUTS}new/", told)
    cut = DataCut.objects.get()
    assert answer.url == f"{CUTS}{cut.pk}/"
    assert handed == [(CutRun.objects.get().pk, hsct_cast.data_manager.pk)]
    text = page(client, hsct_cast.data_manager, answer.url)
    assert 'hx-trigger="every 3s"' in text
    assert "queued" in text
    part = client.get(f"{answer.url}job/")
    assert "HX-Refresh" not in part.headers
    work_on_cut(*map(str, handed[0]))
    part = client.get(f"{answer.url}job/")
    assert part.headers["HX-Refresh"] == "true"
    text = page(client, hsct_cast.data_manager, answer.url)
    assert "endpoints.csv" in text
    assert "every 3s" not in text
    assert f"Data cut DSMB-1, cut-off {CUT_OFF}, taken " in text
    assert cut.release in text


def test_a_refusal_stands_beside_its_field_and_nothing_typed_is_lost(client: Client, hsct_cast: Cast) -> None:
    client.force_login(hsct_cast.statistician)
    answer = client.post(f"{CUTS}new/", {"name": "DSMB-9", "cut_off": "soon", "reason": "the ninth"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Write the date as year, month, day" in text
    assert 'value="DSMB-9"' in text
    assert 'value="the ninth"' in text
    answer = client.post(f"{CUTS}new/", {"name": "", "cut_off": "2999-01-01", "reason": "the ninth"})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Give the cut a name." in text
    assert "This day has not come yet." in text
    assert not DataCut.objects.exists()


def test_who_takes_no_cuts_reads_them_and_a_stranger_to_the_study_gets_404(
    client: Client, hsct_cast: Cast
) -> None:
    cut = cut_of(hsct_cast)
    text = page(client, hsct_cast.investigator)
    assert "DSMB-1" in text
    assert "Take a data cut" not in text
    page(client, hsct_cast.investigator, f"{CUTS}new/", 403)
    assert "Check again" not in page(client, hsct_cast.investigator, f"{CUTS}{cut.pk}/")
    client.force_login(hsct_cast.investigator)
    assert client.post(f"{CUTS}{cut.pk}/job/", {"work": "check"}).status_code == 403
    for address in (CUTS, f"{CUTS}new/", f"{CUTS}{cut.pk}/", f"{CUTS}{cut.pk}/job/"):
        page(client, hsct_cast.administrator, address, 404)


def test_a_file_is_the_bytes_of_its_digest_and_its_download_an_event(client: Client, hsct_cast: Cast) -> None:
    cut = cut_of(hsct_cast)
    file = cut.files.get(name="endpoints.csv")
    address = f"{CUTS}{cut.pk}/files/{file.pk}/"
    client.force_login(hsct_cast.statistician)
    answer = client.get(address)
    assert len(answer.content) == file.size
    assert "VIP-BLINA-HSCT-DSMB-1-endpoints.csv" in answer.headers["Content-Disposition"]
    api = client.get(f"/api/v1/data-cuts/{cut.pk}/files/endpoints.csv/")
    assert api.content == answer.content
    told = {"cut": str(cut.pk), "file": "endpoints.csv", "sha256": file.sha256}
    assert events("export.cut") == [told, told]
    for who in (hsct_cast.coordinator, hsct_cast.inspector):
        page(client, who, address, 403)
        assert client.get(f"/api/v1/data-cuts/{cut.pk}/files/endpoints.csv/").status_code == 403
    assert len(events("export.cut")) == 2


def test_the_api_lists_cuts_with_the_digests_of_their_files(client: Client, hsct_cast: Cast) -> None:
    cut = cut_of(hsct_cast)
    client.force_login(hsct_cast.statistician)
    (one,) = client.get("/api/v1/data-cuts/?study=VIP-BLINA-HSCT&name=DSMB-1").json()["results"]
    assert (one["heads_digest"], one["state"], one["release"]) == (cut.heads_digest, "done", cut.release)
    assert {file["name"]: file["sha256"] for file in one["files"]} == dict(
        cut.files.values_list("name", "sha256")
    )
    assert client.get("/api/v1/data-cuts/?study=BLINA-FULL").json()["results"] == []
    assert client.get("/api/v1/data-cuts/?format=csv").status_code == 200


def test_what_changed_names_own_subjects_and_counts_others(
    client: Client, hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    old = cut_of(hsct_cast)
    died(subjects["P03"], hsct_cast.coordinator, "2027-10-28")
    relapsed(subjects["P11"], hsct_cast.stranger, "2027-10-20")
    new = cut_of(hsct_cast, "DSMB-2")
    address = f"{CUTS}difference/?old={old.pk}&new={new.pk}"
    text = page(client, hsct_cast.investigator, address)
    assert subjects["P03"].number in text
    assert f"/subjects/{subjects['P03'].pk}/outcomes/" in text
    assert "event · death · " in text
    assert str(subjects["P11"].pk) not in text
    assert f">{subjects['P11'].number}<" not in text
    whole = page(client, hsct_cast.monitor, address)
    assert f">{subjects['P11'].number}<" in whole
    client.force_login(hsct_cast.investigator)
    content = client.get(f"{CUTS}difference/csv/?old={old.pk}&new={new.pk}").content.decode("utf-8-sig")
    rows = {(row["number"], row["endpoint"]): row for row in csv.DictReader(io.StringIO(content))}
    assert {number for number, _endpoint in rows} == {subjects["P03"].number}
    died_of = rows[subjects["P03"].number, "OS"]
    assert (died_of["change"], died_of["status_was"], died_of["status_is"]) == (
        "CHANGED",
        "CENSORED",
        "EVENT",
    )
    assert events("export.cut_difference") == [{"old": str(old.pk), "new": str(new.pk), "rows": len(rows)}]
    page(client, hsct_cast.monitor, f"{CUTS}difference/?old={old.pk}&new=x", 404)


def test_arms_are_in_no_page_of_a_blinded_role(client: Client, two_arms: Cast) -> None:  # noqa: F811
    cut = cut_of(two_arms)
    address = f"/dashboards/BLINA-INTENS/cuts/{cut.pk}/"
    arms = [arm.name.in_language("en") for arm in two_arms.version.protocol.arms]
    blinded = page(client, two_arms.monitor, address)
    assert "arms are pooled" in blinded
    assert "figures-by-arm" not in blinded
    assert "subjects.csv" not in blinded
    assert not any(f"<td>{arm}</td>" in blinded for arm in arms)
    opened = page(client, two_arms.statistician, address)
    assert all(f"<td>{arm}</td>" in opened for arm in arms)
    closed = cut.files.get(name="figures-by-arm.json")
    page(client, two_arms.monitor, f"{address}files/{closed.pk}/", 403)
    assert client.get(f"/api/v1/data-cuts/{cut.pk}/files/figures-by-arm.json/").status_code == 404
    (listed,) = client.get("/api/v1/data-cuts/").json()["results"]
    assert "figures-by-arm.json" not in {file["name"] for file in listed["files"]}


def test_a_check_is_asked_for_on_the_page_and_says_identical(
    client: Client, hsct_cast: Cast, subjects: dict[str, Subject]
) -> None:
    cut = cut_of(hsct_cast)
    client.force_login(hsct_cast.data_manager)
    client.post(f"{CUTS}{cut.pk}/job/", {"work": "check"})
    run = CutRun.objects.get(work="check")
    again = client.post(f"{CUTS}{cut.pk}/job/", {"work": "check"}, follow=True).content.decode()
    assert "A worker is at this cut already." in again
    work_on_cut(str(run.pk), str(hsct_cast.data_manager.pk))
    assert "identical" in page(client, hsct_cast.investigator, f"{CUTS}{cut.pk}/")


def test_the_command_says_that_everything_comes_out_or_what_does_not(
    hsct_cast: Cast, subjects: dict[str, Subject], monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    cut_of(hsct_cast)
    call_command("verify_cut", "VIP-BLINA-HSCT", "DSMB-1")
    assert "Every file comes out to the byte" in capsys.readouterr().out
    monkeypatch.setattr("outcomes.domain.endpoints.occurrences", lambda name, view: [])
    with pytest.raises(CommandError, match="does not come out as it was kept"):
        call_command("verify_cut", "VIP-BLINA-HSCT", "DSMB-1")
    assert f"endpoints.csv {subjects['P02'].pk} OS status: EVENT -> CENSORED" in capsys.readouterr().out
    with pytest.raises(CommandError, match="has no data cut called"):
        call_command("verify_cut", "VIP-BLINA-HSCT", "DSMB-7")


def test_without_a_broker_the_page_says_so_and_the_files_are_asked_for_again(
    client: Client, hsct_cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    monkeypatch.setattr("outcomes.snapshots.services.handed_over", lambda task, *given: False)
    client.force_login(hsct_cast.data_manager)
    told = {"name": "DSMB-1", "cut_off": CUT_OFF.isoformat(), "reason": "first meeting"}
    with django_capture_on_commit_callbacks(execute=True):
        address = client.post(f"{CUTS}new/", told).url
    text = page(client, hsct_cast.data_manager, address)
    assert "no worker could be reached" in text
    assert "Make the files" in text
    client.post(f"{address}job/", {"work": "make"})
    run = CutRun.objects.order_by("-asked_at")[0]
    work_on_cut(str(run.pk), str(hsct_cast.data_manager.pk))
    assert "endpoints.csv" in page(client, hsct_cast.data_manager, address)


def test_more_cuts_cost_no_more_queries(client: Client, hsct_cast: Cast) -> None:
    cut_of(hsct_cast)
    page(client, hsct_cast.monitor)
    with CaptureQueriesContext(connection) as few:
        page(client, hsct_cast.monitor)
    for n in range(2, 4):
        cut_of(hsct_cast, f"DSMB-{n}")
    with CaptureQueriesContext(connection) as many:
        page(client, hsct_cast.monitor)
    assert len(many) == len(few)
