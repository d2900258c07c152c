"""The casebook's pages: inbox, subjects, one subject, one form."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.permissions import grants_of, may, require
from trialsite.access.requests import user_of
from trialsite.audit.models import Trail
from trialsite.studies.selectors import studies_visible_to

from . import services
from .casebook_page import casebook_context, subject_context
from .errors import CheckFailed, LostUpdate, Refused, UnknownForm
from .form_types import form_type
from .forms import typed
from .models import Draft, Subject
from .pages import EntryPage, words
from .selectors import (
    draft_of,
    drafts_of,
    kinds_of_work,
    slot_or_404,
    subject_or_404,
    subjects_visible_to,
    work_of,
)
from .slots import OpenSlot, Slot
from .states import TRANSITIONS, SubjectState
from .trail import in_words

LAST_PAGE = 100  # of the inbox; who has more to do filters


@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """One ranked list of what is due."""
    user, number = user_of(request), request.GET.get("page", "")
    if grants_of(user).only_waits:
        return redirect("my-access")
    studies = [study.key for study in studies_visible_to(user)]
    kinds = kinds_of_work()
    kind = request.GET.get("kind", "") if request.GET.get("kind") in kinds else ""
    study = request.GET.get("study", "") if request.GET.get("study") in studies else ""
    page = min(int(number), LAST_PAGE) if number.isdigit() and int(number) else 1
    context = {
        "page": work_of(user, study=study, kind=kind, page=page),
        "kinds": kinds.items(),
        "studies": studies,
        "kind": kind,
        "study": study,
        "drafts": drafts_of(user)[:5],
    }
    return render(request, "casebook/inbox.html", context)


@login_required
def subjects(request: HttpRequest) -> HttpResponse:
    """The subjects that this user may see, filtered and paged."""
    require_somewhere(request, "record.view")
    found = subjects_visible_to(user_of(request))
    total = found.count()
    query = {name: request.GET.get(name, "").strip() for name in ("q", "study", "site", "state")}
    if query["q"]:
        found = found.filter(
            Q(screening_number__icontains=query["q"]) | Q(subject_number__icontains=query["q"])
        )
    for name, column in (("study", "study__key"), ("site", "site__key"), ("state", "state")):
        if query[name]:
            found = found.filter(**{column: query[name]})
    page = Paginator(found.order_by("study__key", "-screened_on", "screening_number"), 50)
    studies = studies_visible_to(user_of(request))
    context = {
        "page": page.get_page(request.GET.get("page")),
        "total": total,
        "query": query,
        "studies": studies,
        "sites": sorted(
            {(s.site.key, str(s.site)) for st in studies for s in st.study_sites.select_related("site")}
        ),
        "states": SubjectState.choices,
    }
    return render(request, "casebook/subjects.html", context)


@login_required
def subject(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """One subject's casebook: visits × forms, and what is due next."""
    found = subject_or_404(user_of(request), subject_id)
    return render(request, "casebook/subject.html", casebook_context(request, found))


