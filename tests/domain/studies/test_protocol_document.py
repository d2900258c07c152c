"""A protocol read from YAML and the same from the database are one and the same."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from trialsite.studies.domain.digest import canonical, digest
from trialsite.studies.domain.protocol import Protocol, Text
from trialsite.studies.domain.provenance import marks, to_sign, uncovered
from trialsite.studies.domain.read import read_file, read_text

FOLDER = Path(__file__).parents[3] / "trialsite" / "studies" / "protocols"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_document_survives_the_way_through_json(file: Path) -> None:
    document = read_file(file).document
    stored = json.loads(json.dumps(document))
    assert stored == document
    assert Protocol.from_document(stored) == Protocol.from_document(document)
    assert digest(stored) == digest(document)


def test_the_digest_knows_content_and_not_layout() -> None:
    one = read_text("a: 1\nb: {c: '0.10', d: 甲}\n", "x").document
    same = read_text('# a remark\nb:\n  d: 甲\n  c: "0.10"\na:   1\n', "y").document
    other = read_text("a: 1\nb: {c: '0.1', d: 甲}\n", "x").document
    assert digest(one) == digest(same)
    assert digest(one) != digest(other)
    assert canonical(one) == '{"a":1,"b":{"c":"0.10","d":"甲"}}'
    assert digest(one) == "f53648c3381e704603da5daa620f4dea24cbdfd1f5dc73b382ccace9e2d2383d"


def test_numbers_are_exact_and_texts_have_two_languages() -> None:
    protocol = Protocol.from_document(read_file(FOLDER / "VIP-BLINA-HSCT.yaml").document)
    vincristine = protocol.regimen_of("VIP").drugs[0]
    assert (vincristine.doses[0].amount, vincristine.doses[0].cap) == (Decimal("1.4"), Decimal("2"))
    assert vincristine.name == Text("Vincristine", "长春新碱")
    assert vincristine.name.in_language("zh-hans") == "长春新碱"


def test_a_trial_without_a_stated_number_has_none() -> None:
    protocol = Protocol.from_document(read_file(FOLDER / "BLINA-INTENS.yaml").document)
    assert protocol.planned_enrolment is None
    assert protocol.accrual_months is None
    assert {site.planned for site in protocol.sites} == {None}


def test_asking_for_a_key_that_does_not_exist_is_an_error() -> None:
    protocol = Protocol.from_document(read_file(FOLDER / "BLINA-VEN.yaml").document)
    with pytest.raises(KeyError, match="C3"):
        protocol.phase_of("C3")


def test_every_site_is_a_level_of_the_site_stratum() -> None:
    protocol = Protocol.from_document(read_file(FOLDER / "BLINA-INTENS.yaml").document)
    assert protocol.randomisation is not None
    site, risk = protocol.randomisation.strata
    assert site.by_site
    assert [level.key for level in site.levels] == [planned.key for planned in protocol.sites]
    assert [level.key for level in risk.levels] == ["KMT2A_TP53", "OTHER"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_value_has_a_source(file: Path) -> None:
    document = read_file(file).document
    assert uncovered(document) == ()
    assert all(mark.cite for mark in marks(document))


def test_a_value_that_lost_its_source_is_found() -> None:
    document = read_file(FOLDER / "BLINA-FULL.yaml").document
    del document["planned_enrolment"]["source"]
    assert uncovered(document) == ("planned_enrolment.value", "planned_enrolment.cite")


def test_what_the_registration_states_needs_no_signature_and_what_it_leaves_open_does() -> None:
    open_values = {mark.path: mark for mark in to_sign(read_file(FOLDER / "BLINA-FULL.yaml").document)}
    assert "planned_enrolment" not in open_values
    assert "criteria[0]" not in open_values
    assert "ctcae_version" in open_values
    assert open_values["endpoints[0].origin"].label.en == "Relapse-free survival: origin"
    assert "endpoints[0]" not in open_values
    assert open_values["regimens[0].drugs[0]"].label.zh == "伊达比星"


def test_general_knowledge_needs_a_signature_and_a_reference_does_not() -> None:
    found = {mark.path: mark for mark in marks(read_file(FOLDER / "VIP-BLINA-HSCT.yaml").document)}
    general = [mark for mark in found.values() if mark.source == "general-knowledge"]
    references = [mark for mark in found.values() if mark.source == "reference"]
    assert general
    assert references
    assert all(mark.needs_signature for mark in general)
    assert not any(mark.needs_signature for mark in references)


def test_consent_is_asked_of_those_whom_the_age_requires() -> None:
    full = Protocol.from_document(read_file(FOLDER / "BLINA-FULL.yaml").document).consent
    assert full.signers_at(14) == ()
    assert full.signers_at(15) == ("guardian", "assent")
    assert full.signers_at(17) == ("guardian", "assent")
    assert full.signers_at(18) == ("patient",)
    vip = Protocol.from_document(read_file(FOLDER / "VIP-BLINA-HSCT.yaml").document).consent
    assert vip.signers_at(40) == ("patient", "guardian")
