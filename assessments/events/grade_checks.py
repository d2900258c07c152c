"""Edit checks of grades that are computed: answers that agree, and a reason for judging otherwise."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.casebook import registries
from trialsite.casebook.edit_checks import edit_check
from trialsite.casebook.models import Subject
from trialsite.casebook.registries import Finding
from trialsite.clinical.kleene import Truth

from ..disease.engrafted import recoveries
from ..domain.acute_stages import acute_stages
from ..domain.chronic_scores import chronic_scores
from ..domain.crs import CANNULAS, ctcae_crs_grade
from ..domain.grade_bounds import GradeBounds
from ..models import AcuteGvhd, ChronicGvhd, CytokineRelease
from ..support import NO_SUPPORT, supports
from .graded import acute_findings, chronic_findings, crs_findings

Values = Mapping[str, Any]
Rows = Mapping[str, Sequence[Values]]


def as_record(model: type[Any], values: Values, subject: Subject) -> Any:
    """The typed items as a record that is not saved."""
    record = model(subject=subject)
    for item, value in values.items():
        if value is not None:
            setattr(record, item, value)
    return record


@edit_check(gettext_lazy("Vasopressors and oxygen agree with what they are details of"))
def support_agrees(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Vasopressors are named where they are needed; a flow belongs to oxygen; the second one is another one."""
    pressed = values.get("hypotension") not in ("NONE", "FLUIDS")
    first, second = values.get("vasopressor"), values.get("second_vasopressor")
    for item in ("vasopressor", "second_vasopressor", "vasopressin"):
        if values.get(item) and not pressed:
            yield Finding(item, _("With vasopressors, hypotension is “needs vasopressors”."))
    if second and not first:
        yield Finding("second_vasopressor", _("Name the first vasopressor first."))
    if second and second == first and second != "OTHER":
        yield Finding("second_vasopressor", _("This is the first one again."))
    if values.get("oxygen") == "NONE":
        for item in ("oxygen_flow", "fio2_pct"):
            if values.get(item) is not None and (item == "oxygen_flow" or values[item] > 21):
                yield Finding(item, _("On room air there is no oxygen given."))


@edit_check(gettext_lazy("Details that a grade of CRS needs"), hard=False)
def support_complete(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A cannula has its flow, vasopressors their names: without them the grade stays open."""
    if values.get("oxygen") in CANNULAS and values.get("oxygen_flow") is None:
        yield Finding("oxygen_flow", _("Without the flow the grade stays open."))
    named = values.get("vasopressor") or values.get("vasopressin")
    if values.get("hypotension") == "VASOPRESSOR" and not named:
        yield Finding("vasopressor", _("Without the vasopressors the grade stays open."))


@edit_check(gettext_lazy("A CTCAE grade of CRS other than computed has its reason"))
def crs_grade_has_reason(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """An investigator who grades otherwise than the components give says why."""
    said = values.get("ctcae_grade")
    if said is None or (values.get("ctcae_reason") or "").strip():
        return
    computed = ctcae_crs_grade(crs_findings(as_record(CytokineRelease, values, subject)))
    if not computed.allows(said):
        yield Finding(
            "ctcae_reason",
            _("The components give CTCAE grade %(grade)s. Say why you grade otherwise.")
            % {"grade": computed},
        )


@edit_check(gettext_lazy("Points of orientation agree with its four answers"))
def orientation_agrees(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """Points that were noted besides the four answers are their sum."""
    answers, noted = (
        [values.get(item) for item in ("year", "month", "city", "hospital")],
        values.get("orientation"),
    )
    if noted is not None and None not in answers and noted != sum(map(bool, answers)):
        yield Finding(
            "orientation",
            _("The four answers give %(n)s. Leave this empty, or correct one of them.")
            % {"n": sum(map(bool, answers))},
        )


@edit_check(gettext_lazy("A stage of acute GVHD other than computed has its reason"))
def stage_has_reason(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A stage that the findings do not give is explained."""
    computed = acute_stages(acute_findings(as_record(AcuteGvhd, values, subject)))
    yield from other_than_computed(values, computed)


@edit_check(gettext_lazy("A score of chronic GVHD other than computed has its reason"))
def score_has_reason(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A score that the findings do not give is explained."""
    computed = chronic_scores(chronic_findings(as_record(ChronicGvhd, values, subject)))
    yield from other_than_computed(values, computed)


def other_than_computed(values: Values, computed: Mapping[str, GradeBounds]) -> Iterator[Finding]:
    if (values.get("stage_reason") or "").strip():
        return
    for organ, bounds in computed.items():
        typed = values.get(organ)
        if typed is not None and not bounds.allows(typed):
            yield Finding(
                organ,
                _("The findings give %(n)s. Leave this empty, or say below why it is another.")
                % {"n": bounds},
            )


@edit_check(gettext_lazy("GVHD and engraftment after a transplantation"), hard=False)
def after_a_graft(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """What only a graft can bring, in a subject of whom no transplantation is recorded."""
    graft = registries.facts_of(subject.pk, ["transplanted"])["transplanted"]
    if not (graft.known and graft.value is True):
        yield Finding(
            "performed_on",
            _("No transplantation is recorded of this subject. Is it the right subject?"),
        )
    elif (on := values.get("performed_on")) is not None and graft.on is not None and on < graft.on:
        yield Finding(
            "performed_on",
            _("The day lies before the transplantation of %(day)s. Is it right?") % {"day": graft.on},
        )


@edit_check(gettext_lazy("Growth factor and transfusions as recorded elsewhere"), hard=False)
def support_as_recorded(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A marrow without support within 7 days, although medication or transfusions have it."""
    day = values.get("counts_on") or values.get("performed_on")
    if day is None:
        return
    support = supports([subject.pk]).get(subject.pk, NO_SUPPORT)
    sentences = {
        "gcsf_7d": ("gcsf", _("The medication has G-CSF within the 7 days before. Is it right?")),
        "platelets_7d": (
            "platelets",
            _("A platelet transfusion is recorded within the 7 days before. Is it right?"),
        ),
    }
    for item, (kind, sentence) in sentences.items():
        if values.get(item) is False and support.within(kind, day) is Truth.TRUE:
            yield Finding(item, sentence)


@edit_check(gettext_lazy("Days of recovery as the counts show them"), hard=False)
def recovery_as_counted(values: Values, rows: Rows, subject: Subject) -> Iterator[Finding]:
    """A day of recovery that is not the one which counts and transfusions give."""
    for item, found in recoveries(subject.pk).items():
        said = values.get(item)
        if said is not None and found is not None and said != found.on:
            yield Finding(item, _("The counts give %(day)s. Is it right?") % {"day": found.on.isoformat()})
