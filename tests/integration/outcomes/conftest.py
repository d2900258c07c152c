import pytest

from tests.cast import Cast, make_cast
from trialsite.casebook.models import Subject

from .worked_example import enter_all


@pytest.fixture
def hsct_cast(db: None) -> Cast:
    """The cast of VIP-BLINA-HSCT, whose primary endpoint runs from transplantation."""
    return make_cast("VIP-BLINA-HSCT")


@pytest.fixture
def subjects(hsct_cast: Cast) -> dict[str, Subject]:
    """The twelve subjects of the worked example."""
    return enter_all(hsct_cast)
