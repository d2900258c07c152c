"""What an amendment may never do, held on a file that ships."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from trialsite.amendments.domain.compatible import compatible
from trialsite.studies.domain.protocol import Protocol
from trialsite.studies.domain.read import read_file

FILE = Path(__file__).parents[3] / "trialsite/studies/protocols/BLINA-VEN.yaml"
DOCUMENT = read_file(FILE).document
OLD = Protocol.from_document(DOCUMENT)


def items(document: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["forms"][0]["items"]
    return found


def with_item(**settings: Any) -> Callable[[dict[str, Any]], None]:
    """Change the potassium item (decimal, mmol/L)."""

    def change(document: dict[str, Any]) -> None:
        item = next(one for one in items(document) if one["key"] == "potassium_mmol_l")
        item.update(settings)

    return change


def without_item(document: dict[str, Any]) -> None:
    document["forms"][0]["items"] = [one for one in items(document) if one["key"] != "potassium_mmol_l"]


def new_item(document: dict[str, Any]) -> None:
    items(document).append({**items(document)[-1], "key": "lactate", "type": "decimal", "unit": "mmol/L"})


def without_form(document: dict[str, Any]) -> None:
    document["forms"] = []


def other_kind(document: dict[str, Any]) -> None:
    document["phases"][0]["kind"] = "observation"


def other_length(document: dict[str, Any]) -> None:
    document["phases"][0]["days"] = 99


def other_arm(document: dict[str, Any]) -> None:
    document["arms"][0]["key"] = "OTHER"


def other_trial(document: dict[str, Any]) -> None:
    document["key"] = "SOMETHING-ELSE"


CASES: list[tuple[Callable[[dict[str, Any]], None], list[str]]] = [
    (with_item(), []),
    (with_item(label={"en": "Serum potassium", "zh": "血清钾"}), []),
    (with_item(required=False), []),
    (with_item(type="integer"), ["forms[0].items[2].type"]),
    (with_item(unit="mg/dL"), ["forms[0].items[2].unit"]),
    (with_item(unit=""), ["forms[0].items[2].unit"]),
    (with_item(type="text", unit=""), ["forms[0].items[2].type", "forms[0].items[2].unit"]),
    (without_item, []),
    (new_item, []),
    (without_form, []),
    (other_kind, ["phases[0].kind"]),
    (other_length, []),
    (other_arm, ["arms"]),
    (other_trial, ["key"]),
]


@pytest.mark.parametrize(("change", "paths"), CASES)
def test_a_name_never_gets_another_meaning(
    change: Callable[[dict[str, Any]], None], paths: list[str]
) -> None:
    document = deepcopy(DOCUMENT)
    change(document)
    found = compatible(OLD, Protocol.from_document(document))
    assert [one.path for one in found] == paths
    assert all(one.sentence.en and one.sentence.zh for one in found)


def test_the_sentence_names_the_item_and_both_meanings() -> None:
    document = deepcopy(DOCUMENT)
    with_item(unit="mg/dL")(document)
    (found,) = compatible(OLD, Protocol.from_document(document))
    assert "TLS.potassium_mmol_l is mmol/L" in found.sentence.en
    assert "mg/dL here" in found.sentence.en
