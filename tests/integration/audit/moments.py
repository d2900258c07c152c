"""Instants between one change and the next, for tests that commit."""

from datetime import datetime
from typing import Any

from django.db import connection

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.casebook.test_forms import enter
from trialsite.audit import acting


def clock() -> datetime:
    """The server's clock: later than everything done so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def corrected_weight() -> tuple[Cast, Any, datetime]:
    """A weight of 70 entered before an instant and corrected to 71 after it: cast, record, instant."""
    cast = make_cast()
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        record = enter(subject, cast)
    then = clock()
    with acting(user=cast.coordinator):
        enter(subject, cast, "71", base_version=1, reason="typing error")
    return cast, record, then
