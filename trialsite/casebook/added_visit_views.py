"""The page on which an unscheduled visit is added to a subject."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from trialsite.access.permissions import require
from trialsite.access.requests import user_of

from .added_visits import add_visit, addable_forms
from .casebook_page import subject_context
from .errors import CheckFailed, Refused
from .formfields import DateFormField
from .selectors import subject_or_404
from .site_day import site_today
from .visit_views import show_at_fields


class AddVisitForm(forms.Form):
    """The day, the reason and the forms of an unscheduled visit."""

    on = DateFormField(label=gettext_lazy("Day of the visit"))
    reason = forms.CharField(max_length=300, required=False, label=gettext_lazy("Why does it take place?"))
    forms = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, required=False, label=gettext_lazy("Forms to do")
    )

    def __init__(self, data: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["forms"].choices = choices  # type: ignore[attr-defined]
        for name in ("reason", "forms"):  # what the service refuses to miss
            self.fields[name].wanted = True  # type: ignore[attr-defined]


@login_required
def add(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Add an unscheduled visit; it stands in the casebook, the calendar and the timeline at once."""
    user, found = user_of(request), subject_or_404(user_of(request), subject_id)
    require(user, "form.submit", study_id=found.study_id, site_id=found.site_id)
    form = AddVisitForm(
        request.POST if request.method == "POST" else None,
        addable_forms(found),
        initial={"on": site_today(found).isoformat()},
    )
    if form.is_valid():
        told = form.cleaned_data
        try:
            visit = add_visit(
                subject_id=found.pk, on=told["on"], forms=told["forms"], by=user, reason=told["reason"]
            )
        except CheckFailed as refusal:
            show_at_fields(form, refusal)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("Added: %(visit)s.") % {"visit": visit.name})
            return redirect("subject", found.pk)
    context = {**subject_context(request, found, "subject"), "form": form}
    return render(
        request, "casebook/add_visit.html", context, status=422 if request.method == "POST" else 200
    )
