"""The step into the study: the place under the caps, the subject number, and the arm where there is one alone."""

from datetime import date

from trialsite.casebook.models import Subject
from trialsite.casebook.services import move_subject
from trialsite.casebook.states import SubjectState

from .numbers import new_number
from .places import take_place
from .selectors import Facts


def give_number(subject: Subject, facts: Facts, on: date) -> Subject:
    """Enrol a subject (locked by the caller, its conditions asked there) on a day."""
    take_place(subject, facts)
    protocol = subject.protocol_version.protocol
    number = new_number("subject", subject.study, subject.site, protocol)
    arm = protocol.arms[0].key if len(protocol.arms) == 1 else ""
    return move_subject(subject, SubjectState.ENROLLED, enrolled_on=on, subject_number=number, arm=arm)
