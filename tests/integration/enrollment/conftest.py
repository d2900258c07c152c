import pytest

from tests.cast import Cast
from tests.standing import Standing


@pytest.fixture
def crew(standing_crew: Standing, db: None) -> Cast:
    """The cast of BLINA-FULL with the criteria that need no laboratory."""
    cast: Cast = standing_crew.value()
    return cast
