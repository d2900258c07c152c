"""From the list of versions to a version in force at one site: the pages, and what they refuse."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject, make_cast
from trialsite.amendments.activation import move_subjects
from trialsite.amendments.uploads import FileRefused, add_version
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.studies.models import Activation, ProtocolVersion, StudySite
from trialsite.studies.services import PROTOCOLS

from .versions import activate, add_visit, drop_visit, loaded, widen

TOLD = {
    "approved_on": "2024-06-03",
    "reference": "2024-EC-17",
    "in_force_from": "2024-06-10",
    "confirmed": "on",
}


def amend(cast: Cast) -> ProtocolVersion:
    """A version that widens one visit, drops another and adds a third, whatever the trial."""
    keys = [
        one["key"]
        for one in cast.version.document["visits"]
        if one["anchor"] != "screening"
        and one.get("offset_days") is not None
        and not {"repeat", "arms"} & set(one)
    ]
    assessed = {key for one in cast.version.protocol.endpoints for key in one.assessed_at}
    free = [key for key in keys if key not in assessed | set(cast.version.protocol.response.refractory_at)]
    return loaded(cast, "9.0", widen(free[0], 5, 6), drop_visit(free[1]), add_visit(free[0], "ADDED", 6))


@pytest.mark.parametrize("key", ["BLINA-FULL", "VIP-BLINA-HSCT", "BLINA-VEN", "BLINA-INTENS"])
@pytest.mark.django_db
def test_each_trial_is_amended_at_one_site_and_stays_as_it_was_at_the_other(key: str, client: Client) -> None:
    cast = make_cast(key)
    here, there = bare_subject(cast), bare_subject(cast, site=cast.elsewhere)
    version = amend(cast)
    client.force_login(cast.data_manager)
    address = f"/protocols/{key}/versions/9.0/activation/"
    versions = client.get(f"/protocols/{key}/versions/").content.decode()
    assert address in versions
    page = client.get(address).content.decode()
    assert f"/protocols/{key}/versions/9.0/dry-run/?site={cast.here.key}" in page
    assert "1 subject would move" in page
    dry = client.get(f"/protocols/{key}/versions/9.0/dry-run/").content.decode()
    assert "Visit added" in dry
    assert "Visit dropped" in dry
    answer = client.post(f"/protocols/{key}/versions/9.0/sites/{cast.here.key}/activate/", TOLD)
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    move_subjects(cast.study.pk, cast.here.pk)
    move_subjects(cast.study.pk, cast.elsewhere.pk)
    with acting(role="system"):
        versions = [Subject.objects.get(pk=one.pk).protocol_version.version for one in (here, there)]
        places = dict(
            StudySite.objects.filter(study=cast.study).values_list("site__key", "protocol_version__version")
        )
        kept = Activation.objects.get(version=version)
    assert versions == ["9.0", cast.version.version]
    assert (places[cast.here.key], places[cast.elsewhere.key]) == ("9.0", cast.version.version)
    assert (kept.approved_on, kept.in_force_from) == (date(2024, 6, 3), date(2024, 6, 10))
    assert kept.activated_by_id == cast.data_manager.pk
    listed = client.get(f"/protocols/{key}/versions/").content.decode()
    assert "since 2024-06-10" in listed


@pytest.fixture
def cast(ven_cast: Cast) -> Cast:
    return ven_cast


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"approved_on": ""}, "Enter the day of the ethics approval."),
        ({"reference": " "}, "Enter the number of the approval."),
        ({"in_force_from": "2024-06-01"}, "in force from its approval at the earliest"),
        ({"in_force_from": "10 June"}, "Enter a day as YYYY-MM-DD."),
        ({"confirmed": None}, "Read what changes at this site"),
    ],
)
def test_what_is_refused_stands_beside_its_field_and_what_was_typed_stays(
    cast: Cast, client: Client, typed: dict[str, Any], sentence: str
) -> None:
    amend(cast)
    client.force_login(cast.data_manager)
    told = {name: value for name, value in {**TOLD, **typed}.items() if value is not None}
    answer = client.post(f"/protocols/BLINA-VEN/versions/9.0/sites/{cast.here.key}/activate/", told)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert 'value="2024-EC-17"' in page or typed.get("reference")
    with acting(role="system"):
        assert not Activation.objects.filter(version__version="9.0").exists()


def test_a_site_that_does_not_take_part_is_no_site(cast: Cast, client: Client) -> None:
    amend(cast)
    client.force_login(cast.data_manager)
    answer = client.post("/protocols/BLINA-VEN/versions/9.0/sites/NOWHERE/activate/", TOLD)
    assert answer.status_code == 422
    assert "does not plan this site" in answer.content.decode()


def test_the_page_names_who_is_not_trained_in_the_version(cast: Cast, client: Client) -> None:
    amend(cast)  # which trains the staff here
    client.force_login(cast.data_manager)
    page = client.get("/protocols/BLINA-VEN/versions/9.0/activation/").content.decode()
    assert "Stranger" in page
    assert "Coordinator: from the day" not in page


def test_only_a_data_manager_opens_the_page(cast: Cast, client: Client) -> None:
    amend(cast)
    for part, person in cast.people().items():
        client.force_login(person)
        status = client.get("/protocols/BLINA-VEN/versions/9.0/activation/").status_code
        assert (status == 200) is (part == "data_manager"), part


def test_a_file_that_gives_a_name_another_meaning_is_refused_with_its_line(cast: Cast) -> None:
    text = (PROTOCOLS / "BLINA-VEN.yaml").read_text(encoding="utf-8")
    item = "type: decimal, unit: mmol/L, required: true, source: *tls"
    text = text.replace(item, item.replace("mmol/L", "mg/dL"), 1)
    text = text.replace('version: "1.0"', 'version: "2.0"')
    with acting(user=cast.data_manager), pytest.raises(FileRefused) as refusal:
        add_version(text=text, by=cast.data_manager)
    (problem,) = refusal.value.problems
    assert problem.path == "forms[0].items[2].unit"
    assert "potassium_mmol_l" in problem.text
    assert "Give the new item another key" in problem.sentence
    with acting(role="system"):
        assert cast.study.versions.count() == 1


def test_the_trail_names_the_version_and_its_approval(cast: Cast, client: Client) -> None:
    activate(cast, amend(cast))
    client.force_login(cast.data_manager)
    page = client.get("/trail/?study=BLINA-VEN").content.decode()
    assert "Activation of a protocol version" in page
    for word in ("9.0", "2024-EC-17", "2024-06-03"):
        assert word in page
