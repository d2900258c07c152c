"""Remarks: CO, what people wrote beside the items of a form."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from trialsite.casebook.domain.nature import Nature
from trialsite.casebook.models import ProtocolForm, Subject
from trialsite.casebook.registries import forms

from .dataset import Dataset, spid
from .reading import Found, Reading
from .text import iso, pieces, plain

REMARKS = ("comment", "findings")
Places = Mapping[str, Mapping[str, list[Found]]]  # --SPID → dataset → the rows that have it


@cache
def remarked() -> tuple[tuple[str, type[Any], str], ...]:
    """Form, model and item of each place for remarks."""
    return tuple(
        (form.key, form.model, item)
        for form in forms.values()
        if form.model is not ProtocolForm
        for item in REMARKS
        if any(column.name == item for column in form.model._meta.concrete_fields)
    )


def remarks(reading: Reading, subject: Subject) -> Iterator[Found]:
    """CO: each remark with the rows of the one dataset that its form became, else with the day of its form.

    A long one goes on in further rows."""
    places = places_of(reading)[subject.usubjid]
    for form, model, item in remarked():
        for record in reading.forms(model, subject, form):
            about = related(places[spid(record)]) or {"CODTC": iso(record.performed_on)}
            for piece in filter(None, pieces(plain(getattr(record, item)))):
                yield {"COREF": form, "COVAL": piece, **about}


def related(found: Mapping[str, list[Found]]) -> Found:
    """RDOMAIN, IDVAR and IDVARVAL of the rows of a form: one by its number, several by what they came from."""
    if len(found) != 1:
        return {}
    [(name, rows)] = found.items()
    by = f"{name}SEQ" if len(rows) == 1 else f"{name}SPID"
    return {"RDOMAIN": name, "IDVAR": by, "IDVARVAL": str(rows[0][by])}


def places_of(reading: Reading) -> Mapping[str, Places]:
    """Subject → where the rows of the batch came from."""
    if not hasattr(reading, "places"):
        found: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for name, one in reading.datasets.items():
            if f"{name}SPID" in one.names:
                for row in reading.rows(name):
                    found[row["USUBJID"]][row.get(f"{name}SPID", "")][name].append(row)
        reading.places = found  # type: ignore[attr-defined]
    return reading.places  # type: ignore[attr-defined]


DATASETS = (
    Dataset(
        "CO",
        remarks,
        ("RDOMAIN", "IDVAR", "IDVARVAL", "COREF", "CODTC", "CODY"),
        ("CODTC", "COREF", "IDVARVAL", "COVAL"),
        nature=Nature.FREE_TEXT,
    ),
)
