"""What a service refuses, at the field of the form that it concerns."""

from django.forms import Form

from trialsite.casebook.errors import CheckFailed, Refused

from .conditions import NotReady


def show_refusal(form: Form, refusal: Refused) -> None:
    """The sentence of a service at the field it concerns, or above the form."""
    if isinstance(refusal, NotReady):
        for missing in refusal.missing:
            form.add_error(None, missing.sentence)
        return
    if not isinstance(refusal, CheckFailed):
        form.add_error(None, refusal.sentence)
        return
    for item, sentence in refusal.messages.items():
        form.add_error(item if item in form.fields else None, sentence)
