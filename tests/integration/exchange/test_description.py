"""The API describes itself to the end: every operation; every field with type, meaning, unit, codes; examples hold."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from rest_framework.serializers import Serializer

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.registries import forms
from trialsite.casebook.values import QuantityItem
from trialsite.clinical.units import ANALYTES
from trialsite.exchange.profiles import natures_of
from trialsite.exchange.serializers import form_serializer, item_fields, row_serializer
from trialsite.problems import MEDIA_TYPE

from .described import document, operations, schemas

OPEN = {"/api/v1/problems/"}
PURE_NUMBERS = {  # decimals that have no unit: ratios, levels, pH, counts
    "FormCgv.alt_times",
    "FormCgv.alp_times",
    "FormCm.per_day",
    "FormCyc.dose_level",
    "FormMtx.urine_ph",
    "FormTf.units",
    "CellCourseLine.dose_mg",  # its name and help text say mg
}
FIELDS = [
    (component, name) for component, schema in schemas().items() for name in schema.get("properties", ())
]
SERIALIZERS: list[type[Serializer]] = [
    *(form_serializer(kind) for kind in forms.values()),
    *dict.fromkeys(row_serializer(row.model) for kind in forms.values() for row in kind.rows),
]


def field(component: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = schemas()[component]["properties"][name]
    return found


def component_of(serializer: type[Serializer]) -> str:
    return serializer.__name__.removesuffix("Serializer")


def types_of(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return kind if isinstance(kind, list) else [kind]


def test_every_field_has_a_type_a_title_and_a_meaning() -> None:
    untold = []
    for component, name in FIELDS:
        told = field(component, name)
        if not (told.keys() & {"type", "$ref", "allOf", "oneOf"} and told["title"] and told["description"]):
            untold.append(f"{component}.{name}")
    assert untold == []


def test_what_a_field_means_is_more_than_its_name_except_for_items_which_forms_label() -> None:
    items = {
        (component_of(serializer), name)
        for serializer in SERIALIZERS
        for name in item_fields(serializer.Meta.model)[0]  # type: ignore[attr-defined]
    }
    bare = [
        f"{component}.{name}"
        for component, name in FIELDS
        if (component, name) not in items
        and field(component, name)["description"].partition("\n")[0].lower() == name.replace("_", " ")
    ]
    assert bare == []


def test_every_component_says_what_it_is() -> None:
    assert [
        name
        for name, told in schemas().items()
        if not told.get("description") and not name.startswith("Paginated")
    ] == []


def test_every_decimal_has_its_unit() -> None:
    without = [
        f"{component}.{name}"
        for component, name in FIELDS
        if field(component, name).get("format") == "decimal"
        and not field(component, name).keys() & {"x-unit", "x-unit-in"}
    ]
    assert set(without) == PURE_NUMBERS


@pytest.mark.parametrize("serializer", SERIALIZERS, ids=component_of)
def test_items_have_the_units_that_their_models_declare(serializer: Any) -> None:
    model, component = serializer.Meta.model, component_of(serializer)
    for name, item in model.composites.items():
        if isinstance(item, QuantityItem):
            told = field(component, name)
            if item.analyte:
                assert told["x-unit"] == ANALYTES[item.analyte].canonical
                assert told["x-unit"] in told["description"]
                assert told["x-units"] == [unit.code for unit in ANALYTES[item.analyte].units]
            else:
                assert told["x-unit-in"] == f"{name}.unit"
    for name, unit in model.item_units.items():
        assert field(component, name)["x-unit"] == str(unit)
        assert str(unit) in field(component, name)["description"]
    for name, column in model.units_in.items():
        assert field(component, name)["x-unit-in"] == column
        assert column in schemas()[component]["properties"]


@pytest.mark.parametrize("serializer", SERIALIZERS, ids=component_of)
def test_coded_items_list_their_codes_with_words(serializer: Any) -> None:
    model, component = serializer.Meta.model, component_of(serializer)
    names, composites = item_fields(model)
    for name in set(names) - composites.keys():
        choices = dict(model._meta.get_field(name).flatchoices)
        choices = {code: words for code, words in choices.items() if code not in ("", None)}
        if choices:
            told = field(component, name)
            words = dict(zip(told["enum"], told["x-enum-descriptions"], strict=True))
            assert {code: words[code] for code in choices} == {
                code: str(said) for code, said in choices.items()
            }
            assert all(str(said) in told["description"] for said in choices.values())


@pytest.mark.parametrize("serializer", SERIALIZERS, ids=component_of)
def test_what_a_profile_leaves_out_is_never_promised(serializer: Any) -> None:
    schema = schemas()[component_of(serializer)]
    held = {name: nature for name, nature in natures_of(serializer).items() if "." not in name}
    assert held.keys() & set(schema["required"]) == set()
    for name, nature in held.items():
        assert schema["properties"][name]["x-nature"] == nature.value
    plain = schema["properties"].keys() - held.keys()
    assert not any("x-nature" in schema["properties"][name] for name in plain)


def test_a_profile_leaves_something_of_some_form_out() -> None:
    natures = {nature for serializer in SERIALIZERS for nature in natures_of(serializer).values()}
    assert natures == {Nature.FREE_TEXT, Nature.IDENTIFYING, Nature.GENETIC}


@pytest.mark.parametrize(
    ("method", "path", "told"), operations(), ids=lambda one: one if isinstance(one, str) else ""
)
def test_every_operation_says_what_it_does_takes_and_answers(
    method: str, path: str, told: dict[str, Any]
) -> None:
    assert told["summary"]
    assert told["description"]
    for parameter in told.get("parameters", ()):
        assert parameter["description"], parameter["name"]
        assert parameter["schema"], parameter["name"]
    sent = {parameter["name"] for parameter in told.get("parameters", ()) if parameter["in"] == "header"}
    answers = told["responses"]
    assert all(answer["description"] for answer in answers.values())
    refused = {status: answer for status, answer in answers.items() if status >= "400"}
    assert all(list(answer["content"]) == [MEDIA_TYPE] for answer in refused.values())
    if path in OPEN:
        return
    assert {"token": []} in told["security"]
    assert {"401", "403", "404", "406", "429"} <= refused.keys()
    assert "Retry-After" in refused["429"]["headers"]
    if method == "get":
        assert "as_of" in {parameter["name"] for parameter in told["parameters"]}
    else:
        assert {"400", "409", "415", "422", "423"} <= refused.keys()
        assert "Idempotency-Key" in sent
        done = next(answer for status, answer in answers.items() if status < "300")
        assert "Idempotency-Replayed" in done["headers"]


def test_single_records_and_slots_have_versions() -> None:
    one = document()["paths"]["/api/v1/forms/VS/{id}/"]["get"]
    assert "ETag" in one["responses"]["200"]["headers"]
    assert "304" in one["responses"]
    assert "X-Left-Out" in document()["paths"]["/api/v1/forms/VS/"]["get"]["responses"]["200"]["headers"]
    slot = document()["paths"]["/api/v1/subjects/{subject_id}/slots/{visit}/{form}/"]
    assert "ETag" in slot["get"]["responses"]["200"]["headers"]
    assert "ETag" in slot["put"]["responses"]["201"]["headers"]
    assert {"If-Match", "Idempotency-Key"} <= {one["name"] for one in slot["put"]["parameters"]}


def test_operations_have_names_of_their_own() -> None:
    names = [told["operationId"] for _method, _path, told in operations()]
    assert len(names) == len(set(names))


def test_every_list_and_write_has_an_example_and_every_example_is_what_the_schema_says() -> None:
    examples = 0
    for method, path, told in operations():
        bodies = [told.get("requestBody", {}), *told["responses"].values()]
        assert (method != "get") == ("requestBody" in told), path
        for body in bodies:
            for media_type, content in body.get("content", {}).items():
                if not media_type.endswith("json") or media_type.startswith("application/x-"):
                    continue
                (example,) = content["examples"].values()
                whole = {**content["schema"], "components": document()["components"]}
                wrong = [error.message for error in Draft202012Validator(whole).iter_errors(example["value"])]
                assert wrong == [], (method, path, media_type)
                examples += 1
    assert examples > len(operations())


def test_what_is_sent_takes_no_field_of_another_name() -> None:
    taken = {
        content["schema"]["$ref"].rpartition("/")[2]
        for _method, _path, told in operations()
        for content in told.get("requestBody", {}).get("content", {}).values()
    }
    assert taken
    assert all(schemas()[name]["additionalProperties"] is False for name in taken)
