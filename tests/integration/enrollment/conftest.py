import pytest

from tests.cast import Cast

from .candidates import small_cast


@pytest.fixture
def crew(db: None) -> Cast:
    """The cast of BLINA-FULL with the criteria that need no laboratory."""
    return small_cast()
