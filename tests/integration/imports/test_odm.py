"""Casebooks of ODM: what this system wrote is as it stands, what differs is changed, what is not certain is refused."""

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from assessments.models import AdverseEvent, MrdResult
from tests.cast import Cast
from trialsite.access.models import Profile
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.services import change_state
from trialsite.exchange.profiles import WHOLE, Release
from trialsite.exports.extract import Extract
from trialsite.exports.odm.document import write_odm
from trialsite.imports.models import ImportBatch
from trialsite.imports.odm import read_casebooks
from trialsite.imports.outcomes import Row
from trialsite.review.models import Signature

from .staging import committed, rows, staged, statuses, taken_back

Filled = tuple[Cast, dict[str, Any]]
FEVER = '<ItemData ItemOID="I.AE.grade" Value="2"/>'  # once in the file: the first fever of Ann
RESULT = '<ItemData ItemOID="I.MRD.results.value" Value="0.05">'  # once: what Bo had left


def exported(cast: Cast, folder: Path, release: Release = WHOLE, *, audit: bool = False) -> str:
    """The casebooks of the coordinator's site as this system writes them."""
    path = folder / "odm.xml"
    with acting(user=cast.coordinator):
        write_odm(Extract(cast.study, cast.coordinator, release), path, audit=audit)
    return path.read_text(encoding="utf-8")


def tried(cast: Cast, text: str) -> ImportBatch:
    return staged(cast, "odm", text.encode(), "odm.xml", cast.coordinator)


def told(batch: ImportBatch) -> list[Row]:
    """The lines that are not as they stand."""
    return [row for row in rows(batch) if row.status != "same"]


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


def odm(
    forms: str, *, subject: str = "T-1", head: str = "", study: str = "BLINA-FULL", site: str = "SGH"
) -> str:
    """A small file of another system that follows the identifiers of this one."""
    return (
        f'{head}<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" FileType="Snapshot"><ClinicalData'
        f' StudyOID="STUDY.{study}"><SubjectData SubjectKey="{subject}"><SiteRef LocationOID="SITE.{site}"/>'
        f"{forms}</SubjectData></ClinicalData></ODM>"
    )


def vital_signs(items: str, visit: str = "SE.IND_D8", form: str = "F.VS") -> str:
    return (
        f'<StudyEventData StudyEventOID="{visit}"><FormData FormOID="{form}"><ItemGroupData ItemGroupOID="IG.VS">'
        f'<ItemData ItemOID="I.VS.performed_on" Value="2026-01-19"/>{items}</ItemGroupData></FormData></StudyEventData>'
    )


WEIGHT = (
    '<ItemData ItemOID="I.VS.weight" Value="70.5"><MeasurementUnitRef MeasurementUnitOID="MU.kg"/></ItemData>'
    '<ItemData ItemOID="I.VS.weight.canonical" Value="99"/>'
)
NO_ECOG = (
    '<ItemData ItemOID="I.VS.ecog" IsNull="Yes"><Annotation SeqNum="1"><Flag><FlagValue'
    ' CodeListOID="CL.MISSING">NOT_DONE</FlagValue></Flag></Annotation></ItemData>'
)


