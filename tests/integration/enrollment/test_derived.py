"""What a form of screening gives, on its page: age, complete consent, days of treatment, genetics."""

from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from trialsite.audit import acting
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.partial_date import PartialDate

from ..casebook.record_page import derived_of

DAY = date(2026, 1, 6)
SIGNED = [{"signer": "patient", "signed": True, "signed_on": DAY}]
HYDROXYUREA = {
    "kind": "HU",
    "start": PartialDate.parse("2026-01-01"),
    "stop": PartialDate.parse("2026-01-03"),
}

FORMS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    (
        "ICF",
        {"version_approved": True},
        {"signatures": SIGNED},
        "Consent complete Yes At 39 years must sign: ",
    ),
    ("ICF", {}, {"signatures": SIGNED}, "Consent complete Not known yet"),
    (
        "MH",
        {"prior_therapy_reviewed": True},
        {"therapies": [HYDROXYUREA]},
        "Days of hydroxyurea 3 days 2026-01-01 – 2026-01-03",
    ),
    (
        "MH",
        {"prior_therapy_reviewed": True},
        {},
        "Days of corticosteroid 0 days No course in a list that is complete",
    ),
    ("MH", {}, {}, "Days of corticosteroid Not known yet The list is not said to be complete"),
    ("DX", {"bcr_abl1_pcr": "NEG"}, {}, "(Philadelphia chromosome) Negative BCR::ABL1 by PCR: Negative"),
    ("DX", {}, {}, "(Philadelphia chromosome) Not known yet No test is recorded"),
    ("DX", {"ph_like": True}, {}, "High-risk genetics Yes "),
    ("DX", {}, {}, "High-risk genetics Not known yet Not every feature is answered"),
]


@pytest.mark.parametrize(("form", "items", "rows", "said"), FORMS)
def test_a_form_of_screening_shows_what_is_derived_from_it(
    client: Client, cast: Cast, form: str, items: dict[str, Any], rows: dict[str, Any], said: str
) -> None:
    subject = bare_subject(cast)
    client.force_login(cast.coordinator)

    def enter(key: str, values: dict[str, Any], lines: dict[str, Any]) -> Any:
        with acting(user=cast.coordinator):
            slot = Slot(subject.pk, "SCR", key)
            return submit_form(
                slot=slot, values={"performed_on": DAY} | values, rows=lines or None, by=cast.coordinator
            )

    person = enter("DM", {"birth_date": PartialDate.parse("1986-02-01"), "sex": "M"}, {})
    assert "Age at consent Not known yet The birth date and a signed consent" in derived_of(client, person)
    record = enter(form, items, rows)
    assert said in derived_of(client, record)
    if form == "ICF":
        assert "Age at consent 39 years Completed years from 1986-02-01 to 2026-01-06" in derived_of(
            client, person
        )
