import pytest

from tests.cast import Cast
from tests.standing import Standing, standing
from trialsite.audit import acting
from trialsite.casebook.models import Subject
from trialsite.casebook.projections import bring_up_to_date

from .worked_example import enter_all


def derive(example: tuple[Cast, dict[str, Subject]]) -> dict[str, Subject]:
    cast, subjects = example
    with acting(user=cast.monitor):
        bring_up_to_date(Subject.objects.all())
    return subjects


standing_example = standing(lambda cast: (cast, enter_all(cast)), on="standing_hsct_cast")
standing_derived = standing(derive, on="standing_example")


@pytest.fixture
def subjects(standing_example: Standing, db: None) -> dict[str, Subject]:
    """The twelve subjects of the worked example."""
    _cast, subjects = standing_example.value()
    return subjects


@pytest.fixture
def derived(standing_derived: Standing, db: None) -> dict[str, Subject]:
    """The worked example with everything derived, as the workers of both sites would have left it."""
    subjects: dict[str, Subject] = standing_derived.value()
    return subjects
