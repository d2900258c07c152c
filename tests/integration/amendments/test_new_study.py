"""Whoever adds a new study reads and corrects it until it is activated; a stranger learns nothing of it."""

import pytest
from django.test import Client

from tests.cast import Cast, employ, make_cast
from tests.integration.amendments.files import changed, shipped
from trialsite.access.models import Role
from trialsite.amendments.models import SignOff
from trialsite.amendments.uploads import add_version
from trialsite.audit import acting
from trialsite.casebook.errors import Refused
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_text
from trialsite.studies.domain.registry_findings import registry_findings
from trialsite.studies.models import ProtocolVersion
from trialsite.studies.services import open_planned_sites

TEXT = shipped("BLINA-VEN")
NEXT = changed(TEXT, ('version: "1.0"', 'version: "1.1"'))
CODES = [one.code for one in registry_findings(Protocol.from_document(read_text(TEXT, "x").document))]
HOME = "/protocols/BLINA-VEN/"
PAGES = ["", "versions/", "versions/1.0/", "versions/1.0/file/", "versions/1.0/sign-off/", "difference/"]


@pytest.fixture
def version(cast: Cast) -> ProtocolVersion:
    """A new study as a data manager of another one added it: nobody has a role in it."""
    with acting(user=cast.data_manager):
        return add_version(text=TEXT, seen=CODES, new_study="BLINA-VEN", by=cast.data_manager).version


@pytest.mark.parametrize("page", PAGES)
def test_who_added_a_version_reads_it_and_others_get_404(
    cast: Cast, client: Client, version: ProtocolVersion, page: str
) -> None:
    client.force_login(cast.data_manager)
    assert client.get(HOME + page).status_code == 200
    for other in (cast.monitor, cast.stranger, cast.administrator):
        client.force_login(other)
        assert client.get(HOME + page).status_code == 404


def test_who_added_a_version_signs_and_acknowledges_nothing_without_a_role(
    cast: Cast, client: Client, version: ProtocolVersion
) -> None:
    client.force_login(cast.data_manager)
    page = client.get(HOME + "versions/1.0/sign-off/").content.decode()
    assert 'name="password"' not in page
    assert "dry-run" not in page
    told = {"username": cast.data_manager.username, "password": "x"}
    assert client.post(HOME + "versions/1.0/sign-off/", told).status_code == 403
    assert client.post(HOME + "versions/1.0/findings/", {"seen": CODES}).status_code == 403
    assert not SignOff.objects.exists()


def test_who_added_one_version_does_not_read_those_of_others(
    cast: Cast, client: Client, version: ProtocolVersion
) -> None:
    other = make_cast("VIP-BLINA-HSCT", prefix="other_")
    with acting(role="system"):
        employ(other.data_manager, Role.DATA_MANAGER, version)
    other.data_manager.__dict__.pop("_grants", None)
    with acting(user=other.data_manager):
        add_version(text=NEXT, seen=CODES, by=other.data_manager)
    client.force_login(cast.data_manager)
    assert client.get(HOME + "versions/1.1/").status_code == 404
    assert "versions/1.1/" not in client.get(HOME + "versions/").content.decode()
    assert client.get(HOME).status_code == 200
    client.force_login(other.data_manager)
    assert client.get(HOME + "versions/1.0/").status_code == 200


def test_who_added_the_first_version_corrects_it_until_it_is_activated(
    cast: Cast, client: Client, version: ProtocolVersion
) -> None:
    client.force_login(cast.data_manager)
    assert "/protocols/upload/" in client.get(HOME + "versions/").content.decode()
    answer = client.post("/protocols/upload/", {"text": NEXT, "seen": CODES})
    assert (answer.status_code, answer.url) == (302, HOME + "versions/")
    with acting(role="system"):
        open_planned_sites(version=version, on=version.loaded_at.date(), by=None)
    later = changed(TEXT, ('version: "1.0"', 'version: "1.2"'))
    with acting(user=cast.data_manager), pytest.raises(Refused, match="is activated at a site"):
        add_version(text=later, seen=CODES, by=cast.data_manager)


def test_the_key_is_refused_to_every_other_data_manager(cast: Cast, version: ProtocolVersion) -> None:
    other = make_cast("VIP-BLINA-HSCT", prefix="other_")
    with acting(user=other.data_manager), pytest.raises(Refused, match="Another study has the key"):
        add_version(text=NEXT, seen=CODES, by=other.data_manager)
