"""What the upload page says of empty boxes, a prefix of another study, and sites that the system knows."""

import pytest
from django.test import Client

from tests.cast import Cast
from tests.integration.amendments.files import NEXT, changed, shipped
from tests.integration.amendments.test_new_study import CODES, TEXT
from tests.integration.amendments.versions import loaded
from trialsite.amendments.activation_lines import place_lines
from trialsite.studies.models import Study

UPLOAD = "/protocols/upload/"
STUDY_UNTICKED = "Tick this if a new study is meant"
FINDING_UNTICKED = "Tick this once you have read it"


@pytest.fixture
def manager(client: Client, cast: Cast) -> Client:
    client.force_login(cast.data_manager)
    return client


def test_an_empty_box_is_marked_only_when_the_file_was_sent_to_be_stored(manager: Client) -> None:
    first = manager.post(UPLOAD, {"text": TEXT}).content.decode()
    assert STUDY_UNTICKED not in first
    assert FINDING_UNTICKED not in first
    answer = manager.post(UPLOAD, {"text": TEXT, "asked": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count(STUDY_UNTICKED) == 1
    assert page.count(FINDING_UNTICKED) == len(CODES) > 0
    assert "Nothing was stored: a box below is not ticked." in page


def test_only_what_is_not_ticked_is_marked(manager: Client) -> None:
    page = manager.post(UPLOAD, {"text": TEXT, "asked": "1", "seen": CODES}).content.decode()
    assert STUDY_UNTICKED in page
    assert FINDING_UNTICKED not in page
    assert manager.post(
        UPLOAD, {"text": TEXT, "asked": "1", "seen": CODES, "new_study": "BLINA-VEN"}
    ).status_code == 302  # fmt: skip


def test_the_prefix_of_another_study_is_refused_at_its_line(manager: Client) -> None:
    text = changed(TEXT, ("number_prefix: BLV", "number_prefix: BLF"))
    answer = manager.post(UPLOAD, {"text": text, "seen": CODES, "new_study": "BLINA-VEN"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Another study numbers its subjects with BLF; choose another prefix." in page
    assert "screening.number_prefix" in page
    assert not Study.objects.filter(key="BLINA-VEN").exists()


def test_a_study_keeps_its_own_prefix(manager: Client) -> None:
    text = changed(shipped(), NEXT)
    assert manager.post(UPLOAD, {"text": text, "seen": ["consent@000"]}).status_code == 302


def test_a_known_site_stands_with_the_name_the_system_has(cast: Cast, manager: Client) -> None:
    text = TEXT.replace("Chengdu Demonstration Hospital", "First Hospital of Chengdu")
    page = manager.post(UPLOAD, {"text": text, "seen": CODES}).content.decode()
    assert "First Hospital of Chengdu" in page
    assert "known to the system as Chengdu Demonstration Hospital" in page


def test_where_a_version_is_activated_both_names_of_a_site_stand(cast: Cast, manager: Client) -> None:
    def rename(document: dict) -> None:  # type: ignore[type-arg]
        document["sites"][0]["name"]["en"] = "First Hospital of Shanghai"

    version = loaded(cast, "9.0", rename)
    lines = {one.key: (one.name, one.in_file) for one in place_lines(version)}
    assert lines["SGH"] == ("Shanghai General Hospital", "First Hospital of Shanghai")
    assert lines["BJH"][1] == ""
    page = manager.get("/protocols/BLINA-FULL/versions/9.0/activation/").content.decode()
    assert "In the file: First Hospital of Shanghai" in page
