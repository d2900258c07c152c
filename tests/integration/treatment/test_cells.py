"""CAR-T cells: conditions of the apheresis, what the forms compute, the panel."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from tests.cast import Cast
from treatment.cells.panel import cell_context
from treatment.cells.reading import aplasia_of
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import forms
from trialsite.clinical.quantity import Quantity

from .subjects import enrolled, infuse, log, size

APHERESIS, INFUSED = date(2026, 5, 20), date(2026, 6, 20)
pytestmark = pytest.mark.django_db


def lymphocytes(text: str) -> Quantity:
    return Quantity.parse(text, "10*9/L", "lymphocytes")


def told(record: Any) -> dict[str, tuple[str, str]]:
    kind = forms["CAR" if record.form_key == "CAR" else record.form_key]
    assert kind.derived is not None
    return {str(one.label): (str(one.value), str(one.tone)) for one in kind.derived(record)}


def asked(cast: Cast, subject: Subject, values: dict[str, Any]) -> list[str]:
    with acting(user=cast.coordinator):
        return [one.item for one in forms["CAR"].checks[-1].run(values, {}, subject)]


def test_the_conditions_of_an_apheresis_are_asked_about_with_their_evidence(cast: Cast) -> None:
    subject = enrolled(cast)
    infuse(cast, subject, ("2026-04-20 10:00", "2026-05-10 10:00", "28", "END"))
    steroid = {
        "medicine": "Prednisone",
        "amount": Decimal(20),
        "unit": "mg",
        "per_day": Decimal(1),
        "route": "ORAL",
        "started": exact("2026-05-16"),
        "stopped": exact("2026-05-18"),
        "performed_on": date(2026, 5, 16),
    }
    log(cast, subject, "CM", steroid)
    values = {"step": "APHERESIS", "performed_on": APHERESIS, "lymphocytes": lymphocytes("0.2")}
    assert asked(cast, subject, values) == ["lymphocytes", "performed_on", "performed_on"]
    later = values | {"performed_on": date(2026, 5, 27), "lymphocytes": lymphocytes("0.3")}
    assert asked(cast, subject, later) == []
    assert asked(cast, subject, values | {"step": "FOLLOW_UP"}) == []


def exact(text: str) -> Any:
    from trialsite.clinical.partial_date import PartialDate

    return PartialDate.parse(text)


def test_the_form_shows_conditions_cells_in_all_and_vein_to_vein(cast: Cast) -> None:
    subject = enrolled(cast)
    first = log(cast, subject, "CAR", {"step": "APHERESIS", "performed_on": APHERESIS})
    values = {
        "step": "INFUSION",
        "performed_on": INFUSED,
        "dose": Decimal("1.05"),
        "weight": size("62.5", "weight"),
        "product": "CD19 CAR-T (synthetic)",
    }
    second = log(cast, subject, "CAR", values)
    with acting(user=cast.coordinator):
        assert told(first) == {
            "Lymphocytes for the apheresis": ("unknown", "unknown"),
            "Corticosteroid before the apheresis": ("met", "done"),
            "Time since blinatumomab": ("met", "done"),
        }
        assert told(second) == {"CAR-T cells in all": ("65.6 × 10⁶", ""), "Vein to vein": ("31 days", "")}


def test_b_cells_over_time_and_the_panel(cast: Cast, client: Client) -> None:
    subject = enrolled(cast)
    with acting(user=cast.coordinator):
        assert cell_context(subject) == {}
    log(cast, subject, "CAR", {"step": "INFUSION", "performed_on": INFUSED, "dose": Decimal(1)})
    for day, count in ((date(2026, 7, 18), "0"), (date(2026, 10, 2), "25")):
        log(cast, subject, "BCA", {"performed_on": day, "cd19_cells": Decimal(count), "ivig": True})
    lines = [
        {"agent": "TOCILIZUMAB", "reason": "CRS", "dose_mg": Decimal(480), "started_on": date(2026, 6, 23)}
    ]
    log(cast, subject, "CTX", {"performed_on": date(2026, 6, 23)}, {"courses": lines})
    with acting(user=cast.coordinator):
        found = aplasia_of(subject, INFUSED)
    assert found is not None
    assert (found.first, found.recovered_on) == (date(2026, 7, 18), date(2026, 10, 2))
    client.force_login(cast.coordinator)
    page = client.get(f"/subjects/{subject.pk}/treatment/").content.decode()
    for words in ("CAR-T cells", "Tocilizumab", "B cells back on 2026-10-02", "Apheresis"):
        assert words in page
