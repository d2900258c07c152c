"""What the sponsor signs stands with the name of its property, and units as they are written."""

from copy import deepcopy

from tests.cast import document_of
from trialsite.casebook.sign_off import Assumed, parts_to_sign
from trialsite.studies.domain.protocol import Protocol

ASSUMED = {"source": "assumption", "cite": "a test"}


def lines_of(document: dict) -> list[Assumed]:  # type: ignore[type-arg]
    return [line for part in parts_to_sign(Protocol.from_document(document), document) for line in part.lines]


def test_properties_of_the_consent_are_named() -> None:
    found = {line.what: line.shown for line in lines_of(document_of("BLINA-FULL"))}
    assert "Consent" not in found
    assert found["days within which a new text of the consent is signed"] == "28"
    assert found["forms of procedures that are only the trial's"] == "None"


def test_numbers_and_other_trials_stand_in_words() -> None:
    found = {line.what: line.shown for line in lines_of(document_of("BLINA-FULL"))}
    assert found["numbering of subjects"] == "S-{study}-{number}, {study}-{number}"
    assert found["who takes part in other trials"] == (
        "Takes part in another trial: excluded; took part before: allowed"
    )


def test_a_unit_is_not_capitalised() -> None:
    document = deepcopy(document_of("BLINA-FULL"))
    name = {"en": "Level", "zh": "x"}
    item = {"key": "level", "label": name, "type": "decimal", "required": False, **ASSUMED}
    own = {"key": "LEV", "title": name, "items": [item | {"unit": "umol/L"}], **ASSUMED, "source": "derived"}
    document["forms"] = [own]
    assert [line.shown for line in lines_of(document) if line.what == "Level"] == ["µmol/L"]
    own["items"] = [item | {"unit": "h"}]
    assert [line.shown for line in lines_of(document) if line.what == "Level"] == ["h"]
