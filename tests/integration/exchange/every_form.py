"""A study in which every form stands, entered as the invented subjects tell of it."""

from typing import Any

from tests.cast import Cast
from tests.integration.outcomes.filled_study import fill
from tests.integration.treatment.subjects import enrolled
from trialsite.audit import acting
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.models import LOG, Subject
from trialsite.casebook.projections import bring_up_to_date
from trialsite.casebook.registries import forms
from trialsite.casebook.services import submit_form
from trialsite.casebook.slots import Slot

from .test_every_form_by_api import adverse_event, entry_of


def enter_every_form(cast: Cast) -> dict[str, Subject]:
    """A subject for each form, beside three whose courses fill the figures; form → subject."""
    fill(cast)
    by, found = cast.investigator, {}
    visits = {LOG, *(plan.key for plan in cast.version.protocol.visits)}
    for key in forms:
        _study, entry = entry_of(key)
        subject, values = enrolled(cast), dict(entry.values)
        if key == "SAE":  # the report is of an event that stands
            values["event"] = 1
            adverse_event(subject, by)
        visit = entry.visit if entry.visit in visits else "SCR"  # the entry may be of another trial
        slot = Slot(subject.pk, visit, key, entry.visit_repeat)
        told: dict[str, Any] = {"performed_on": entry.on, **values}
        with acting(user=by):
            try:
                submit_form(slot=slot, values=told, rows=entry.rows, missing=entry.missing, by=by)
            except CheckFailed as refused:  # an item that only fits the rest of its story
                fitting = {item: value for item, value in told.items() if item not in refused.messages}
                submit_form(slot=slot, values=fitting, rows=entry.rows, missing=entry.missing, by=by)
        found[key] = subject
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    return found
