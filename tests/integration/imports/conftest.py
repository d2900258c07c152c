from typing import Any

import pytest

from tests.cast import Cast
from tests.integration.outcomes.filled_study import fill
from tests.standing import Standing, standing

standing_filled = standing(lambda cast: (cast, fill(cast)), on="standing_cast")


@pytest.fixture
def filled(standing_filled: Standing, db: None) -> tuple[Cast, dict[str, Any]]:
    """A study with three subjects, one of them at the other site."""
    value: tuple[Cast, dict[str, Any]] = standing_filled.value()
    return value
