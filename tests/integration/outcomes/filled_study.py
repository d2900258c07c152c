"""A study with something in every dashboard: Ann and Bo here, Cai at the other site."""

from datetime import date, timedelta
from typing import Any

from tests.cast import Cast, bare_subject
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.services import move_subject, next_number, next_repeat, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.clinical.partial_date import PartialDate
from trialsite.clinical.quantity import Quantity

DAY1 = date(2026, 1, 12)
FEVER, NEUTROPENIA = "Fever", "Neutrophil count decreased"
REMISSION = {
    "evaluable": True,
    "pb_blasts": False,
    "extramedullary": False,
    "bm_blast_pct": Quantity.parse("1", "%", "blasts"),
    "anc": Quantity.parse("1.5", "10*9/L", "anc"),
    "platelets": Quantity.parse("150", "10*9/L", "platelets"),
    "gcsf_7d": False,
    "platelets_7d": False,
}
CRS_1 = {
    "temperature": Quantity.parse("38.5", "Cel", "temperature"),
    "hypotension": "NONE",
    "oxygen": "NONE",
}
BODY = {"height": Quantity.parse("170", "cm", "height"), "weight": Quantity.parse("70", "kg", "weight")}


def on(day: int) -> date:
    """A day of treatment; the first is 1."""
    return DAY1 + timedelta(days=day - 1)


def by_whom(cast: Cast, subject: Subject) -> User:
    return cast.coordinator if subject.site_id == cast.here.pk else cast.stranger


def put(
    cast: Cast, subject: Subject, form: str, day: date, visit: str = LOG, rows: Any = None, **values: Any
) -> Any:
    """Submit a form as the coordinator of the subject's site."""
    who = by_whom(cast, subject)
    with acting(user=who):
        repeat = next_repeat(subject=subject, form_key=form, visit_key=visit)
        slot = Slot(subject.pk, visit, form, 1, repeat)
        return submit_form(slot=slot, values={"performed_on": day, **values}, rows=rows, by=who)


def treated(cast: Cast, site: Any) -> Subject:
    """A subject that began the first phase on day 1."""
    subject = bare_subject(cast, site=site)
    who = by_whom(cast, subject)
    with acting(user=who):
        move_subject(
            subject,
            SubjectState.ENROLLED,
            subject_number=f"D-{next_number('dashboard tests')}",
            enrolled_on=date(2026, 1, 11),
            arm=cast.version.protocol.arms[0].key,
        )
    put(cast, subject, "CYC", DAY1, phase="IND_CHEMO", **BODY)
    return subject


def event(cast: Cast, subject: Subject, term: str, grade: int, day: int, **values: Any) -> Any:
    onset = on(day)
    return put(cast, subject, "AE", onset, onset=PartialDate.of(onset), term=term, grade=grade, **values)


def mrd(cast: Cast, subject: Subject, visit: str, day: int, text: str, point: str) -> None:
    """A sample by the study's method: a value in per cent, or "-" for not detected among a million cells."""
    found: dict[str, Any] = (
        {"qualifier": "QUANTIFIED", "value": Quantity.parse(text, "%", "mrd")}
        if text != "-"
        else {
            "qualifier": "NOT_DETECTED",
            "cells_analysed": 1_000_000,
        }
    )
    rows = {"results": [{"method": "MFC", **found}]}
    put(cast, subject, "MRD", on(day), visit, rows, time_point=point, specimen="BM_FIRST_PULL")


def fill(cast: Cast) -> dict[str, Subject]:
    """Ann: fever twice, neutropenia, CRS, MRD gone. Bo: neutropenia, serious, MRD left. Cai, elsewhere: fever."""
    ann, bo, cai = treated(cast, cast.here), treated(cast, cast.here), treated(cast, cast.elsewhere)
    event(cast, ann, FEVER, 2, 3)
    event(cast, ann, FEVER, 1, 9)
    event(cast, ann, NEUTROPENIA, 4, 10)
    event(cast, bo, NEUTROPENIA, 3, 8, serious=True, cause_chemo="RELATED")
    event(cast, cai, FEVER, 1, 4)
    event(cast, cai, FEVER, 3, -6)  # before treatment
    put(cast, ann, "CRS", on(4), **CRS_1)
    for subject, later in ((ann, "-"), (bo, "0.05"), (cai, "-")):
        mrd(cast, subject, "SCR", 0, "10", "SCREENING")
        mrd(cast, subject, "IND_EOI1", 23, later, "END_OF_INDUCTION")
        put(cast, subject, "BM", on(23), "IND_EOI1", **REMISSION)
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    return {"ann": ann, "bo": bo, "cai": cai}