def test_what_was_exported_is_as_it_stands(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    batch = tried(cast, exported(cast, tmp_path))
    assert told(batch) == []
    assert len(rows(batch)) == 13
    assert "residual disease · Screening" in rows(batch)[0].place


def test_every_form_that_was_exported_is_as_it_stands(every_form: Filled, tmp_path: Path) -> None:
    cast, subjects = every_form
    batch = tried(cast, exported(cast, tmp_path))
    assert [(row.cells["form"], row.changes, row.refused) for row in told(batch)] == []
    assert {f"F.{key}" for key in subjects} <= {row.cells["form"] for row in rows(batch)}


def test_a_value_that_differs_is_changed_alone_and_typed_back(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    text = exported(cast, tmp_path)
    batch = tried(cast, replaced(text, RESULT, RESULT.replace("0.05", "0.07")))
    assert [(row.status, row.changes) for row in told(batch)] == [
        ("changed", [["Value", "0.05 %", "0.07 %"]])
    ]
    committed(batch, cast.coordinator)
    with acting(user=cast.coordinator):
        assert sorted(MrdResult.objects.values_list("value_text", flat=True)) == ["", "0.07", "10", "10"]
    assert told(tried(cast, text))[0].changes == [["Value", "0.07 %", "0.05 %"]]
    taken_back(batch, cast.coordinator)
    assert told(tried(cast, text)) == []


def test_an_item_of_a_form_of_the_log_changes_without_lines_that_its_page_offers(
    filled: Filled, tmp_path: Path
) -> None:
    cast, _subjects = filled
    changed = FEVER + '<ItemData ItemOID="I.AE.comment" Value="before the infusion"/>'
    batch = tried(cast, replaced(exported(cast, tmp_path), FEVER, changed))
    assert [(row.status, row.changes) for row in told(batch)] == [
        ("changed", [["Comment", "", "before the infusion"]])
    ]


def test_forms_that_were_voided_are_new_and_reversing_voids_them_again(
    filled: Filled, tmp_path: Path
) -> None:
    cast, _subjects = filled
    text = exported(cast, tmp_path)
    with acting(user=cast.coordinator):
        gone = [
            *AdverseEvent.objects.filter(site=cast.here),
            *(one.record for one in MrdResult.objects.filter(site=cast.here).select_related("record")),
        ]
        for record in gone:
            change_state(record=record, action="void", by=cast.coordinator, reason="wrong person")
    batch = tried(cast, text)
    assert [row.status for row in told(batch)] == ["new"] * len(gone)
    committed(batch, cast.coordinator)
    assert told(tried(cast, text)) == []
    taken_back(batch, cast.coordinator)
    assert [row.status for row in told(tried(cast, text))] == ["new"] * len(gone)


def test_a_form_of_another_system_is_entered_with_unit_and_reason_and_without_what_is_worked_out(
    filled: Filled,
) -> None:
    cast, _subjects = filled
    batch = tried(cast, odm(vital_signs(WEIGHT + NO_ECOG)))
    assert [row.status for row in rows(batch)] == ["new"]
    assert ["Weight", "", "70.5 kg"] in rows(batch)[0].changes
    committed(batch, cast.coordinator)
    assert statuses(tried(cast, odm(vital_signs(WEIGHT + NO_ECOG)))) == [("same", [])]
    other = NO_ECOG.replace("NOT_DONE", "UNKNOWN")
    assert statuses(tried(cast, odm(vital_signs(other)))) == [("changed", [])]
    answered = '<ItemData ItemOID="I.VS.ecog" Value="1"/>'
    committed(tried(cast, odm(vital_signs(answered))), cast.coordinator)
    assert statuses(tried(cast, odm(vital_signs(answered)))) == [("same", [])]


@pytest.mark.parametrize(
    ("forms", "about", "column"),
    [
        (vital_signs(WEIGHT), {"subject": "T-3"}, "subject"),  # of the other site
        (vital_signs(WEIGHT), {"subject": "nobody"}, "subject"),
        (vital_signs(WEIGHT), {"site": "BJH"}, "site"),
        (vital_signs(WEIGHT), {"study": "BLINA-VEN"}, "study"),
        (vital_signs(WEIGHT, visit="VISIT1"), {}, "visit"),
        (vital_signs(WEIGHT, visit="SE.NOWHERE"), {}, ""),
        (vital_signs(WEIGHT, form="F.NOTHING"), {}, "form"),
        (vital_signs('<ItemData ItemOID="I.VS.mood" Value="1"/>'), {}, "I.VS.mood"),
        (vital_signs('<ItemData ItemOID="WEIGHT" Value="70"/>'), {}, "WEIGHT"),
        (vital_signs(WEIGHT.replace("MU.kg", "MU.cm")), {}, "I.VS.weight"),
        (vital_signs('<ItemData ItemOID="I.VS.ecog" Value="9"/>'), {}, "I.VS.ecog"),
        (vital_signs(WEIGHT + WEIGHT), {}, "I.VS.weight again"),
        (vital_signs(WEIGHT.replace("MU.kg", "KG")), {}, "I.VS.weight unit"),
        (vital_signs('<ItemData ItemOID="I.VS.missing" Value="ecog=UNKNOWN"/>'), {}, "I.VS.missing"),
        (vital_signs('<ItemData ItemOID="I.VS.missing__ecog" Value="UNKNOWN"/>'), {}, "I.VS.missing__ecog"),
        (vital_signs('<ItemDataInteger ItemOID="I.VS.ecog">9</ItemDataInteger>'), {}, "I.VS.ecog"),
        (vital_signs('<ItemData ItemOID="I.VS.ecog" Value="11010519491231002X"/>'), {}, ""),
    ],
)
def test_what_is_not_of_this_system_is_refused_and_never_guessed(
    filled: Filled, forms: str, about: dict[str, str], column: str
) -> None:
    cast, _subjects = filled
    batch = tried(cast, odm(forms, **about))
    assert rows(batch)[0].status == "rejected"
    assert column in [one[0] for one in rows(batch)[0].refused]


def test_a_line_that_may_be_another_is_refused(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    start = '<FormData FormOID="F.MRD" FormRepeatKey="1">'
    before, _form, after = exported(cast, tmp_path).partition(start)
    line = 'ItemGroupOID="IG.MRD.results" ItemGroupRepeatKey="1"'
    other = after.replace(line, line.replace('"1"', '"7"'), 1)
    assert told(tried(cast, before + start + other)) == []  # the same values under another number
    changed = other.replace('I.MRD.results.value" Value="10"', 'I.MRD.results.value" Value="11"', 1)
    batch = tried(cast, before + start + changed)
    [row] = told(batch)
    assert row.status == "rejected"
    assert row.refused[0][0].endswith(" #7")


def test_signatures_of_a_file_are_not_imported(filled: Filled) -> None:
    cast, _subjects = filled
    signature = (
        '<Signature><UserRef UserOID="USER.investigator"/><SignatureRef SignatureOID="X"/>'
        "<DateTimeStamp>yesterday</DateTimeStamp></Signature>"
    )
    form = vital_signs(WEIGHT).replace("<ItemGroupData", f"{signature}<ItemGroupData")
    committed(tried(cast, odm(form)), cast.coordinator)
    with acting(user=cast.coordinator):
        assert not Signature.objects.exists()


# Files that are not read

BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("nothing", "no well-formed XML"),
        ("", "no well-formed XML"),
        ('<ODM xmlns="http://www.cdisc.org/ns/odm/v2.0"/>', "no ODM 1.3 file of type Snapshot"),
        ('<ODM xmlns="http://www.cdisc.org/ns/odm/v1.3"/>', "no ODM 1.3 file of type Snapshot"),
        (odm(""), "No form stands in this file"),
        (odm(vital_signs(WEIGHT))[:-20], "no well-formed XML"),
        (odm(vital_signs(WEIGHT), head=BOMB), "declares a document type"),
        (
            odm(vital_signs('<ItemData ItemOID="I.VS.ecog" Value="&b;"/>'), head=BOMB),
            "declares a document type",
        ),
        (odm(vital_signs("&a;"), head=OUTSIDE), "declares a document type"),
    ],
)
def test_a_file_that_is_no_snapshot_or_declares_entities_is_refused(content: str, words: str) -> None:
    with pytest.raises(CheckFailed) as refusal:
        read_casebooks("odm.xml", content.encode())
    assert words in refusal.value.messages["files"]


@pytest.mark.parametrize("profile", [Profile.CODED, Profile.DATE_SHIFTED])
def test_a_coded_file_is_refused(filled: Filled, tmp_path: Path, profile: Profile) -> None:
    cast, _subjects = filled
    with pytest.raises(CheckFailed) as refusal:
        tried(cast, exported(cast, tmp_path, Release(profile)))
    assert "coded" in refusal.value.messages["files"].lower()


def test_a_file_of_transactions_is_refused(filled: Filled, tmp_path: Path) -> None:
    cast, _subjects = filled
    with pytest.raises(CheckFailed) as refusal:
        tried(cast, exported(cast, tmp_path, audit=True))
    assert "Transactional" in refusal.value.messages["files"]


def test_only_who_enters_forms_at_the_site_imports_casebooks(filled: Filled) -> None:
    cast, _subjects = filled
    content = odm(vital_signs(WEIGHT)).encode()
    for user in (cast.data_manager, cast.monitor, cast.administrator, cast.stranger):
        with pytest.raises(PermissionDenied):
            staged(cast, "odm", content, "odm.xml", user)
    batch = staged(cast, "odm", content, "odm.xml", cast.investigator)
    assert statuses(batch) == [("new", [])]


def test_the_pages_take_the_file_and_show_it_to_nobody_of_another_site(
    client: Client, filled: Filled
) -> None:
    cast, _subjects = filled
    client.force_login(cast.coordinator)
    file = SimpleUploadedFile("odm.xml", odm(vital_signs(WEIGHT)).encode())
    address = reverse("imports", args=[cast.study.key])
    answer = client.post(address, {"site": cast.here.key, "kind": "odm", "files": file})
    assert answer.status_code == 302
    assert "70.5 kg" in client.get(answer.url).content.decode()
    for user in (cast.stranger, cast.administrator, cast.data_manager):
        client.force_login(user)
        assert client.get(answer.url).status_code == 404
