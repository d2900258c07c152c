"""The page of an adverse event: the CTCAE term first, its grades over the days, then cause and action by agent."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from trialsite.casebook import registries
from trialsite.casebook.forms import MISSING_PREFIX, CasebookForm, RowForm, Section
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot
from trialsite.clinical import ctcae
from trialsite.listing import listed
from trialsite.studies.words import SPECIAL_INTEREST

from ..events.meddra import MeddraField, newest_dictionary
from ..events.tracks import track_of
from ..exposures import agents_given
from ..models.safety import AdverseEvent, AgentAction, Causality, GradeChange

TOLD = ("site_aware_at", "sponsor_told_at")
BY_AGENT = ("cause", "action")
NOT_GIVEN = {"cause": Causality.NOT_GIVEN, "action": AgentAction.NOT_APPLICABLE}


class TermInput(forms.TextInput):
    """An input that offers the terms of the CTCAE in the reader's language; beside each stand its name in the other
    language and the words that people search by, so that the browser finds it by any of them."""

    template_name = "assessments/term_input.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        language = get_language() or "en"
        other = "en" if language.startswith("zh") else "zh-hans"
        context["terms"] = [
            (
                term.name.in_language(language),
                " · ".join((term.name.in_language(other), *ctcae.search_words(term))),
            )
            for term in ctcae.TERMS.values()
        ]
        return context


def no_term_words(text: str) -> Iterator[str]:
    """What to choose where a text is no term: terms that people mean by it, and the form that grades the whole."""
    yield gettext(
        "Choose a term of the CTCAE from the list; where there is none, the body system's “Other, specify”."
    )
    found = ctcae.searched(text)
    if found is None:
        return
    language = get_language() or "en"
    yield gettext("Terms for it: %(terms)s.") % {
        "terms": listed(ctcae.words_of(one, language) for one in found.terms)
    }
    if found.form in registries.forms:
        yield gettext("The whole of it is graded on the form “%(form)s”.") % {
            "form": registries.forms[found.form].title
        }


class TermField(forms.CharField):
    """Reads a term of the CTCAE, English or Chinese, into its English name. `kept` may stay though it is none."""

    widget = TermInput
    kept = ""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        term = ctcae.named(text)
        if term is None and text and text != self.kept:
            raise ValidationError([*no_term_words(text)])
        return term.name.en if term else text

    def prepare_value(self, value: Any) -> Any:
        return ctcae.words_of(value, get_language() or "en") if isinstance(value, str) else value


def was_judged(record: AdverseEvent, agent: str) -> bool:
    """Whether an event says more of an agent than that it was not given."""
    return getattr(record, f"cause_{agent}") not in ("", NOT_GIVEN["cause"].value)


class AdverseEventForm(CasebookForm):
    """The day of the form is the earliest possible day of the onset: it is not asked for twice."""

    model = AdverseEvent
    agents: tuple[str, ...] = ("chemo", "blinatumomab", "venetoclax", "car_t", "hsct")
    coded = True
    sections = (
        Section(_("Event"), "term", "specified", "onset", "stop", "ongoing"),
        Section(_("Severity"), "serious", "special_interest"),
        Section(_("Report of special interest to the sponsor"), *TOLD),
        Section(_("Cause, in the investigator's judgement"), *(f"cause_{agent}" for agent in agents)),
        Section(_("Action taken"), *(f"action_{agent}" for agent in agents)),
        Section(_("What followed"), "outcome", "comment"),
        Section(_("Coding"), "meddra_llt"),
    )

    def add_items(self, items: Any) -> None:
        super().add_items(items)
        if "term" in items:
            self.fields["term"] = self.with_shape(TermField(max_length=200), "term")
        if "meddra_llt" in items:
            self.fields["meddra_llt"] = self.with_shape(MeddraField(required=False), "meddra_llt")

    def with_shape(self, field: forms.Field, item: str) -> forms.Field:
        """A field of ours with the words of the column."""
        column = self.model._meta.get_field(item)
        field.label, field.help_text = column.verbose_name, column.help_text  # type: ignore[union-attr, assignment]
        field.widget.attrs["class"] = "form-control"
        field.widget.attrs["autocomplete"] = "off"
        return field

    def for_subject(self, subject: Subject, record: Any) -> None:
        """The agents of the subject's protocol; of a new event those that were never given are not applicable."""
        planned = subject.protocol_version.protocol.adverse_events.agents
        self.agents = tuple(
            agent
            for agent in type(self).agents
            if agent in planned or (record is not None and was_judged(record, agent))
        )
        if record is not None:
            self.fields["term"].kept = record.term  # type: ignore[attr-defined]
        for agent in type(self).agents:
            if agent not in self.agents:
                for kind in BY_AGENT:
                    self.drop(f"{kind}_{agent}")
        self.say_which_are_told(subject)
        dictionary = newest_dictionary()
        self.coded = dictionary is not None
        if dictionary is None:
            self.drop("meddra_llt")
        else:
            self.fields["meddra_llt"].dictionary = dictionary  # type: ignore[attr-defined]
        if record is None and not self.is_bound:
            given = agents_given(subject)
            for agent in self.agents:
                for kind in BY_AGENT if agent not in given else ():
                    self.initial.setdefault(f"{kind}_{agent}", NOT_GIVEN[kind].value)

    def say_which_are_told(self, subject: Subject) -> None:
        """Beside the instant of knowing: for which kinds of special interest it is asked, and how long there is."""
        clock = subject.protocol_version.protocol.adverse_events.clocks.special_interest
        if clock.kinds:
            self.fields["site_aware_at"].help_text = gettext(
                "only of: %(kinds)s. The sponsor is told within %(n)s hours."
            ) % {"kinds": listed(str(SPECIAL_INTEREST[one]) for one in clock.kinds), "n": clock.hours}

    def drop(self, item: str) -> None:
        self.fields.pop(item, None)
        self.fields.pop(f"{MISSING_PREFIX}{item}", None)

    def get_sections(self) -> tuple[Section, ...]:
        """The sections without the items of agents that the protocol does not have."""
        out = {
            f"{kind}_{agent}" for agent in type(self).agents if agent not in self.agents for kind in BY_AGENT
        }
        out |= set() if self.coded else {"meddra_llt"}
        left = [(one.title, [item for item in one.items if item not in out]) for one in self.sections]
        return tuple(Section(title, *items) for title, items in left if items)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if ctcae.is_other(cleaned.get("term") or "") and not (cleaned.get("specified") or "").strip():
            self.add_error(
                "specified", gettext("Say in your words what happened: the CTCAE has no term for it.")
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        found = super().values()
        onset = found.get("onset")
        coding = self.fields["meddra_llt"].coding(found["meddra_llt"]) if "meddra_llt" in found else {}  # type: ignore[attr-defined]
        return found | coding | {"performed_on": onset.earliest if onset else None}


class GradeChangeForm(RowForm):
    """One change of the grade."""

    model = GradeChange
    items = ("since", "grade", "action", "note")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if (
            cleaned.get("grade") is None
            and (cleaned.get("action") or cleaned.get("note"))
            and "grade" not in self.errors
        ):
            self.add_error("grade", gettext("Enter the grade, 1 to 5."))
        return cleaned


def offer_track(subject: Subject, slot: Slot, record: Any) -> dict[str, list[dict[str, Any]]]:
    """Of an event that was entered with one grade, the line that says the same; asked for when it is corrected."""
    if record is None or record.grade is None or track_of(record):
        return {}
    return {"track": [{"since": record.onset, "grade": record.grade}]}
