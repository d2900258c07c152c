import pytest

from tests.standing import Standing, standing
from trialsite.casebook.models import Subject

from .worked_example import enter_all

standing_example = standing(lambda cast: (cast, enter_all(cast)), on="standing_hsct_cast")


@pytest.fixture
def subjects(standing_example: Standing, db: None) -> dict[str, Subject]:
    """The twelve subjects of the worked example."""
    _cast, subjects = standing_example.value()
    return subjects
