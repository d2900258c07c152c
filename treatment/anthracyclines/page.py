"""The cumulative anthracycline on the treatment page: total, how it adds up, other ratios, decisions at the limit."""

from typing import Any

from django.utils.translation import gettext_lazy

from trialsite.casebook.models import Subject

from ..domain.anthracyclines import RATIO_SETS, STOP, Uncounted
from ..doses.drugs import drug_name
from ..models import AnthracyclineDecision
from ..plan.paths import cycles_of, phases_of
from .selectors import course_of, phases_with_anthracycline, projected

UNCOUNTED: dict[str, Any] = {
    Uncounted.EARLIER_NOT_ASKED: gettext_lazy("treatment before the trial was not reviewed"),
    Uncounted.EARLIER_DOSE: gettext_lazy("an earlier anthracycline without its dose"),
    Uncounted.NOT_REPORTED: gettext_lazy("a dose that was not reported in milligrams"),
    Uncounted.BODY_SIZE: gettext_lazy("a dose without the body surface of its cycle"),
}


def anthracycline_context(subject: Subject) -> dict[str, Any]:
    """The course of a subject with what is still planned; {} where there is and will be none."""
    course = course_of(subject)
    decisions = list(
        AnthracyclineDecision.objects.filter(subject=subject).select_related("decided_by", "subject")
    )
    ahead = ahead_of(subject, course)
    stopped = [(phase, total) for phase, total in ahead if total >= STOP]
    if not course.by_drug and course.last_on is None and not stopped:
        return {}
    ratio_set = RATIO_SETS[course.cumulative.ratio_set]
    return {
        "anthracycline": course,
        "anthracycline_lines": [
            {"name": drug_name(one.drug), "mg_m2": one.mg_m2, "ratio": ratio_set.ratios[one.drug]}
            for one in course.by_drug
        ],
        "ratio_set": ratio_set,
        "other_sets": [(RATIO_SETS[key].name, total) for key, total in course.others.items()],
        "uncounted": [UNCOUNTED[one] for one in course.uncounted],
        "anthracycline_next": ahead[0] if ahead else None,
        "anthracycline_stopped": stopped,
        "anthracycline_decisions": decisions,
        "anthracycline_limit": STOP,
    }


def ahead_of(subject: Subject, course: Any) -> list[tuple[Any, Any]]:
    """(phase, total after it) of the phases still to come that plan an anthracycline, each as if it were the next."""
    begun = {one.phase for one in cycles_of([subject.pk])[subject.pk]}
    to_come = [one for one in phases_of(subject) if one.key not in begun]
    wanted = set(phases_with_anthracycline(subject, [one.key for one in to_come]))
    return [(one, projected(subject, one.key, course)) for one in to_come if one.key in wanted]
