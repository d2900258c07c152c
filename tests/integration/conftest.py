"""Who most tests begin with: a subject in screening and the coordinator at the desk."""

import pytest
from django.test import Client

from tests.cast import Cast, bare_subject
from tests.integration.enrollment.candidates import small_cast
from tests.standing import standing
from trialsite.access.models import User
from trialsite.casebook.models import Subject
from trialsite.casebook.slots import Slot

standing_crew = standing(small_cast)


@pytest.fixture
def subject(cast: Cast) -> Subject:
    """Somebody screened on 2026-01-05, of whom nothing is recorded yet; only the screening visit has a date."""
    return bare_subject(cast)


@pytest.fixture
def slot(subject: Subject) -> Slot:
    """The subject's vital signs at screening."""
    return Slot(subject.pk, "SCR", "VS")


@pytest.fixture
def desk(client: Client, cast: Cast) -> Client:
    """The coordinator's browser."""
    client.force_login(cast.coordinator)
    return client


@pytest.fixture
def signer(cast: Cast) -> User:
    """The investigator, who has a password to sign with."""
    return cast.investigator
