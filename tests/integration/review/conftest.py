"""Who signs."""

import pytest

from tests.cast import PASSWORD, Cast
from trialsite.access.models import User
from trialsite.audit import acting


@pytest.fixture
def signer(cast: Cast) -> User:
    """The investigator, with a password."""
    with acting(role="system"):
        cast.investigator.set_password(PASSWORD)
        cast.investigator.save()
    return cast.investigator
