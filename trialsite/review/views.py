"""The pages of review: what is frozen and locked."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from trialsite.access.permissions import grants_of, may
from trialsite.access.requests import user_of
from trialsite.casebook.confirming import ask_to_confirm, is_confirmed
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.holds import Place, place_hold, take_hold_step
from trialsite.casebook.models import Hold
from trialsite.casebook.selectors import subjects_visible_to
from trialsite.casebook.shown_again import Answer, page_of
from trialsite.casebook.states import HoldKind, HoldState
from trialsite.studies.models import Site, Study
from trialsite.studies.selectors import sites_visible_to, study_open_to

from .holds_shown import shown_hold
from .places import place_or_404

WHOLE_STUDY = "*"  # chosen as the site
WHAT_IT_MEANS = {
    HoldKind.FREEZE: gettext_lazy(
        "No value can be entered or corrected there; queries, verification and signatures go on."
    ),
    HoldKind.LOCK: gettext_lazy(
        "Nothing goes on there: one person asks for unlocking with a reason, a second one unlocks."
    ),
}


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
    """Freeze or lock a place; a whole site or study after a second press."""
    told = request.POST.dict()
    kind = told.get("kind", "")
    if kind not in HoldKind.values:
        raise Http404
    answer = Answer(request, page_of(request))
    with answer.refusals():
        place = place_or_404(user_of(request), told | whole(told))
        refuse_no_choice(told)
        if place.subject_id is None and not is_confirmed(request):
            return ask_about_wide_hold(request, place, HoldKind(kind))
        place_hold(place=place, kind=kind, by=user_of(request), reason=request.POST.get("reason", ""))
        messages.success(request, _("Done."))
    return answer.response()


def whole(told: dict[str, str]) -> dict[str, str]:
    """A whole study as a place names it: without a site."""
    return {"site": ""} if told.get("site") == WHOLE_STUDY else {}


def refuse_no_choice(told: dict[str, str]) -> None:
    if not (told.get("subject") or told.get("site")):
        raise CheckFailed({"site": _("Choose a site, or the whole study.")})


def ask_about_wide_hold(request: HttpRequest, place: Place, kind: HoldKind) -> HttpResponse:
    """How many subjects a hold would reach, before it is placed."""
    study = Study.objects.get(pk=place.study_id)
    site = Site.objects.get(pk=place.site_id) if place.site_id else None
    reached = subjects_visible_to(user_of(request)).filter(study=study)
    subjects = (reached.filter(site=site) if site else reached).count()
    over = f"{study} · {site}" if site else _("%(study)s, the whole study") % {"study": study}
    heading = {HoldKind.FREEZE: _("Freeze %(place)s?"), HoldKind.LOCK: _("Lock %(place)s?")}[kind]
    count = ngettext("It reaches %(n)d subject, and whoever is screened later.",
                     "It reaches %(n)d subjects, and whoever is screened later.", subjects)  # fmt: skip
    return ask_to_confirm(
        request,
        heading=heading % {"place": over},
        sentences=[count % {"n": subjects}, str(WHAT_IT_MEANS[kind])],
        verb=_("Freeze") if kind == HoldKind.FREEZE else _("Lock"),
        back=page_of(request),
    )


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
