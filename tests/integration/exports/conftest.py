from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.integration.outcomes.filled_study import fill
from tests.standing import Standing, standing

standing_filled = standing(lambda cast: (cast, fill(cast)), on="standing_cast")


@pytest.fixture(autouse=True)
def exports_folder(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORTS_PATH = str(tmp_path / "exports")
    return tmp_path / "exports"


@pytest.fixture
def filled(standing_filled: Standing, db: None) -> tuple[Cast, dict[str, Any]]:
    """A study with three subjects, one of them at the other site."""
    value: tuple[Cast, dict[str, Any]] = standing_filled.value()
    return value
