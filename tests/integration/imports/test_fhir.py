"""Laboratory results from a FHIR bundle: the same staging, told by LOINC, UCUM and identifiers."""

import json
from datetime import date, time
from typing import Any

import pytest

from assessments.laboratory.panels import PANELS
from assessments.models import LabReport, LabResult
from tests.cast import Cast, bare_subject
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import Subject
from trialsite.imports.fhir import read_bundle
from trialsite.imports.loinc import LOINC
from trialsite.imports.models import ImportBatch
from trialsite.imports.outcomes import Row, rows_from
from trialsite.imports.services import commit_import, stage_import

UCUM = "http://unitsofmeasure.org"


@pytest.fixture
def subject(cast: Cast) -> Subject:
    return bare_subject(cast)


def observation(
    number: str, code: str = "2160-0", value: str = "1.20", unit: str = "mg/dL", **more: Any
) -> Any:
    """An Observation with its number as JSON text, so that its digits are those that are sent."""
    found = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}], "text": "as printed"},
        "subject": {"identifier": {"value": number}},
        "effectiveDateTime": "2026-01-06T00:15:00Z",
        "valueQuantity": {"value": f"@{value}@", "unit": unit, "system": UCUM, "code": unit},
    }
    return found | more


def bundle(*resources: Any) -> bytes:
    entries = [{"fullUrl": f"urn:{n}", "resource": one} for n, one in enumerate(resources)]
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return text.replace('"@', "").replace('@"', "").encode()


def staged(cast: Cast, *resources: Any) -> ImportBatch:
    content = bundle(*resources)
    with acting(user=cast.coordinator):
        return stage_import(
            study=cast.study,
            site=cast.here,
            kind="fhir",
            source="LIS",
            file_name="labs.json",
            content=content,
            sheet=read_bundle("labs.json", content),
            mapping={},
            by=cast.coordinator,
        )


def rows(batch: ImportBatch) -> list[Row]:
    return rows_from(batch.rows)


def test_every_code_is_of_an_analyte_of_the_laboratory_forms() -> None:
    assert {analyte for analyte, _name in LOINC.values()} <= {key for keys in PANELS.values() for key in keys}


def test_an_observation_is_entered_at_the_sites_time_with_its_digits(cast: Cast, subject: Subject) -> None:
    limits = [{"low": {"value": "@0.5@", "code": "mg/dL", "system": UCUM}, "high": {"value": "@1.1@"}}]
    batch = staged(cast, observation(subject.number, referenceRange=limits))
    assert [(row.status, row.changes) for row in rows(batch)] == [
        ("new", [["Creatinine", "", "1.20 mg/dL · 44.2–97.24"]])
    ]
    with acting(user=cast.coordinator):
        commit_import(batch_id=batch.pk, by=cast.coordinator)
        report = LabReport.objects.get()
        assert (report.performed_on, report.sample_time, report.laboratory) == (
            date(2026, 1, 6),
            time(8, 15),
            "LIS",
        )
        found = LabResult.objects.get()
        assert (found.analyte, found.result_text, found.result_unit) == ("creatinine", "1.20", "mg/dL")


def test_a_comparator_is_part_of_the_result(cast: Cast, subject: Subject) -> None:
    quantity = {"value": "@0.1@", "comparator": "<", "system": UCUM, "code": "10*9/L"}
    batch = staged(cast, observation(subject.number, "6690-2", valueQuantity=quantity))
    assert rows(batch)[0].changes == [["White blood cells", "", "<0.1 10⁹/L"]]


def test_a_patient_is_known_by_the_subject_number_and_nothing_else_is_kept(
    cast: Cast, subject: Subject
) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "name": [{"text": "Zhang San"}],
        "identifier": [{"value": "MRN-4711"}, {"value": subject.number}],
    }
    by_reference = observation("", subject={"reference": "Patient/p1"})
    stranger = observation("MRN-9999", "718-7", "90", "g/L")
    batch = staged(cast, patient, by_reference, stranger)
    assert [(row.status, row.subject) for row in rows(batch)] == [("new", subject.number), ("rejected", "")]
    assert not any(word in str(batch.rows) for word in ("MRN", "Zhang"))


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"status": "preliminary"}, "status"),
        ({"status": "entered-in-error"}, "status"),
        ({"code": {"text": "Creatinine"}}, "test"),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "3094-0"}]}}, "test"),
        ({"effectiveDateTime": "2026-01"}, "date"),
        ({"valueQuantity": {"value": "@1.2@", "system": UCUM, "code": "g/L"}}, "unit"),
        ({"valueQuantity": None, "valueString": "haemolysed"}, "unit"),
        ({"valueQuantity": None}, "result"),
        ({"referenceRange": [{"low": {"value": "@44@", "code": "umol/L", "system": UCUM}}]}, "lower"),
    ],
)
def test_an_observation_that_is_no_clear_result_is_rejected_at_its_part(
    cast: Cast, subject: Subject, change: dict[str, Any], column: str
) -> None:
    batch = staged(
        cast, observation(subject.number, **change), observation(subject.number, "718-7", "90", "g/L")
    )
    assert [(row.status, [one[0] for one in row.refused][:1]) for row in rows(batch)] == [
        ("rejected", [column]),
        ("new", []),
    ]


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"resourceType": "Patient"}', b'{"resourceType": "Bundle"}']
)
def test_a_file_that_is_no_bundle_of_observations_is_refused(content: bytes) -> None:
    with pytest.raises(CheckFailed):
        read_bundle("labs.json", content)
