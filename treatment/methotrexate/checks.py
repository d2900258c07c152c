"""Checks of an infusion of high-dose methotrexate: what can be, and what must hold before its start."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.fact_words import parts
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.clinical.facts import Fact

from ..domain.ledger import in_unit
from ..selectors import doses_given
from .gate import asked, gate_of, gated_drug
from .selectors import phase_on

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Any]]
ITEMS = {"urine_ph": "urine_ph", "serous_effusion": "effusion"}  # facts that this form has itself
METHOTREXATE = "METHOTREXATE"
LONGEST = timedelta(days=3)  # of an infusion (assumption)


@edit_check(gettext_lazy("Times of an infusion of methotrexate"))
def times_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The infusion ends after its start, levels and leucovorin come after the start, nothing lies in the future."""
    start, end, soon = values.get("start"), values.get("end"), timezone.now() + timedelta(minutes=5)
    moments = [("start", start), ("end", end)]
    for name, item in (("levels", "drawn_at"), ("leucovorin", "given_at")):
        moments += [
            (f"{name}.{place}.{item}", line.get(item)) for place, line in enumerate(rows.get(name, ()))
        ]
    for item, moment in moments:
        if moment is not None and moment > soon:
            yield Finding(item, _("This time has not come yet."))
        elif moment is not None and start is not None and moment <= start and item != "start":
            yield Finding(item, _("This lies before the start of the infusion."))
    if start is not None and end is not None and end - start > LONGEST:
        yield Finding("end", _("An infusion of methotrexate does not run longer than 72 hours."))
    if values.get("planned_hours") is not None and values["planned_hours"] <= 0:
        yield Finding("planned_hours", _("A duration is more than 0."))


@edit_check(gettext_lazy("Levels say whether they were drawn from the infusion line"))
def line_answered(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A level from the infusion line is not valid, so the question must be answered."""
    for place, line in enumerate(rows.get("levels", ())):
        if line.get("level") is not None and line.get("from_line") is None:
            yield Finding(f"levels.{place}.from_line", _("Say whether it was drawn from the infusion line."))


@edit_check(gettext_lazy("Conditions before high-dose methotrexate"), hard=False)
def conditions_hold(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Each condition of the protocol that does not hold, or is not known, on the day of the start."""
    start = values.get("start")
    if start is None:
        return
    on = start.astimezone(ZoneInfo(subject.site.timezone)).date()
    drug = gated_drug(subject.protocol_version.protocol, phase_on(subject, on))
    if drug is None:
        return
    typed = {
        "urine_ph": typed_fact(values.get("urine_ph"), on),
        "serous_effusion": typed_fact(values.get("effusion"), on),
    }
    found: dict[str, list[str]] = {}
    for names, sentence in asked(gate_of(subject, drug, on, typed)):
        item = next((ITEMS[name] for name in names if name in ITEMS), "start")
        found.setdefault(item, []).append(sentence)
    for item, sentences in found.items():
        yield Finding(item, parts(sentences))


def typed_fact(value: Decimal | bool | None, on: Any) -> Fact:
    """What is being entered, as a fact."""
    return Fact.missing() if value is None else Fact(value, on=on)


@edit_check(gettext_lazy("The dose stands among the doses given"), hard=False)
def dose_among_doses(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The doses given count: methotrexate of the day of the start, in the same amount, stands among them."""
    start, dose = values.get("start"), values.get("dose")
    if start is None or dose is None:
        return
    on = start.astimezone(ZoneInfo(subject.site.timezone)).date()
    lines = [one for one in doses_given(subject) if one.drug == METHOTREXATE and one.on == on]
    amounts = [in_unit(one.given, one.unit, "mg") for one in lines]
    if not lines:
        yield Finding(
            "dose", _("No methotrexate of %(day)s stands on the form of doses given.") % {"day": on}
        )
    elif None not in amounts and (total := sum(filter(None, amounts), Decimal(0))) != dose:
        said = {"day": on, "mg": f"{total.normalize():f}"}
        yield Finding("dose", _("The doses given have %(mg)s mg of methotrexate on %(day)s.") % said)
