"""Pages of a transfer between sites: asking with the subject, deciding where the subject is not seen yet."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require
from trialsite.access.requests import user_of

from .casebook_page import subject_context
from .errors import CheckFailed, Refused
from .formfields import DateInput
from .models import Subject, Transfer
from .selectors import subject_or_404
from .site_day import site_today
from .states import TransferState
from .transfers import (
    ask_transfer,
    decide_transfer,
    investigators_at,
    sites_to_transfer_to,
    steps_open_to,
    transfer_seen_by,
    transfers_of,
)


class AskForm(forms.Form):
    """Where the subject goes, when and why."""

    to = forms.ChoiceField(label=gettext_lazy("To site"))
    transfers_on = forms.DateField(label=gettext_lazy("Transferred on"), widget=DateInput())
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, subject: Subject, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sites = {str(site.pk): site for site in sites_to_transfer_to(subject)}
        self.fields["to"].choices = [("", "—"), *((key, str(site)) for key, site in self.sites.items())]  # type: ignore[attr-defined]


class DecideForm(forms.Form):
    """Who is responsible at the receiving site, or why it is refused."""

    responsible = forms.ChoiceField(label=gettext_lazy("Responsible investigator"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why, when it is refused or withdrawn"), max_length=300, required=False
    )

    def __init__(self, *args: Any, found: Transfer, **options: Any) -> None:
        super().__init__(*args, **options)
        self.people = {str(user.pk): user for user in investigators_at(found)}
        choices = [("", "—"), *((key, str(user)) for key, user in self.people.items())]
        self.fields["responsible"].choices = choices  # type: ignore[attr-defined]


@login_required
def subject_transfer(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The transfers of a subject, and the form that asks for one."""
    subject = subject_or_404(user_of(request), subject_id)
    here: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    form = AskForm(request.POST or None, subject=subject, initial={"transfers_on": site_today(subject)})
    if request.method == "POST":
        require(user_of(request), "subject.transfer", **here)
        if form.is_valid() and (found := asked(request, subject, form)):
            messages.success(
                request, _("%(site)s is asked to take the subject over.") % {"site": found.to_site}
            )
            return redirect("transfer", found.pk)
    transfers = list(transfers_of(subject))
    context = {
        **subject_context(request, subject, "participation"),
        "form": form,
        "transfers": transfers,
        "may_ask": may(user_of(request), "subject.transfer", **here)
        and all(one.state != TransferState.ASKED for one in transfers),
    }
    return render(
        request, "casebook/subject_transfer.html", context, status=422 if request.method == "POST" else 200
    )


def asked(request: HttpRequest, subject: Subject, form: AskForm) -> Transfer | None:
    """The transfer that was asked for, or None with the sentences at their fields."""
    told = form.cleaned_data
    try:
        return ask_transfer(
            subject=subject,
            to=form.sites[told["to"]],
            transfers_on=told["transfers_on"],
            reason=told["reason"],
            by=user_of(request),
        )
    except Refused as refusal:
        show(form, refusal)
        return None


@login_required
def transfer(request: HttpRequest, transfer_id: UUID) -> HttpResponse:
    """One transfer, for the two sites: what is asked, and the steps from here."""
    return page(request, seen_or_404(request, transfer_id))


@login_required
@require_POST
def step(request: HttpRequest, transfer_id: UUID, action: str) -> HttpResponse:
    """Accept, refuse or withdraw."""
    found = seen_or_404(request, transfer_id)
    form = DecideForm(request.POST, found=found)
    if form.is_valid():
        try:
            found = decide_transfer(
                transfer_id=found.pk,
                action=action,
                responsible=form.people.get(form.cleaned_data["responsible"]),
                reason=form.cleaned_data["reason"],
                by=user_of(request),
            )
        except Refused as refusal:
            show(form, refusal)
        else:
            if found.state == TransferState.ACCEPTED:
                messages.success(request, _("The subject is with your site now, with its whole casebook."))
                return redirect("subject", found.subject_id)
            return redirect("transfer", found.pk)
    return page(request, found, form)


def seen_or_404(request: HttpRequest, transfer_id: UUID) -> Transfer:
    found = transfer_seen_by(user_of(request), transfer_id)
    if found is None:
        raise Http404
    return found


def page(request: HttpRequest, found: Transfer, form: DecideForm | None = None) -> HttpResponse:
    steps = [one.action for one in steps_open_to(user_of(request), found)]
    context = {
        "found": found,
        "form": form or DecideForm(found=found),
        "steps": steps,
        "sees_subject": Subject.objects.visible_to(user_of(request)).filter(pk=found.subject_id).exists(),
    }
    return render(request, "casebook/transfer.html", context, status=422 if form else 200)


def show(form: forms.Form, refusal: Refused) -> None:
    """The sentence of the service at the field it concerns, or above the form."""
    if not isinstance(refusal, CheckFailed):
        form.add_error(None, refusal.sentence)
        return
    for item, sentence in refusal.messages.items():
        form.add_error(item if item in form.fields else None, sentence)
