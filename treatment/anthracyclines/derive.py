"""The cumulative anthracycline of each subject, derived for lists and the inbox."""

from collections.abc import Iterator

from trialsite.casebook.models import Subject
from trialsite.clinical.body import round_half_up

from ..models import AnthracyclineTotal
from .selectors import course_of


def derive_total(subject: Subject) -> Iterator[AnthracyclineTotal]:
    """One row for each subject that received an anthracycline, in the trial or before it."""
    course = course_of(subject)
    if not course.by_drug and course.last_on is None:
        return
    yield AnthracyclineTotal(
        ratio_set=course.cumulative.ratio_set,
        total=round_half_up(course.total, 4),
        earlier=round_half_up(course.earlier_mg_m2, 4),
        alert=course.cumulative.alert,
        missing=[str(one) for one in course.uncounted],
        last_on=course.last_on,
        echo_since=course.echo_since,
    )
