"""Edit checks of an adverse event: onset, end, grades and outcome agree."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.casebook.site_day import site_today
from trialsite.clinical import ctcae
from trialsite.clinical.kleene import Truth
from trialsite.listing import listed

from ..domain.ae_window import began_inside
from ..domain.grade_track import Step, problems
from .windows import window_of

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]
OVER = ("RECOVERED", "SEQUELAE")
RELATED = ("RELATED", "POSSIBLE")
CAUSES = ("cause_chemo", "cause_blinatumomab", "cause_venetoclax", "cause_car_t", "cause_hsct")
# Terms that are events of special interest whatever their grade (assumption of the four studies, to be signed).
SPECIAL = (
    "Cytokine release syndrome",
    "Encephalopathy",
    "Seizure",
    "Tumor lysis syndrome",
    "Infusion related reaction",
    "Pancreatitis",
    "Sinusoidal obstruction syndrome",
    "Treatment related secondary malignancy",
    "Pregnancy, puerperium and perinatal conditions - Other, specify",
)


@edit_check(gettext_lazy("Onset, end and grade of an event agree"))
def event_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An event begins before it ends, not in the future; what goes on has no end."""
    onset, stop = values.get("onset"), values.get("stop")
    if onset and onset.earliest > site_today(subject):
        yield Finding("onset", _("This day has not come yet at the site."))
    if onset and stop and stop.latest < onset.earliest:
        yield Finding("stop", _("This end lies before the onset."))
    if stop and values.get("ongoing"):
        yield Finding("ongoing", _("An event with an end is not ongoing."))
    if values.get("outcome") == "FATAL" and values.get("grade") not in (None, 5):
        yield Finding("grade", _("A fatal event is grade 5."))


@edit_check(gettext_lazy("The grades of an event lie within its days, and grade 5 is death"))
def track_possible(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Each line within onset and end and not in the future, a change at each; grade 5 exactly with a fatal outcome."""
    lines = rows.get("track", ())
    steps = [Step(line.get("since"), line.get("grade")) for line in lines]
    for place, step in enumerate(steps):
        if step.since is not None and step.since.earliest > site_today(subject):
            yield Finding(f"track.{place}.since", _("This day has not come yet at the site."))
    language = get_language() or "en"
    for problem in problems(steps, values.get("onset"), values.get("stop"), values.get("outcome") or ""):
        item = problem.item if problem.line is None else f"track.{problem.line}.{problem.item}"
        yield Finding(item, problem.sentence.in_language(language))


@edit_check(gettext_lazy("Grades that the CTCAE has for the term"), hard=False)
def grade_of_term(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """The CTCAE has no grade 1 of febrile neutropenia, no grade 4 of nausea: is the term or the grade right?"""
    term = ctcae.named(values.get("term") or "")
    if term is None:
        return
    for place, line in enumerate(rows.get("track", ())):
        if line.get("grade") is not None and line["grade"] not in term.grades:
            grades = listed(str(grade) for grade in term.grades)
            yield Finding(
                f"track.{place}.grade",
                _("For this term the CTCAE has the grades %(grades)s.") % {"grades": grades},
            )


@edit_check(gettext_lazy("An event that is over has its end"), hard=False)
def over_has_end(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Recovered, with or without sequelae, but no end is entered."""
    if values.get("outcome") in OVER and values.get("stop") is None:
        yield Finding("stop", _("The event is over: when did it end?"))


@edit_check(gettext_lazy("Events of special interest are marked"), hard=False)
def special_is_marked(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Cytokine release, neurotoxicity, tumour lysis and the like are of special interest at any grade."""
    term = ctcae.named(values.get("term") or "")
    if term is not None and term.name.en in SPECIAL and not values.get("special_interest"):
        yield Finding("special_interest", _("This event is of special interest by its term: of which kind?"))


@edit_check(gettext_lazy("Events that are told within hours say when the site knew"), hard=False)
def told_has_beginning(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Of a pregnancy, or whatever the protocol names beside it, the deadline runs from the instant the site knew."""
    clock = subject.protocol_version.protocol.adverse_events.clocks.special_interest
    if values.get("special_interest") in clock.kinds and values.get("site_aware_at") is None:
        yield Finding(
            "site_aware_at",
            _("The sponsor is told of this within %(n)s hours: when did the site know?") % {"n": clock.hours},
        )


@edit_check(gettext_lazy("Events lie in the window of the study"), hard=False)
def inside_window(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An event that began outside the window is recorded only if it is serious and related."""
    onset = values.get("onset")
    if onset is None or (values.get("serious") and any(values.get(item) in RELATED for item in CAUSES)):
        return
    span = window_of(subject)
    if span.start is not None and began_inside(onset, span) is Truth.FALSE:
        yield Finding(
            "onset", _("This lies outside the window of adverse events, and is not serious and related.")
        )
