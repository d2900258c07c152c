"""The pages of review: what is frozen and locked."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import grants_of, may
from trialsite.access.requests import user_of
from trialsite.casebook.holds import place_hold, take_hold_step
from trialsite.casebook.models import Hold
from trialsite.casebook.shown_again import Answer, page_of
from trialsite.casebook.states import HoldKind, HoldState
from trialsite.studies.selectors import sites_visible_to, study_open_to

from .holds_shown import shown_hold
from .places import place_or_404


@login_required
def holds(request: HttpRequest, key: str) -> HttpResponse:
    """What of a study is frozen or locked, and the way to freeze and lock the study or a site."""
    user = user_of(request)
    study = study_open_to(user, key, "record.view")
    found = Hold.objects.visible_to(user).filter(study=study).exclude(state=HoldState.RELEASED)
    listed = found.select_related("study", "site", "subject__protocol_version", "placed_by", "asked_by")
    page = Paginator(listed.order_by("-placed_at", "pk"), 50).get_page(request.GET.get("page"))
    context = {
        "study": study,
        "page": page,
        "holds": [shown_hold(hold, user) for hold in page],
        "sites": sites_visible_to(user, study),
        "whole": grants_of(user).allows("hold.freeze", study.pk, None),
        "kinds": [kind for kind in HoldKind if may(user, f"hold.{kind.value}", study_id=study.pk)],
    }
    return render(request, "review/holds.html", context)


@login_required
@require_POST
def place(request: HttpRequest) -> HttpResponse:
    """Freeze or lock a place."""
    place = place_or_404(user_of(request), request.POST.dict())
    kind = request.POST.get("kind", "")
    if kind not in HoldKind.values:
        raise Http404
    answer = Answer(request, page_of(request))
    with answer.refusals():
        place_hold(place=place, kind=kind, by=user_of(request), reason=request.POST.get("reason", ""))
        messages.success(request, _("Done."))
    return answer.response()


@login_required
@require_POST
def step(request: HttpRequest, hold_id: UUID, action: str) -> HttpResponse:
    """Take the next step of a hold."""
    answer = Answer(request, page_of(request))
    try:
        with answer.refusals():
            reason = request.POST.get("reason", "")
            take_hold_step(hold_id=hold_id, action=action, by=user_of(request), reason=reason)
            messages.success(request, _("Done."))
    except Hold.DoesNotExist as error:
        raise Http404 from error
    return answer.response()
