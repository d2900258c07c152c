"""Forms of the assessments entered through the service, for the tests."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from tests.cast import Cast
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import facts_of
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot
from trialsite.clinical.facts import Fact
from trialsite.clinical.quantity import Quantity


def enter(
    cast: Cast,
    subject: Subject,
    form: str,
    on: date,
    *,
    visit: str = "SCR",
    repeat: int = 1,
    rows: Sequence[Mapping[str, Any]] = (),
    missing: Mapping[str, str] | None = None,
    **values: Any,
) -> Any:
    """Submit a form as the coordinator of the subject's site."""
    who = cast.coordinator if subject.site_id == cast.here.pk else cast.stranger
    with acting(user=who):
        return submit_form(
            slot=Slot(subject.pk, visit, form, repeat),
            values={"performed_on": on, **values},
            rows={"results": rows} if rows else None,
            missing=missing,
            by=who,
        )


def result(analyte: str, text: str, unit: str, **limits: Any) -> dict[str, Any]:
    """One line of a laboratory report."""
    return {"analyte": analyte, "result": Quantity.parse(text, unit, analyte), **limits}


def counts(cast: Cast, subject: Subject, on: date, anc: str, platelets: str, visit: str = "SCR") -> Any:
    """A haematology report with the two counts of a response."""
    lines = [result("anc", anc, "10*9/L"), result("platelets", platelets, "10*9/L")]
    return enter(cast, subject, "HEM", on, visit=visit, rows=lines)


def marrow(cast: Cast, subject: Subject, on: date, blasts: str, visit: str = "SCR", **values: Any) -> Any:
    """An evaluable marrow without disease elsewhere."""
    clear = {"evaluable": True, "pb_blasts": False, "extramedullary": False}
    blast_share = Quantity.parse(blasts, "%", "blasts")
    return enter(cast, subject, "BM", on, visit=visit, bm_blast_pct=blast_share, **(clear | values))


def fact(cast: Cast, subject: Subject, name: str) -> Fact:
    """A fact of the subject, read as the coordinator."""
    with acting(user=cast.coordinator):
        return facts_of(subject.pk, [name])[name]
