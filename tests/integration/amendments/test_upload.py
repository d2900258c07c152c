"""Adding versions of protocols in the browser: what is refused, what is asked, what is stored."""

from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection
from django.test import Client

from tests.cast import Cast, employ, make_cast
from tests.integration.amendments.files import NEXT, changed, shipped
from trialsite.access.models import Role
from trialsite.amendments.uploads import FileRefused, NotConfirmed, add_version
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.errors import Refused
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_text
from trialsite.studies.domain.registry_findings import registry_findings
from trialsite.studies.models import ProtocolVersion, Study

UPLOAD = "/protocols/upload/"
CODES = ["consent@000"]


@pytest.fixture
def manager(client: Client, cast: Cast) -> Client:
    client.force_login(cast.data_manager)
    return client


def codes_of(text: str) -> list[str]:
    return [one.code for one in registry_findings(Protocol.from_document(read_text(text, "x").document))]


def stored(key: str = "BLINA-FULL") -> list[str]:
    return list(
        ProtocolVersion.objects.filter(study__key=key).order_by("version").values_list("version", flat=True)
    )


def test_a_pasted_version_is_stored_whole_and_in_force_nowhere(cast: Cast, manager: Client) -> None:
    text = changed(shipped(), NEXT)
    answer = manager.post(UPLOAD, {"text": text, "seen": CODES})
    assert answer.status_code == 302
    assert answer.url == "/protocols/BLINA-FULL/versions/"
    version = ProtocolVersion.objects.get(version="1.1")
    assert (version.loaded_by, version.file.text) == (cast.data_manager, text)
    assert Study.objects.get(key="BLINA-FULL").current_version.version == "1.0"
    page = manager.get(answer.url).content.decode()
    assert "nowhere" in page
    assert "Compare with 1.0" in page
    with acting(role="system"):
        entry = Trail.objects.get(table_name="studies_protocolfile", row_id=str(version.file.pk))
    assert (entry.user_id, entry.changes["text"]) == (cast.data_manager.pk, "***")


def test_a_file_is_taken_like_its_text(manager: Client) -> None:
    file = SimpleUploadedFile("next.yaml", changed(shipped(), NEXT).encode())
    assert manager.post(UPLOAD, {"file": file, "seen": CODES}).status_code == 302
    assert stored() == ["1.0", "1.1"]


def test_a_file_that_is_not_utf8_is_refused_in_a_sentence(manager: Client) -> None:
    answer = manager.post(UPLOAD, {"file": SimpleUploadedFile("next.yaml", "知情".encode("gbk"))})
    assert answer.status_code == 422
    assert "not UTF-8" in answer.content.decode()


