"""The trail as people read it: values with their units, numbers without the zeros of their columns."""

from decimal import Decimal

from tests.cast import Cast, bare_subject
from tests.integration.assessments.entries import enter
from trialsite.access.models import User
from trialsite.audit import acting
from trialsite.audit.models import Trail
from trialsite.casebook.trail import in_words
from trialsite.clinical.quantity import Quantity


def told(table: str, by: User) -> dict[str, str]:
    with acting(user=by):
        (change,) = in_words(Trail.objects.filter(table_name=table))
    return {item.label: item.new for item in change.items}


def test_a_measured_value_stands_with_its_unit_in_one_line(cast: Cast) -> None:
    weight = Quantity.parse("70.0", "kg", "weight")
    subject = bare_subject(cast)
    record = enter(cast, subject, "VS", subject.screened_on, weight=weight)
    assert told(record._meta.db_table, cast.coordinator)["Weight"] == "70.0 kg"


def test_a_limit_has_no_zeros_behind_it_and_why_empty_has_no_earlier_value(cast: Cast) -> None:
    subject = bare_subject(cast)
    record = enter(cast, subject, "ECHO", subject.screened_on, lvef=Decimal("61.0"))
    assert "61" in told(record._meta.db_table, cast.coordinator).values()
