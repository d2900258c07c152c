"""A study in which every form stands at least once, as a client of the API may meet it."""

from typing import Any

import pytest

from tests.cast import Cast
from tests.standing import Standing, standing

from .every_form import enter_every_form

standing_every_form = standing(lambda cast: (cast, enter_every_form(cast)), on="standing_cast")


@pytest.fixture
def every_form(standing_every_form: Standing, db: None) -> tuple[Cast, dict[str, Any]]:
    """The cast, and the subject of each form by its key."""
    value: tuple[Cast, dict[str, Any]] = standing_every_form.value()
    return value
