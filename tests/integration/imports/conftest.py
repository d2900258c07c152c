from typing import Any

import pytest

from tests.cast import Cast
from tests.integration.exchange.every_form import enter_every_form
from tests.integration.outcomes.filled_study import fill
from tests.standing import Standing, standing

standing_every_form = standing(lambda cast: (cast, enter_every_form(cast)), on="standing_cast")
standing_filled = standing(lambda cast: (cast, fill(cast)), on="standing_cast")


@pytest.fixture
def filled(standing_filled: Standing, db: None) -> tuple[Cast, dict[str, Any]]:
    """A study with three subjects, one of them at the other site."""
    value: tuple[Cast, dict[str, Any]] = standing_filled.value()
    return value


@pytest.fixture
def every_form(standing_every_form: Standing, db: None) -> tuple[Cast, dict[str, Any]]:
    """A study in which every form stands, and the subject of each form by its key."""
    value: tuple[Cast, dict[str, Any]] = standing_every_form.value()
    return value
