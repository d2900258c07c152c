"""Attempts at contact in the synthetic trials: some subjects who are due were tried in vain before."""

from datetime import date, timedelta

from outcomes.call_list import call_line_of
from outcomes.calls import record_attempt
from trialsite.access.models import User
from trialsite.casebook.models import Subject

TRIED_DAYS_AGO = (6, 3, 1)


def try_in_vain(subject: Subject, number: int, today: date, by: User) -> bool:
    """No, one, two or three failed calls of the last days for a subject whose contact is due; whether any was made.

    `number` is that of the story: the same number is tried as often in every run.
    """
    times = number % 4
    line = call_line_of(subject) if times else None
    if line is None or line.due is None or line.due > today or subject.enrolled_on is None:
        return False
    for ago in TRIED_DAYS_AGO[:times]:
        day = today - timedelta(days=ago)
        if day < subject.enrolled_on:
            return False
        values = {"performed_on": day, "call_result": "NOT_REACHED", "comment": "Switched off"}
        record_attempt(subject=subject, values=values, by=by)
    return True
