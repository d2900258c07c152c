"""Reading a FHIR R4 bundle of laboratory observations (JSON): one line for each Observation, nothing about persons."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from trialsite.casebook.errors import CheckFailed

from .sheets import MOST_LINES, Sheet, refuse_large

LOINC_SYSTEM, UCUM_SYSTEM = "http://loinc.org", "http://unitsofmeasure.org"
COLUMNS = ["subject", "date", "test", "result", "unit", "lower", "upper", "status"]
Found = Mapping[str, Any]


def read_bundle(name: str, content: bytes) -> Sheet:
    """The observations of a bundle by their number in it. Raises CheckFailed at "files".

    Numbers keep the digits in which they were sent. `subject` holds every identifier of the patient, apart by line
    breaks: whoever keeps the lines keeps at most the one that is a number of a subject."""
    refuse_large(len(content))
    try:
        bundle = json.loads(content.decode("utf-8-sig"), parse_float=str, parse_int=str)
    except (UnicodeDecodeError, ValueError, RecursionError) as problem:
        raise CheckFailed({"files": _("This file is no JSON in UTF-8.")}) from problem
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise CheckFailed({"files": _("This file is no FHIR bundle: its resourceType is not Bundle.")})
    entries = [one for one in as_list(bundle.get("entry")) if isinstance(one, dict)]
    persons = {key: one for entry in entries for key, one in named(entry)}
    observations = [
        (number, entry["resource"])
        for number, entry in enumerate(entries, start=1)
        if as_dict(entry.get("resource")).get("resourceType") == "Observation"
    ]
    if not observations:
        raise CheckFailed({"files": _("No Observation stands in this bundle.")})
    if len(observations) > MOST_LINES:
        raise CheckFailed({"files": _("This file has more than %(n)d lines: split it.") % {"n": MOST_LINES}})
    lines = [(number, line_of(one, persons)) for number, one in observations]
    return Sheet(
        COLUMNS, [(number, {key: text for key, text in line.items() if text}) for number, line in lines]
    )


def named(entry: Found) -> Iterator[tuple[str, Found]]:
    """A patient of the bundle under each address by which an observation may name them."""
    resource = as_dict(entry.get("resource"))
    if resource.get("resourceType") == "Patient":
        yield str(entry.get("fullUrl")), resource
        yield f"Patient/{resource.get('id')}", resource


def line_of(one: Found, persons: Mapping[str, Found]) -> dict[str, str]:
    value, limits = as_dict(one.get("valueQuantity")), as_dict(first(one.get("referenceRange")))
    line = {
        "subject": "".join(f"{number}\n" for number in numbers_of(as_dict(one.get("subject")), persons)),
        "date": text(one.get("effectiveDateTime") or one.get("effectiveInstant")),
        "test": loinc_of(one),
        "result": text(value.get("comparator")) + text(value.get("value")) or words_of(one),
        "unit": unit_of(value),
        "status": text(one.get("status")),
    }
    for name, key in (("lower", "low"), ("upper", "high")):
        limit = as_dict(limits.get(key))
        same = not limit.get("code") or unit_of(limit) == line["unit"]
        line[name] = text(limit.get("value")) if same else f"{text(limit.get('value'))} {unit_of(limit)}"
    return line


def numbers_of(subject: Found, persons: Mapping[str, Found]) -> list[str]:
    """The identifiers of the patient of an observation, its own first."""
    patient = persons.get(text(subject.get("reference")), {})
    found = [subject.get("identifier"), *as_list(patient.get("identifier"))]
    return [value for one in found if (value := text(as_dict(one).get("value")))]


def loinc_of(one: Found) -> str:
    """The LOINC code of an observation, else what it is called."""
    code = as_dict(one.get("code"))
    codings = [as_dict(coding) for coding in as_list(code.get("coding"))]
    known = [text(coding.get("code")) for coding in codings if coding.get("system") == LOINC_SYSTEM]
    return next(iter(known), "") or text(code.get("text")) or text(as_dict(first(codings)).get("display"))


def unit_of(value: Found) -> str:
    """The UCUM code of a quantity; what is no UCUM stands as it is printed."""
    ucum = value.get("system") == UCUM_SYSTEM
    return text(value.get("code")) if ucum else text(value.get("unit") or value.get("code"))


def words_of(one: Found) -> str:
    """A result that is no quantity, as it is said."""
    return text(one.get("valueString") or as_dict(one.get("valueCodeableConcept")).get("text"))


def text(value: Any) -> str:
    return " ".join(value.split())[:200] if isinstance(value, str) else ""


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def first(value: Any) -> Any:
    return next(iter(as_list(value)), None)
