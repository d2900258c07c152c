"""Pages of the treatment room, in paper order."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.forms import MISSING_PREFIX, CasebookForm, RowForm, Section
from trialsite.studies.domain.protocol import Phase
from trialsite.studies.words import percent_words

from .doses.asked import asked_by
from .doses.drugs import drug_choices
from .medication.dictionary import offered_names
from .models import (
    BlinatumomabInfusion,
    ConcomitantMedication,
    CycleStart,
    Deviation,
    DoseGiven,
    DosesGiven,
    EndOfTreatment,
    InfusionSegment,
    Premedication,
    Transfusion,
)
from .plan.decisions import phases_offered
from .plan.paths import standing_of


class CycleStartForm(CasebookForm):
    """Which phase began, on which day, and the body size that its doses rest on."""

    model = CycleStart
    sections = (
        Section(_("Start"), "phase", "performed_on", "delay_reason"),
        Section(
            _("Body size for the doses"),
            "height",
            "weight",
            "weighed_on",
            "child_pugh",
            "dose_level",
            "dose_level_reason",
        ),
        Section(_("End (enter when it is over)"), "ended_on", "end_reason"),
    )

    labels = {"performed_on": _("Day 1, as it actually was")}

    def for_subject(self, subject: Any, record: Any) -> None:
        """The phases of the subject's arm and those that the protocol forbids, the one decided or else the one that
        follows chosen; last height and weight beside."""
        language = get_language() or "en"
        choices = [("", "—")] + [(one.key, offered_name(one, language)) for one in phases_offered(subject)]
        self.fields["phase"] = forms.ChoiceField(
            choices=choices, label=_("Phase"), widget=forms.Select(attrs={"class": "form-select"})
        )
        self.fields.pop("missing__phase", None)
        self.order_fields(["phase", "performed_on", "delay_reason"])
        self.offer_doses(subject, record)
        if record is None:
            self.initial.setdefault("phase", standing_of(subject).next_phase)
        for item, name, unit in (("height", "height_cm", "cm"), ("weight", "weight_kg", "kg")):
            fact = registries.facts_of(subject.pk, [name])[name]
            if fact.known:
                field: Any = self.fields[item]
                field.previous = f"{plain(fact.value)} {unit}"
                field.previous_on = fact.on

    def offer_doses(self, subject: Any, record: Any) -> None:
        """Dose levels and the Child-Pugh class where a regimen of the subject's phases asks for them."""
        asked = asked_by(subject)
        levels = sorted({one for found in asked.levels for one in found.factors}, reverse=True)
        own = getattr(record, "dose_level", None)
        levels += [own] if own is not None and own not in levels else []
        self.dropped: set[str] = set()
        if levels:
            field = self.fields["dose_level"]
            self.fields["dose_level"] = forms.TypedChoiceField(
                choices=[("", _("full dose"))]
                + [(f"{one:.2f}", percent_words(one)) for one in levels if one != 1],
                coerce=Decimal,
                empty_value=None,
                required=False,
                label=field.label,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            self.order_fields(["phase", "performed_on", "height", "weight", "weighed_on", "child_pugh"])
        else:
            self.drop("dose_level", "dose_level_reason")
        if not asked.child_pugh and not getattr(record, "child_pugh", ""):
            self.drop("child_pugh")
        self.fields.pop(f"{MISSING_PREFIX}dose_level", None)
        self.fields.pop(f"{MISSING_PREFIX}dose_level_reason", None)

    def drop(self, *items: str) -> None:
        for item in items:
            self.fields.pop(item, None)
            self.fields.pop(f"{MISSING_PREFIX}{item}", None)
        self.dropped |= set(items)

    def get_sections(self) -> tuple[Section, ...]:
        """The sections without what this subject's regimens do not ask for."""
        out: set[str] = getattr(self, "dropped", set())
        return tuple(
            Section(one.title, *(item for item in one.items if item not in out)) for one in self.sections
        )


def offered_name(phase: Phase, language: str) -> str:
    """A phase by its name; one that the protocol forbids says so."""
    name = phase.name.in_language(language)
    return f"{name} ({gettext('not in this protocol')})" if phase.forbidden else name


def plain(value: Any) -> Any:
    """A decimal as people type it: without trailing zeros, without an exponent."""
    return Decimal(f"{value.normalize():f}") if isinstance(value, Decimal) else value


class LineForm(RowForm):
    """A line of which some fields may be printed before anybody types: untouched it was not reported."""

    def is_empty(self) -> bool:
        if not self.cleaned_data.get("line"):
            return not self.has_changed()
        return super().is_empty()

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        return {item: plain(value) for item, value in super().initial_of(row).items()}


class DoseGivenForm(LineForm):
    """One drug on one day."""

    model = DoseGiven
    items = ("drug", "given_on", "prescribed", "given", "unit", "reason", "note")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own = str(self.initial.get("drug") or "")
        self.fields["drug"] = forms.ChoiceField(
            choices=lambda: drug_choices(own),
            label=_("Drug"),
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        self.order_fields(["line", *self.items])


class DosesGivenForm(CasebookForm):
    model = DosesGiven
    sections = (Section(_("Doses"), "performed_on", "comment"),)


class SegmentForm(LineForm):
    """One stretch of infusion, in the site's time."""

    model = InfusionSegment
    items = ("start", "stop", "bag", "rate", "stop_reason")

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        return to_the_minute(super().initial_of(row))


class PremedicationForm(LineForm):
    """One dose before a start of the pump, in the site's time."""

    model = Premedication
    items = ("drug", "dose", "given_at")

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        return to_the_minute(super().initial_of(row))


def to_the_minute(initial: dict[str, Any]) -> dict[str, Any]:
    """Times as they are typed: without seconds."""
    return {
        item: value.replace(second=0, microsecond=0) if isinstance(value, datetime) else value
        for item, value in initial.items()
    }


class InfusionForm(CasebookForm):
    model = BlinatumomabInfusion
    sections = (
        Section(
            _("Infusion record (times of the site)"),
            "performed_on",
            "line_flushed",
            "premedication_listed",
            "comment",
        ),
    )


class MedicineInput(forms.TextInput):
    """A text with the names of the dictionary offered beneath; any other name can be typed."""

    template_name = "treatment/medicine_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["offered"] = offered_names(get_language() or "en")
        return context


class MedicationForm(CasebookForm):
    model = ConcomitantMedication
    sections = (
        Section(
            _("Medicine"),
            "medicine",
            "indication",
            "amount",
            "unit",
            "per_day",
            "route",
            "dose",
            "inhibitor",
        ),
        Section(_("When"), "started", "stopped"),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["medicine"].widget = MedicineInput(
            attrs={"class": "form-control", "autocomplete": "off", "maxlength": 120, "list": "medicines"}
        )

    def for_subject(self, subject: Any, record: Any) -> None:
        """A route that was typed in words before there were choices can stay."""
        own = record.route if record is not None else ""
        route: Any = self.fields["route"]
        if own and own not in {code for code, _label in route.choices}:
            route.choices = [*route.choices, (own, own)]

    def values(self) -> dict[str, Any]:
        """With the earliest day of the start as the form's date."""
        found = super().values()
        started = found.get("started")
        return found | {"performed_on": started.earliest if started else None}


class TransfusionForm(CasebookForm):
    model = Transfusion
    sections = (Section(_("Transfusion"), "performed_on", "product", "units", "reason"),)


class EndOfTreatmentForm(CasebookForm):
    model = EndOfTreatment
    sections = (Section(_("End of treatment"), "performed_on", "last_dose_on", "reason", "comment"),)
    labels = {"performed_on": _("Date of the decision")}


class DeviationForm(CasebookForm):
    model = Deviation
    sections = (Section(_("Deviation"), "performed_on", "deviation_class", "what", "action", "reported"),)
