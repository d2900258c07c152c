"""ODM: what the study asks and what stands in the record, in a file that is valid, whole, and read back the same."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import odmlib
import pytest
from django.core.management import CommandError, call_command
from lxml import etree

from assessments.models import AdverseEvent, VitalSigns
from tests.cast import Cast
from trialsite.access.models import Profile, User
from trialsite.audit import acting
from trialsite.casebook.services import change_state
from trialsite.exchange.profiles import WHOLE, Release
from trialsite.exports.domain.casebook import FormData, SubjectData, Value
from trialsite.exports.extract import Extract
from trialsite.exports.odm.definitions import definitions
from trialsite.exports.odm.document import write_casebooks, write_odm
from trialsite.exports.odm.elements import ODM
from trialsite.exports.odm.reading import NotReadable, read_odm
from trialsite.exports.odm.record import casebooks

Filled = tuple[Cast, dict[str, Any]]
SPACE = {"o": ODM}
SCHEMA = Path(odmlib.__file__).parent / "schemas/odm/1.3.2/ODM1-3-2.xsd"
DEFINED = {
    "StudyEventOID": "StudyEventDef", "FormOID": "FormDef", "ItemGroupOID": "ItemGroupDef", "ItemOID": "ItemDef",
    "CodeListOID": "CodeList", "MeasurementUnitOID": "MeasurementUnit", "MethodOID": "MethodDef",
    "CollectionExceptionConditionOID": "ConditionDef", "UserOID": "User", "LocationOID": "Location",
    "SignatureOID": "SignatureDef",
}  # fmt: skip


def written(
    cast: Cast, path: Path, by: User | None = None, release: Release = WHOLE, *, audit: bool = False
) -> Any:
    reader = by or cast.data_manager
    with acting(user=reader):
        write_odm(Extract(cast.study, reader, release), path, audit=audit)
    return etree.parse(path)


def problems_of(tree: Any) -> Iterator[str]:
    schema = etree.XMLSchema(file=str(SCHEMA))
    if not schema.validate(tree):
        yield from map(str, schema.error_log)
    known = {
        attribute: {one.get("OID") for one in tree.iter(f"{{{ODM}}}{name}")}
        for attribute, name in DEFINED.items()
    }
    for one in tree.iter(etree.Element):
        for attribute, oids in known.items():
            if one.get(attribute) and one.get(attribute) not in oids:
                yield f"{one.tag}: {one.get(attribute)} is not defined"


def forms_in(path: Path, form: str) -> list[FormData]:
    return [one for subject in read_odm(path) for one in subject.forms if one.form == form]


def correct(cast: Cast, subject: Any, **values: Any) -> Any:
    """One adverse event of a subject, corrected."""
    from trialsite.casebook.items import values_of
    from trialsite.casebook.services import submit_form
    from trialsite.casebook.slots import Slot

    with acting(user=cast.coordinator):
        record = AdverseEvent.objects.filter(subject=subject).order_by("performed_on").first()
        assert record is not None
        told = {name: one for name, one in values_of(record).items() if name not in record.extra}
        return submit_form(
            slot=Slot.of_record(record),
            values={**told, **values},
            base_version=record.version,
            by=cast.coordinator,
            reason="typing error: a digit",
        )


@pytest.mark.parametrize("audit", [False, True])
@pytest.mark.parametrize("profile", Profile.values)
def test_the_file_is_valid_and_names_nothing_that_it_does_not_define(
    filled: Filled, tmp_path: Path, profile: str, audit: bool
) -> None:
    cast, _subjects = filled
    tree = written(cast, tmp_path / "odm.xml", release=Release(Profile(profile), genetic=True), audit=audit)
    assert list(problems_of(tree)) == []
    assert tree.getroot().get("FileType") == ("Transactional" if audit else "Snapshot")
    assert len(tree.findall(".//o:SubjectData", SPACE)) == 3


def test_every_standing_form_is_in_it_with_its_values(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    written(cast, tmp_path / "odm.xml")
    with acting(user=cast.data_manager):
        events = AdverseEvent.objects.order_by("subject__usubjid", "form_repeat").select_related("subject")
        told = [(one.onset.text, one.term, str(one.grade)) for one in events if one.onset]
    found = [
        tuple(one.items[name].text for name in ("onset", "term", "grade"))
        for one in forms_in(tmp_path / "odm.xml", "AE")
    ]
    assert found == told
    assert len(found) == 6
    mrd = forms_in(tmp_path / "odm.xml", "MRD")
    assert mrd[0].lines["results"][1]["value"] == Value("10", "%")
    assert mrd[0].lines["results"][1]["value.canonical"] == Value("10")
    assert {subject.key for subject in read_odm(tmp_path / "odm.xml")} == {
        one.usubjid for one in subjects.values()
    }


def test_what_is_read_back_is_what_was_written_and_is_written_the_same_again(
    filled: Filled, tmp_path: Path
) -> None:
    cast, _subjects = filled
    first = written(cast, tmp_path / "odm.xml")
    read = list(read_odm(tmp_path / "odm.xml"))
    with acting(user=cast.data_manager):
        extract = Extract(cast.study, cast.data_manager)
        study = definitions(extract)
        assert read == list(casebooks(extract, study))
    write_casebooks(tmp_path / "again.xml", study, cast.study.key, read)
    again = etree.parse(tmp_path / "again.xml")
    clinical = [etree.tostring(one.find("o:ClinicalData", SPACE), method="c14n") for one in (first, again)]
    assert clinical[0] == clinical[1]


def test_a_reader_of_one_site_gets_that_site(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    written(cast, tmp_path / "odm.xml", by=cast.coordinator)
    keys = {subject.key for subject in read_odm(tmp_path / "odm.xml")}
    assert keys == {subjects["ann"].usubjid, subjects["bo"].usubjid}
    written(cast, tmp_path / "audit.xml", by=cast.coordinator, audit=True)
    assert subjects["cai"].usubjid not in (tmp_path / "audit.xml").read_text()


def test_what_stays_behind_is_neither_asked_nor_answered(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    correct(cast, subjects["ann"], comment="seen by the ward", grade=4)
    for audit in (False, True):
        whole, coded = (
            etree.tostring(written(cast, tmp_path / f"{name}.xml", release=release, audit=audit)).decode()
            for name, release in (("whole", WHOLE), ("coded", Release(Profile.CODED, genetic=False)))
        )
        for said in ("seen by the ward", "I.AE.comment", cast.coordinator.full_name):
            assert said in whole
            assert said not in coded
    assert "typing error: a digit" in whole
    assert "typing error: a digit" not in coded
    assert "<ReasonForChange>typing error</ReasonForChange>" in coded


def test_shifted_dates_keep_their_distance(filled: Filled, tmp_path: Path) -> None:
    from datetime import date

    cast, subjects = filled
    days: list[list[date]] = []
    for name, release in (("whole", WHOLE), ("moved", Release(Profile.DATE_SHIFTED))):
        written(cast, tmp_path / f"{name}.xml", release=release)
        ann = next(one for one in read_odm(tmp_path / f"{name}.xml") if one.key == subjects["ann"].usubjid)
        days.append([date.fromisoformat(form.items["performed_on"].text) for form in ann.forms])
    moved = {after - before for before, after in zip(*days, strict=True)}
    assert len(moved) == 1
    assert timedelta(0) not in moved


def test_the_trail_replayed_gives_the_record(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    corrected = correct(cast, subjects["ann"], grade=4)
    with acting(user=cast.coordinator):
        gone = AdverseEvent.objects.filter(subject=subjects["bo"]).get()
        change_state(record=gone, action="void", by=cast.coordinator, reason="entered twice")
    tree = written(cast, tmp_path / "audit.xml", audit=True)
    written(cast, tmp_path / "odm.xml")
    assert {key: one for key, one in replayed(tree).items() if one} == {
        (subject.key, *form.place, group, line): values
        for subject in read_odm(tmp_path / "odm.xml")
        for form in subject.forms
        for group, line, values in groups_of(form)
        if values
    }
    updates = tree.findall(".//o:ItemData[@TransactionType='Update']", SPACE)
    assert [(one.get("ItemOID"), one.get("Value")) for one in updates] == [("I.AE.grade", "4")]
    record = updates[0].find("o:AuditRecord", SPACE)
    assert record.findtext("o:ReasonForChange", None, SPACE) == "typing error: a digit"
    assert record.find("o:UserRef", SPACE).get("UserOID") == f"USER.{cast.coordinator.username}"
    assert record.find("o:LocationRef", SPACE).get("LocationOID") == f"SITE.{corrected.site.key}"
    removed = tree.findall(".//o:FormData[@TransactionType='Remove']", SPACE)
    assert [one.get("FormOID") for one in removed] == ["F.AE"]
    assert removed[0].findtext(".//o:ReasonForChange", None, SPACE) == "entered twice"


def groups_of(form: FormData) -> Iterator[tuple[str, int | None, dict[str, str]]]:
    def texts(values: Any) -> dict[str, str]:
        return {name: one.text or one.missing for name, one in values.items()}

    yield "", None, texts(form.items)
    for name, kind in form.lines.items():
        for line, values in kind.items():
            yield name, line, texts(values)


def replayed(tree: Any) -> dict[Any, dict[str, str]]:
    """The transactions of a file, one after the other: (subject, place, group, line) → item → text."""
    found: dict[Any, dict[str, str]] = {}
    for subject in tree.iterfind(".//o:SubjectData", SPACE):
        for visit in subject.iterfind("o:StudyEventData", SPACE):
            form = visit.find("o:FormData", SPACE)
            place = (
                subject.get("SubjectKey"),
                visit.get("StudyEventOID").removeprefix("SE."),
                int(visit.get("StudyEventRepeatKey", 1)),
                form.get("FormOID").removeprefix("F."),
                int(form.get("FormRepeatKey", 1)),
            )
            if form.get("TransactionType") == "Remove":
                for key in [one for one in found if one[:5] == place]:
                    del found[key]
                continue
            group = form.find("o:ItemGroupData", SPACE)
            oid = group.get("ItemGroupOID").removeprefix("IG.")
            line = int(number) if (number := group.get("ItemGroupRepeatKey")) else None
            here = found.setdefault((*place, oid.removeprefix(place[3]).removeprefix("."), line), {})
            for item in group.iterfind("o:ItemData", SPACE):
                name = item.get("ItemOID").removeprefix(f"I.{oid}.")
                if item.get("TransactionType") == "Remove":
                    del here[name]
                else:
                    here[name] = item.get("Value") or item.findtext(".//o:FlagValue", None, SPACE)
    return found


def test_an_empty_item_says_why(filled: Filled, tmp_path: Path) -> None:
    cast, subjects = filled
    from trialsite.casebook.services import submit_form
    from trialsite.casebook.slots import Slot

    with acting(user=cast.coordinator):
        submit_form(
            slot=Slot(subjects["ann"].pk, "SCR", "VS"),
            values={"performed_on": subjects["ann"].screened_on},
            missing={"weight": "NOT_DONE"},
            by=cast.coordinator,
        )
        assert VitalSigns.objects.get().missing["weight"] == "NOT_DONE"
    tree = written(cast, tmp_path / "odm.xml")
    assert forms_in(tmp_path / "odm.xml", "VS")[0].items["weight"] == Value(missing="NOT_DONE")
    null = tree.find(".//o:ItemData[@ItemOID='I.VS.weight']", SPACE)
    assert null.get("IsNull") == "Yes"
    assert null.get("Value") is None


def test_an_item_has_its_question_in_both_languages_its_codes_units_and_limits(
    filled: Filled, tmp_path: Path
) -> None:
    cast, _subjects = filled
    tree = written(cast, tmp_path / "odm.xml")

    def item(oid: str) -> Any:
        return tree.find(f".//o:ItemDef[@OID='{oid}']", SPACE)

    texts = item("I.VS.weight").findall("o:Question/o:TranslatedText", SPACE)
    assert [one.text for one in texts] == ["Weight", "体重"]
    assert [
        one.get("MeasurementUnitOID")
        for one in item("I.VS.weight.canonical").iterfind("o:MeasurementUnitRef", SPACE)
    ] == ["MU.kg"]
    assert [
        (one.get("Context"), one.get("Name")) for one in item("I.VS.weight").iterfind("o:Alias", SPACE)
    ] == [
        ("column", "weight.text"),
        ("SDTM", "VSORRES, VSORRESU where VSTESTCD = WEIGHT"),
        ("CDASH", "WEIGHT_VSORRES, WEIGHT_VSORRESU"),
    ]
    assert item("I.VS.weight").get("SDSVarName") is None
    assert item("I.AE.onset").get("SDSVarName") == "AESTDTC"
    codes = tree.findall(".//o:CodeList[@OID='CL.DM.sex']/o:CodeListItem", SPACE)
    assert [one.get("CodedValue") for one in codes] == ["M", "F"]
    checks = item("I.CRS.ctcae_grade").findall("o:RangeCheck", SPACE)
    assert [(one.get("Comparator"), one.findtext("o:CheckValue", None, SPACE)) for one in checks] == [
        ("GE", "0"),
        ("LE", "5"),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("<ODM/>", "is no ODM 1.3 file of type Snapshot"),
        (f"<ODM xmlns='{ODM}' FileType='Transactional'/>", "is no ODM 1.3 file of type Snapshot"),
        (f"<ODM xmlns='{ODM}'><SubjectData", "is no well-formed XML"),
        ("", "is no well-formed XML"),
        (
            f"<ODM xmlns='{ODM}'><SubjectData SubjectKey='1'><SiteRef LocationOID='L.1'/></SubjectData></ODM>",
            "“L.1” is no LocationOID of this system",
        ),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "odm.xml").write_text(content)
    with pytest.raises(NotReadable, match=sentence):
        list(read_odm(tmp_path / "odm.xml"))


def test_the_number_of_queries_does_not_grow_with_subjects(filled: Filled, tmp_path: Path) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    cast, _subjects = filled

    def asked(reader: User, audit: bool) -> int:
        written(cast, tmp_path / "odm.xml", by=reader, audit=audit)  # reads what is read once a process
        with CaptureQueriesContext(
            connection,
        ) as queries:
            written(cast, tmp_path / "odm.xml", by=reader, audit=audit)
        return len(queries)

    for audit in (False, True):
        two, three = asked(cast.coordinator, audit), asked(cast.data_manager, audit)
        assert abs(two - three) <= 2


def test_the_command_writes_what_its_reader_may_see(filled: Filled, tmp_path: Path, capsys: Any) -> None:
    cast, _subjects = filled
    path = tmp_path / "odm.xml"
    call_command("export_odm", cast.study.key, str(path), user=cast.coordinator.username)
    assert len(list(read_odm(path))) == 2
    for study, user, sentence in (
        (cast.study.key, "nobody", "There is no user nobody"),
        ("NONE", cast.coordinator.username, "no study NONE that .* may export"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("export_odm", study, str(path), user=user)


def test_a_control_character_does_not_break_the_file(tmp_path: Path, filled: Filled) -> None:
    cast, _subjects = filled
    value = Value("a\x0bb\x00化疗")
    subject = SubjectData("S", "X", (FormData("SCR", 1, "VS", 1, {"comment": value}),))
    with acting(user=cast.data_manager):
        study = definitions(Extract(cast.study, cast.data_manager))
    write_casebooks(tmp_path / "odm.xml", study, "S", [subject])
    assert next(read_odm(tmp_path / "odm.xml")).forms[0].items["comment"].text == "ab化疗"
