"""Pages of subjects from paper: entering one, what of it would be refused today, and the signature under that."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from trialsite.access.identity import Identity, is_unnamed
from trialsite.access.models import User
from trialsite.access.permissions import may, refuse_page, require_somewhere
from trialsite.access.requests import user_of
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.errors import Refused
from trialsite.casebook.models import Subject
from trialsite.casebook.selectors import subject_or_404
from trialsite.casebook.shown_again import Answer
from trialsite.studies.models import Site, Study
from trialsite.studies.selectors import sites_visible_to, studies_visible_to, study_open_to

from .paper import enter_from_paper, name_later, sign_paper_facts
from .paper_facts import entry_of, to_sign
from .paper_forms import NameForm, PaperForm
from .selectors import randomisation_of
from .views import show_refusal

ENTERS = "subject.enter_from_paper"


@login_required
def paper(request: HttpRequest) -> HttpResponse:
    """The studies of this user, each with the way to its records from paper."""
    user = user_of(request)
    require_somewhere(user, "record.view")
    return render(request, "enrollment/paper.html", {"studies": studies_visible_to(user)})


def sites_for(user: User, study: Study) -> list[Site]:
    """Where this user may enter subjects from paper."""
    sites = sites_visible_to(user, study)
    return [site for site in sites if may(user, ENTERS, study_id=study.pk, site_id=site.pk)]


@login_required
@never_cache
def new(request: HttpRequest, key: str) -> HttpResponse:
    """Enter one subject from paper."""
    user = user_of(request)
    study = study_open_to(user, key, ENTERS)
    form = PaperForm(request.POST or None, study=study, sites=sites_for(user, study))
    if request.method == "POST" and form.is_valid():
        try:
            subject = enter_from_paper(study=study, site=form.site_chosen, told=form.told, by=user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Entered from paper: %(number)s.") % {"number": subject.number})
            return redirect("paper-record", subject.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "enrollment/paper_new.html", {"study": study, "form": form}, status=status)


@login_required
@never_cache
def record(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """How a subject was entered from paper, and what of it would be refused today."""
    subject = subject_or_404(user_of(request), subject_id)
    return page(request, subject)


def page(request: HttpRequest, subject: Subject, named: NameForm | None = None) -> HttpResponse:
    entry = entry_of(subject)
    here: dict[str, Any] = {"study_id": subject.study_id, "site_id": subject.site_id}
    user = user_of(request)
    unnamed = may(user, "subject.screen", **here) and is_unnamed(subject.person_id)
    context = {
        **subject_context(request, subject, "paper-record"),
        "entry": entry,
        "to_sign": to_sign(subject, entry) if entry else None,
        "may_sign": may(user, "eligibility.sign", **here),
        "randomisation": randomisation_of(subject),
        "name_form": (named or NameForm()) if unnamed else None,
    }
    return render(request, "enrollment/paper_record.html", context, status=422 if named else 200)


@login_required
@require_POST
@sensitive_post_parameters("password")
def sign(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The investigator's signature under what would be refused today."""
    subject = subject_or_404(user_of(request), subject_id)
    answer = Answer(request, reverse("paper-record", args=[subject.pk]))
    told = {name: request.POST.get(name, "") for name in ("username", "password", "content_hash")}
    with answer.refusals():
        sign_paper_facts(subject=subject, by=user_of(request), **told)
        messages.success(request, _("Signed."))
    return answer.response()


@login_required
@require_POST
@never_cache
def name(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Fill in the identity of a subject that was entered without it."""
    user = user_of(request)
    subject = subject_or_404(user, subject_id)
    if not may(user, "subject.screen", study_id=subject.study_id, site_id=subject.site_id):
        refuse_page()
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            name_later(subject=subject, identity=Identity(**form.cleaned_data), by=user)
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The identity is kept, apart from the record."))
            return redirect("paper-record", subject.pk)
    return page(request, subject, form)
