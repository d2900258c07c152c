"""A subject of whom something stands that can be asked about, verified, held and signed."""

import pytest

from tests.cast import Cast, bare_subject
from tests.integration.review.entries import enter
from trialsite.casebook.models import Subject


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """Somebody in screening with vital signs."""
    found = bare_subject(cast)
    enter(found, cast)
    return found
