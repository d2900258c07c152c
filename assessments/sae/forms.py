"""The small form in which the sponsor's side assesses an SAE."""

from typing import Any, Self

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from trialsite.casebook.forms import ItemForm
from trialsite.casebook.pages import display_of, words

from ..models import SaeAssessment
from .services import ASSESSED


class AssessmentForm(ItemForm):
    """What the sponsor's side says; it begins with what it said last."""

    model = SaeAssessment

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(
            *args, **(options | {"auto_id": "sponsor_%s"})
        )  # the form of the page has its own ids
        self.add_items(ASSESSED)
        self.fields["sponsor_aware_at"].help_text = _(
            "day 0 of the SUSAR clocks; empty: when the site sent the report"
        )

    @classmethod
    def again(cls, request: HttpRequest, address: str, last: SaeAssessment | None) -> Self:
        """The form as it was just typed and refused, else as it was saved last."""
        typed = getattr(request, "typed", None)
        if typed is None or typed.action != address:
            return cls(initial={item: getattr(last, item) for item in ASSESSED} if last else {})
        typed.shown = True
        form = cls(typed.fields)
        form.is_valid()
        for item, sentence in typed.sentences.items():
            if item in form.fields and item not in form.errors:
                form.add_error(item, sentence)
        return form


def shown_assessment(said: SaeAssessment) -> list[tuple[Any, str]]:
    """What an assessment says, label and value, without what is empty."""
    labels = {item: getattr(SaeAssessment._meta.get_field(item), "verbose_name", item) for item in ASSESSED}
    lines = ((label, words(display_of(said, item))) for item, label in labels.items())
    return [(label, value) for label, value in lines if value]
