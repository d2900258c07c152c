"""Subjects on treatment, beneath the enrolment room, and their forms through the services."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.cast import Cast, bare_subject
from treatment.models import CycleStart
from trialsite.audit import acting
from trialsite.casebook.models import LOG, CasebookRecord, Subject
from trialsite.casebook.services import move_subject, next_number, next_repeat, submit_form
from trialsite.casebook.slots import Slot
from trialsite.casebook.states import SubjectState
from trialsite.clinical.quantity import Quantity

DAY1 = date(2026, 1, 12)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def enrolled(cast: Cast, arm: str = "") -> Subject:
    """A subject enrolled on the day before treatment; of several arms the one named."""
    subject = bare_subject(cast)
    protocol = subject.protocol_version.protocol
    arm = arm or protocol.arms[0].key
    with acting(user=cast.coordinator):
        number = f"E-{next_number('test subjects')}"
        return move_subject(
            subject, SubjectState.ENROLLED, subject_number=number, enrolled_on=date(2026, 1, 11), arm=arm
        )


def size(text: str, item: str) -> Quantity:
    return Quantity.parse(text, "kg" if item == "weight" else "cm", item)


def log(cast: Cast, subject: Subject, form: str, values: dict[str, Any], rows: Any = None) -> CasebookRecord:
    """A form in the log."""
    with acting(user=cast.coordinator):
        slot = Slot(subject.pk, LOG, form, 1, next_repeat(subject=subject, form_key=form))
        return submit_form(slot=slot, values=values, rows=rows, by=cast.coordinator)


def start(
    cast: Cast,
    subject: Subject,
    phase: str,
    on: date = DAY1,
    height: str = "170",
    weight: str = "70",
    **more: Any,
) -> CycleStart:
    """A phase that began."""
    values = {
        "phase": phase,
        "performed_on": on,
        "height": size(height, "height"),
        "weight": size(weight, "weight"),
    }
    record = log(cast, subject, "CYC", values | more)
    assert isinstance(record, CycleStart)
    return record


def infuse(cast: Cast, subject: Subject, *stretches: tuple[str, str, str, str]) -> CasebookRecord:
    """Stretches of infusion (start, stop, rate, why it stopped) in Shanghai time."""
    lines = [
        {
            "start": at(first),
            "stop": at(last) if last else None,
            "rate": Decimal(rate),
            "stop_reason": why,
        }
        for first, last, rate, why in stretches
    ]
    return log(cast, subject, "BLI", {"performed_on": at(stretches[0][0]).date()}, {"segments": lines})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)
