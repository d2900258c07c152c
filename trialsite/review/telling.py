"""What a page of review says after a button was pressed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from trialsite.casebook.errors import CheckFailed, Refused


@contextmanager
def refusals_as_messages(request: HttpRequest) -> Iterator[None]:
    """A refusal of what is done inside becomes a message of the next page: its sentences, or those of its items."""
    try:
        yield
    except CheckFailed as refusal:
        messages.error(request, " ".join(refusal.messages.values()))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
