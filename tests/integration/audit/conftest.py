import pytest

from .moments import corrected_weight


@pytest.fixture
def corrected(committed_db):
    """A weight entered, and corrected after `then`: cast, record, then."""
    return corrected_weight()