def test_every_problem_stands_with_line_path_and_what_would_be_accepted(manager: Client) -> None:
    text = changed(
        shipped(),
        NEXT,
        ("op: in, value: [0, 1, 2, 3]", "op: within, value: [0, 1, 2, 3]"),
        ("min_age: 15, max_age: 17", "min_age: 15, max_age: seventeen"),
    )
    answer = manager.post(UPLOAD, {"text": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    line = next(n for n, words in enumerate(text.splitlines(), 1) if "seventeen" in words)
    assert f">{line}</td>" in page
    assert "consent.signers[0].max_age" in page
    assert "it must be a whole number, 0 or more, or null" in page
    assert "seventeen, who: [guardian, assent]" in page  # the text of the line
    assert "max_age: seventeen" in page[page.index("<textarea") :]  # what was typed stays
    assert stored() == ["1.0"]


def test_the_service_gives_problems_in_parts(cast: Cast) -> None:
    text = changed(shipped(), NEXT, ("op: in, value: [0, 1, 2, 3]", "op: within, value: [0, 1, 2, 3]"))
    with acting(user=cast.data_manager), pytest.raises(FileRefused) as refused:
        add_version(text=text, by=cast.data_manager)
    (problem,) = refused.value.problems
    assert "within" in problem.text
    assert problem.line == next(n for n, words in enumerate(text.splitlines(), 1) if "op: within" in words)
    assert problem.path.startswith("criteria[")
    assert "The operator is one of" in problem.sentence


def test_the_same_version_with_other_content_is_refused(manager: Client) -> None:
    answer = manager.post(UPLOAD, {"text": changed(shipped(), ("value: 101", "value: 102")), "seen": CODES})
    assert answer.status_code == 422
    assert "loaded already with other content" in answer.content.decode()


def test_the_same_content_again_changes_nothing(manager: Client) -> None:
    assert manager.post(UPLOAD, {"text": "# another comment\n" + shipped()}).status_code == 302
    assert stored() == ["1.0"]


def test_a_contradiction_with_the_registry_has_to_be_read_first(cast: Cast, manager: Client) -> None:
    text = changed(shipped(), NEXT, ("planned_enrolment: {value: 101", "planned_enrolment: {value: 120"))
    asked = manager.post(UPLOAD, {"text": text, "seen": CODES})
    assert asked.status_code == 422
    assert "The registry plans 101 subjects, the file 120." in asked.content.decode()
    assert stored() == ["1.0"]
    assert manager.post(UPLOAD, {"text": text, "seen": [*CODES, "number@000"]}).status_code == 302
    seen = ProtocolVersion.objects.get(version="1.1").seen_findings.get()
    assert set(seen.codes) == {"consent@000", "number@000"}
    assert seen.seen_by == cast.data_manager


def test_an_unknown_key_becomes_a_study_only_when_that_is_meant(cast: Cast, manager: Client) -> None:
    text = shipped("BLINA-VEN")
    codes = codes_of(text)
    asked = manager.post(UPLOAD, {"text": text, "seen": codes})
    assert asked.status_code == 422
    page = asked.content.decode()
    assert "BLINA-VEN is a new study" in page
    assert "Chengdu Demonstration Hospital" in page
    assert not Study.objects.filter(key="BLINA-VEN").exists()
    answer = manager.post(UPLOAD, {"text": text, "seen": codes, "new_study": "BLINA-VEN"}, follow=True)
    assert stored("BLINA-VEN") == ["1.0"]
    page = answer.content.decode()
    assert "Next: an administrator gives the roles in this new study (data manager; at each site" in page
    assert "Added by you" in manager.get("/protocols/").content.decode()
    assert not Study.objects.get(key="BLINA-VEN").study_sites.exists()


def test_the_first_person_in_a_new_study_is_trained_in_a_version_that_is_in_force_nowhere_yet(
    cast: Cast, manager: Client
) -> None:
    text = shipped("BLINA-VEN")
    manager.post(UPLOAD, {"text": text, "seen": codes_of(text), "new_study": "BLINA-VEN"})
    version = ProtocolVersion.objects.get(study__key="BLINA-VEN")
    activation = "/protocols/BLINA-VEN/versions/1.0/activation/"
    assert manager.get(activation).status_code == 404
    with acting(role="system"):
        employ(cast.data_manager, Role.DATA_MANAGER, version)
    assert manager.get(activation).status_code == 200


def test_the_key_of_a_study_one_does_not_manage_is_refused(cast: Cast) -> None:
    other = make_cast("BLINA-VEN", prefix="other_")
    text = changed(shipped(), NEXT)
    with acting(user=other.data_manager), pytest.raises(Refused, match="Another study has the key"):
        add_version(text=text, seen=CODES, by=other.data_manager)


@pytest.mark.parametrize("part", ["coordinator", "investigator", "monitor", "statistician", "administrator"])
def test_only_data_managers_add_versions(cast: Cast, client: Client, part: str) -> None:
    user = cast.people()[part]
    client.force_login(user)
    assert client.get(UPLOAD).status_code == 403
    with acting(user=user), pytest.raises(PermissionDenied):
        add_version(text=changed(shipped(), NEXT), seen=CODES, by=user)


def test_nothing_typed_is_refused_beside_the_field(manager: Client) -> None:
    answer = manager.post(UPLOAD, {"text": " "})
    assert answer.status_code == 422
    assert 'id="text_error"' in answer.content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[" * 100_000, "stand in each other here more than 60 deep"),
        ("a: [\n", "This is not readable YAML"),
        ("- one\n- two\n", "A protocol file is one YAML document"),
        ("x" * 1_000_001, "larger than any protocol"),
    ],
)
def test_a_hostile_or_foreign_file_is_refused_in_a_sentence(
    manager: Client, text: str, sentence: str
) -> None:
    answer = manager.post(UPLOAD, {"text": text})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_stored_version_cannot_be_changed_by_the_application(cast: Cast) -> None:
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        acting(user=cast.data_manager),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE studies_protocolfile SET text = 'x'")


def test_not_confirmed_says_what_is_missing(cast: Cast) -> None:
    with acting(user=cast.data_manager), pytest.raises(NotConfirmed) as asked:
        add_version(text=changed(shipped(), NEXT), by=cast.data_manager)
    assert [one.code for one in asked.value.unconfirmed.findings] == CODES
    assert not asked.value.unconfirmed.new_study


def test_the_skeleton_of_the_how_to_is_added_as_a_fifth_trial_by_that_page_alone(manager: Client) -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "write-a-protocol.md").read_text(encoding="utf-8")
    skeleton = page[page.index("```yaml\nkey: ") + len("```yaml\n") :]
    skeleton = skeleton[: skeleton.index("```")]
    asked = manager.post(UPLOAD, {"text": skeleton})
    assert (asked.status_code, "MY-TRIAL is a new study" in asked.content.decode()) == (422, True)
    told = {"text": skeleton, "seen": codes_of(skeleton), "new_study": "MY-TRIAL"}
    assert manager.post(UPLOAD, told).status_code == 302
    assert stored("MY-TRIAL") == ["1.0"]
    assert codes_of(skeleton) == ["statement:1@900"]


@pytest.mark.parametrize(("number", "taken"), [("0.9", False), ("1.1", True), ("1.10", True)])
def test_a_version_has_a_later_number_than_those_before_it(cast: Cast, number: str, taken: bool) -> None:
    text = changed(shipped(), ('version: "1.0"', f'version: "{number}"'))
    with acting(user=cast.data_manager):
        if taken:
            assert add_version(text=text, seen=CODES, by=cast.data_manager).new
            return
        with pytest.raises(FileRefused) as refused:
            add_version(text=text, seen=CODES, by=cast.data_manager)
    (problem,) = refused.value.problems
    assert (problem.text, problem.sentence) == (
        'version: "0.9"', "Version 1.0 is stored: the next one needs a later number.",
    )  # fmt: skip