@login_required
def subject_trail(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """Everything that happened to a subject's record, newest first."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "trail.view", study_id=found.study_id, site_id=found.site_id)
    entries = Trail.objects.filter(chain=f"subject:{found.pk}").order_by("-position")
    page = Paginator(entries, 50).get_page(request.GET.get("page"))
    context = {**subject_context(request, found, "subject-trail"), "page": page, "changes": in_words(page)}
    return render(request, "casebook/subject_trail.html", context)


@login_required
def form(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """One form: read, entered, corrected; what was typed comes back from the draft."""
    if request.method == "POST" and request.POST.get("press") != "draft":
        opened = locked_or_404(request, subject_id, visit, form)
    else:
        opened = slot_or_404(user_of(request), subject_id, visit, form)
    with timezone.override(
        ZoneInfo(opened.subject.site.timezone)
    ):  # instants: typed and shown in the site's zone
        match request.method, request.POST.get("press"):
            case "POST", "draft":
                return keep_draft(request, opened)
            case "POST", _press:
                return submit(request, opened)
        return show(request, opened)


def locked_or_404(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> OpenSlot:
    """The slot of a submission, its subject locked until commit."""
    slot = Slot.parse(subject_id, visit, form)
    try:
        if slot is not None:
            return services.lock_slot(slot=slot, by=user_of(request))
    except (Subject.DoesNotExist, UnknownForm):
        pass
    raise Http404


def may_edit(request: HttpRequest, opened: OpenSlot) -> bool:
    found = opened.subject
    return may(user_of(request), opened.kind.permission, study_id=found.study_id, site_id=found.site_id)


def show(request: HttpRequest, opened: OpenSlot) -> HttpResponse:
    """The form as it stands, or open for entry."""
    record = opened.record
    draft = draft_of(opened.slot, user_of(request))
    editing = may_edit(request, opened) and (record is None or draft is not None or "edit" in request.GET)
    page = EntryPage(opened, draft.typed if draft else None)
    page.form.helper_shows_errors = False
    base = draft.base_version if draft else (record.version if record else 0)
    context = form_context(request, opened, page, base) | {"draft": draft}
    return render(request, "casebook/form.html" if editing else "casebook/record.html", context)


def keep_draft(request: HttpRequest, opened: OpenSlot) -> HttpResponse:
    """The button "save draft", for a browser without JavaScript."""
    save_typed(request, opened)
    messages.success(request, _("Draft saved. Nobody else sees it until you submit."))
    return redirect(opened.slot.url())


def save_typed(request: HttpRequest, opened: OpenSlot) -> Draft:
    return services.save_draft(
        slot=opened.slot,
        typed=typed(request.POST),
        base_version=int(request.POST.get("base_version") or 0),
        by=user_of(request),
    )


def submit(request: HttpRequest, opened: OpenSlot) -> HttpResponse:
    """Take what was typed to the service; on a refusal show it again with the sentence at its place."""
    base = int(request.POST.get("base_version") or 0)
    page = EntryPage(opened, request.POST)
    conflicts: tuple[Any, ...] = ()
    if page.valid():
        try:
            services.submit_form(
                slot=opened,
                values=page.values(),
                rows=page.rows(),
                missing=page.missing(),
                base_version=base,
                by=user_of(request),
                reason=page.reason.words,
            )
        except CheckFailed as refusal:
            page.add_errors(refusal.messages)
        except LostUpdate as refusal:
            conflicts, base = refusal.conflicts, refusal.version
            messages.error(request, refusal.sentence)
        except Refused as refusal:
            messages.error(request, refusal.sentence)
        else:
            messages.success(request, _("Submitted: %(form)s.") % {"form": opened.kind.title})
            return redirect(opened.slot.url())
    context = form_context(request, opened, page, base) | {"conflicts": conflicts, "refused": True}
    return render(request, "casebook/form.html", context, status=409 if conflicts else 422)


@login_required
@require_POST
def draft(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Save what is being typed; the answer is the words that stand beside the form."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    if request.POST.get("press") == "discard":
        services.forget_draft(slot=opened.slot, by=user_of(request))
        messages.info(request, _("Draft discarded."))
        return redirect(opened.slot.url())
    context = {"draft": save_typed(request, opened), "subject": opened.subject}
    return render(request, "casebook/draft_state.html", context)


@login_required
@require_POST
def state(request: HttpRequest, subject_id: UUID, visit: str, form: str, action: str) -> HttpResponse:
    """Void, freeze, unfreeze, lock or unlock the form of a slot."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    try:
        if opened.record is None:
            raise Refused(_("There is no form here."))
        services.change_state(
            record=opened.record, action=action, by=user_of(request), reason=request.POST.get("reason", "")
        )
        messages.success(request, _("Done."))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect(opened.slot.url())


@login_required
def new_log_form(request: HttpRequest, subject_id: UUID, form: str) -> HttpResponse:
    """Open the next free slot of a form that stands in the log (an adverse event, say)."""
    found = subject_or_404(user_of(request), subject_id)
    if form_type(form, found) is None:
        raise Http404
    return redirect(Slot(found.pk, "LOG", form, 1, services.next_repeat(subject=found, form_key=form)).url())


@login_required
def field_history(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """What happened to a form, or with ?item= to one of its items."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    found, record = opened.subject, opened.record
    ids = [str(record.pk)] if record else []
    for row_type in opened.kind.rows:
        ids += [str(pk) for pk in row_type.model.objects.filter(record=record).values_list("pk", flat=True)]
    entries = Trail.objects.filter(chain=f"subject:{found.pk}", row_id__in=ids).order_by("-position")
    item = request.GET.get("item", "")
    context = {
        **subject_context(request, found, "subject"),
        "slot": opened.slot,
        "kind": opened.kind,
        "changes": in_words(entries, item),
        "item": item,
    }
    return render(request, "casebook/history.html", context)


@login_required
def trail(request: HttpRequest) -> HttpResponse:
    """The trail of everything this user may see, newest first."""
    require_somewhere(request, "trail.view")
    entries = Trail.objects.order_by("-id")
    study = request.GET.get("study", "")
    studies = studies_visible_to(user_of(request))
    if study:
        entries = entries.filter(study_id__in=studies.filter(key=study).values("pk"))
    before = request.GET.get("before", "")
    if before.isdigit():
        entries = entries.filter(pk__lt=int(before))
    rows = list(entries[:50])
    context = {
        "changes": in_words(rows),
        "studies": studies,
        "study": study,
        "before": rows[-1].pk if len(rows) == 50 else None,
    }
    return render(request, "casebook/trail.html", context)


def require_somewhere(request: HttpRequest, action: str) -> None:
    if not grants_of(user_of(request)).somewhere(action):
        raise PermissionDenied(_("None of your roles opens this page."))


def form_context(request: HttpRequest, opened: OpenSlot, page: EntryPage, base: int) -> dict[str, Any]:
    """What the form page and the record page show."""
    found, record = opened.subject, opened.record
    page.show_previous()
    allowed = {
        step.action: step
        for step in TRANSITIONS
        if record is not None
        and step.source == record.state
        and step.action not in ("submit", "correct")
        and may(user_of(request), step.permission, study_id=found.study_id, site_id=found.site_id)
    }
    return {
        **subject_context(request, found, "subject"),
        "slot": opened.slot,
        "kind": opened.kind,
        "record": record,
        "page": page,
        "base_version": base,
        "may_edit": may_edit(request, opened),
        "steps": allowed.values(),
        "shown": shown_items(page, record) if record else [],
        "missed": opened.visit if opened.visit and opened.visit.missed_reason else None,
    }


def shown_items(page: EntryPage, record: Any) -> list[tuple[Any, list[tuple[str, str, str, str]]]]:
    """Sections of (item, label, value in words, why empty) for the read page."""
    sections = []
    for section in page.form.get_sections():
        lines = []
        for item in section.items:
            display = getattr(record, f"get_{item}_display", None)
            value = display() if display else services.stored(record, item)
            value = dict(getattr(page.form.fields[item], "choices", ())).get(value, value)
            label = page.form.fields[item].label
            lines.append((item, str(label or item), words(value), record.missing.get(item, "")))
        sections.append((section.title, lines))
    return sections
