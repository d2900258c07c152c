"""The casebook's pages: inbox, subjects, one subject, one form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from trialsite.access.permissions import grants_of, may, require_somewhere
from trialsite.access.requests import user_of
from trialsite.studies.selectors import places_visible_to, studies_visible_to

from . import services
from .casebook_page import casebook_context, subject_context
from .confirming import ask_to_confirm, is_confirmed
from .draft_views import draft_words, newer_words, save_typed, version_of, window_of
from .edit_checks import Fired
from .entry import locked_or_404, of_comments, submit_typed
from .errors import Asked, CheckFailed, LostUpdate, NewerDraft, Refused
from .form_types import form_type
from .holds import holds_at, holds_on, standing_of, words_of_hold
from .merge_page import merge_context, merge_of
from .merging import Submission, lost_update
from .no_longer_asked import answer_words, no_longer_asked
from .pages import EntryPage, with_unit
from .registries import form_panels
from .selectors import (
    draft_of,
    kinds_of_work,
    moves_at,
    slot_or_404,
    subject_or_404,
    subjects_visible_to,
    work_of,
)
from .shifts import Moves, keep_for_page, kept_for_page, watched
from .shown_again import Answer
from .slots import OpenSlot, Slot
from .states import TRANSITIONS, SubjectState

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
    sites = list(places_visible_to(user))
    site = request.GET.get("site", "") if request.GET.get("site") in {one.key for one in sites} else ""
    page = min(int(number), LAST_PAGE) if number.isdigit() and int(number) else 1
    context = {
        "page": work_of(user, study=study, site=site, kind=kind, page=page),
        "kinds": kinds.items(),
        "studies": studies,
        "kind": kind,
        "study": study,
        "sites": sites,
        "site": site,
    }
    return render(request, "casebook/inbox.html", context)


@login_required
def subjects(request: HttpRequest) -> HttpResponse:
    """The subjects that this user may see, filtered and paged."""
    require_somewhere(user_of(request), "record.view")
    found = subjects_visible_to(user_of(request))
    everybody = found
    query = {name: request.GET.get(name, "").strip() for name in ("q", "study", "site", "state")}
    if query["q"]:
        found = found.filter(
            Q(screening_number__icontains=query["q"]) | Q(subject_number__icontains=query["q"])
        )
    for name, column in (("study", "study__key"), ("site", "site__key"), ("state", "state")):
        if query[name]:
            found = found.filter(**{column: query[name]})
    page = Paginator(found.order_by("-screened_on", "screening_number", "pk"), 50)
    studies = studies_visible_to(user_of(request))
    context = {
        "page": page.get_page(request.GET.get("page")),
        "total": everybody.count() if any(query.values()) else page.count,
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
@never_cache
def form(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """One form: read, entered, corrected; what was typed comes back from the draft."""
    if request.method == "POST" and request.POST.get("press") != "draft":
        opened = locked_or_404(user_of(request), subject_id, visit, form)
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


def may_edit(request: HttpRequest, opened: OpenSlot) -> bool:
    """Whether this user may write here now: by role, because the form is asked for and nothing holds the place."""
    found = opened.subject
    if not opened.kind.asked:
        return False
    allowed = may(user_of(request), opened.kind.permission, study_id=found.study_id, site_id=found.site_id)
    return allowed and not standing_of(holds_on(found), opened.slot)


def show(request: HttpRequest, opened: OpenSlot) -> HttpResponse:
    """The form as it stands, or open for entry."""
    record = opened.record
    draft = draft_of(opened.slot, user_of(request))
    editing = may_edit(request, opened) and (record is None or draft is not None or "edit" in request.GET)
    page = EntryPage(opened, draft.typed if draft else None)
    page.form.helper_shows_errors = False
    base = draft.base_version if draft else (record.version if record else 0)
    context = form_context(request, opened, page, base) | kept_for_page(request, opened.slot)
    if draft is not None:
        context |= {
            "draft": draft,
            "draft_version": draft.version,
            "draft_words": draft_words(draft, opened.subject),
            "saved_since": record is not None and draft.base_version < record.version,
        }
    return render(request, "casebook/form.html" if editing else "casebook/record.html", context)


def keep_draft(request: HttpRequest, opened: OpenSlot) -> HttpResponse:
    """The button "save draft", for a browser without JavaScript."""
    try:
        save_typed(request, opened, window_of(request))
    except NewerDraft as refusal:
        messages.warning(request, newer_words(refusal, opened.subject))
        messages.warning(request, _("Save or submit again to keep what stands here instead."))
        page = EntryPage(opened, request.POST)
        page.form.helper_shows_errors = False
        context = form_context(request, opened, page, int(request.POST.get("base_version") or 0))
        context["draft_version"] = refusal.draft.version if refusal.draft else 0
        return render(request, "casebook/form.html", context, status=409)
    messages.success(request, _("Draft saved. Nobody else sees it until you submit."))
    return redirect(opened.slot.url())


def submit(request: HttpRequest, opened: OpenSlot) -> HttpResponse:
    """Take what was typed to the service; on a refusal show it again with the sentence at its place."""
    base = int(request.POST.get("base_version") or 0)
    page = EntryPage(opened, request.POST)
    merge = merge_of(request.POST)
    before = opened.record.version if opened.record else 0
    ask = opened.record is not None and not is_confirmed(request)
    asked: list[Question] = []
    if page.valid():
        try:
            with watched(opened.subject, opened.kind.key, ask=ask) as moving:
                saved = submit_typed(
                    opened=opened,
                    page=page,
                    base_version=base,
                    merge=merge,
                    draft_version=version_of(request),
                    comments=comments_typed(request),
                    by=user_of(request),
                )
        except CheckFailed as refusal:
            if merge is not None:
                answers = {
                    item: text for item, text in refusal.messages.items() if item not in page.reason.fields
                }
                return ask_again(request, opened, page, base, services.refused_items(opened.kind, answers))
            if wrong := of_comments(refusal):
                found = services.soft_findings(opened, page.values(), page.rows())
                asked = questions(found, page, comments_typed(request), wrong)
        except Asked as refusal:
            asked = questions(refusal.fired, page, comments_typed(request))
            messages.warning(request, refusal.sentence)
        except LostUpdate as refusal:
            return show_merge(request, opened, page, refusal, [])
        except Moves as refusal:
            return ask_about_moves(request, opened, refusal)
        except Refused as refusal:
            if merge is not None:
                return ask_again(request, opened, page, base, [refusal.sentence])
            messages.error(request, refusal.sentence)
        else:
            if saved.version == before:
                messages.info(request, _("Nothing was changed: the form stands as it was."))
                return redirect(opened.slot.url())
            messages.success(request, _("Submitted: %(form)s.") % {"form": opened.kind.title})
            keep_for_page(request, opened.slot, moving.shifts)
            if left := wordless(opened, page, comments_typed(request)):
                messages.info(request, queries_words(left))
            return redirect(opened.slot.url())
    elif merge is not None and page.answers_valid():
        return ask_again(request, opened, page, base, [])
    context = form_context(request, opened, page, base) | {
        "refused": not asked,
        "questions": asked,
        "problems": page.problems(),
    }
    return render(request, "casebook/form.html", context, status=422)


def ask_about_moves(request: HttpRequest, opened: OpenSlot, refusal: Moves) -> HttpResponse:
    """What a correction moves, before it is kept: a second press sends what was typed for good.

    What was typed is kept as a draft too, so that the way back shows it."""
    kept = save_typed(request, opened, None)
    back = f"{opened.slot.url()}?edit=1"
    return ask_to_confirm(
        request,
        heading=_("Visits move"),
        sentences=[refusal.sentence],
        verb=_("Submit the correction"),
        back=back,
        shifts=refusal.shifts,
        instead={"draft_version": str(kept.version)},
    )


def ask_again(
    request: HttpRequest, opened: OpenSlot, page: EntryPage, base: int, sentences: list[str]
) -> HttpResponse:
    """The merge page once more, with what was chosen and the sentences that refused it."""
    mine = Submission(page.values(), page.rows(), page.missing())
    merge = merge_of(request.POST)
    return show_merge(request, opened, page, lost_update(opened, mine, base, merge), sentences)


def show_merge(
    request: HttpRequest, opened: OpenSlot, page: EntryPage, refusal: LostUpdate, sentences: list[str]
) -> HttpResponse:
    """Both versions side by side; what was typed is kept as a draft too, in case the page is left."""
    kept = save_typed(request, opened, None)
    context = {
        **form_context(request, opened, page, refusal.version),
        "draft_version": kept.version,
        **merge_context(page, refusal, request.POST),
        "sentences": sentences,
    }
    return render(request, "casebook/merge.html", context, status=409)


def wordless(opened: OpenSlot, page: EntryPage, comments: Mapping[str, str]) -> int:
    """On how many soft findings of what was submitted the author said nothing: a query stands on each."""
    if not comments:
        return 0
    found = services.soft_findings(opened, page.values(), page.rows())
    return sum(not comments.get(one.name) for one in found)


def queries_words(left: int) -> str:
    return ngettext(
        "A query stands on %(n)d value that you left without words. It is in your inbox, and below on the form.",
        "Queries stand on %(n)d values that you left without words. They are in your inbox, and below on the form.",
        left,
    ) % {"n": left}


@dataclass(frozen=True)
class Question:
    """A soft finding on the page: what is unusual, at which item, and what was typed to it."""

    name: str
    field_id: str
    label: str
    message: Any
    comment: str
    error: str = ""


def questions(
    fired: Sequence[Fired],
    page: EntryPage,
    comments: Mapping[str, str],
    wrong: Mapping[str, str] | None = None,
) -> list[Question]:
    names = {f"{services.COMMENT}{one.name}": one for one in fired}
    return [
        Question(
            name,
            page.field_id_of(one.item),
            page.label_of(one.item),
            one.message,
            comments.get(one.name, ""),
            (wrong or {}).get(name, ""),
        )
        for name, one in names.items()
    ]


def comments_typed(request: HttpRequest) -> dict[str, str]:
    """What the author said to the soft findings that the page has shown, by their names; empty where nothing."""
    return {
        name.removeprefix(services.COMMENT): request.POST[name].strip()[:500]
        for name in request.POST
        if name.startswith(services.COMMENT)
    }


@login_required
@require_POST
def state(request: HttpRequest, subject_id: UUID, visit: str, form: str, action: str) -> HttpResponse:
    """Void the form of a slot."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    answer = Answer(request, opened.slot.url())
    with answer.refusals():
        if opened.record is None:
            raise Refused(_("There is no form here."))
        try:
            with watched(opened.subject, opened.kind.key, ask=not is_confirmed(request)):
                services.change_state(
                    record=opened.record,
                    action=action,
                    by=user_of(request),
                    reason=request.POST.get("reason", ""),
                )
        except Moves as refusal:
            return ask_to_confirm(
                request,
                heading=_("Visits move"),
                sentences=[refusal.sentence],
                verb=_("Void this form"),
                back=opened.slot.url(),
                shifts=refusal.shifts,
            )
        messages.success(request, _("Done."))
    return answer.response()


@login_required
def new_log_form(request: HttpRequest, subject_id: UUID, form: str) -> HttpResponse:
    """Open the next free slot of a form that stands in the log (an adverse event, say)."""
    found = subject_or_404(user_of(request), subject_id)
    if form_type(form, found) is None:
        raise Http404
    return redirect(Slot(found.pk, "LOG", form, 1, services.next_repeat(subject=found, form_key=form)).url())


@login_required
@require_safe
def another_form(request: HttpRequest, subject_id: UUID, visit: str, form: str) -> HttpResponse:
    """Open the next free slot of a form that may stand more than once at a visit."""
    opened = slot_or_404(user_of(request), subject_id, visit, form)
    slot = opened.slot
    if not opened.kind.again:
        raise Http404
    number = services.next_repeat(
        subject=opened.subject,
        form_key=slot.form_key,
        visit_key=slot.visit_key,
        visit_repeat=slot.visit_repeat,
    )
    return redirect(replace(slot, form_repeat=number).url())


def form_context(request: HttpRequest, opened: OpenSlot, page: EntryPage, base: int) -> dict[str, Any]:
    """What the form page and the record page show."""
    found, record = opened.subject, opened.record
    page.show_previous()
    holds = holds_at(holds_on(found), opened.slot)
    held = standing_of(holds, opened.slot)
    panels = [shown for panel in form_panels.values() if (shown := panel(request, opened))]
    allowed = {
        step.action: step
        for step in TRANSITIONS
        if record is not None
        and step.source == record.state
        and step.action not in ("submit", "correct")
        and not held
        and may(user_of(request), step.permission, study_id=found.study_id, site_id=found.site_id)
    }
    return {
        **subject_context(request, found, "subject"),
        "slot": opened.slot,
        "kind": opened.kind,
        "record": record,
        "page": page,
        "base_version": base,
        "draft_version": request.POST.get("draft_version", "0"),
        "may_edit": may_edit(request, opened),
        "steps": allowed.values(),
        "held": held,
        "holds": [
            words_of_hold(hold) for hold in holds if not hold.whole_subject
        ],  # the others: in the header
        "panels": [panel for panel in panels if not panel.get("above")],
        "panels_above": [panel for panel in panels if panel.get("above")],
        "shown": shown_items(page, record) if record and opened.kind.asked else [],
        "no_longer_asked": no_longer_asked(opened),
        "moves": moves_at(opened.slot, user_of(request)),
        "may_move": record is not None
        and may(user_of(request), "form.move", study_id=found.study_id, site_id=found.site_id),
        "missed": opened.visit if opened.visit and opened.visit.missed_reason else None,
        "added": opened.visit if opened.visit and opened.visit.added_for else None,
    }


def shown_items(page: EntryPage, record: Any) -> list[tuple[Any, list[tuple[str, str, str, str]]]]:
    """Sections of (item, label, value in words, why empty) for the read page."""
    sections = []
    for section in page.form.get_sections():
        lines = []
        for item in section.items:
            field = page.form.fields[item]
            value = services.stored(record, item)
            if item in page.kind.own:
                value = answer_words(value, page.kind.own[item], unit=False)
            elif value != "":
                display = getattr(record, f"get_{item}_display", None)
                value = display() if display else dict(getattr(field, "choices", ())).get(value, value)
            lines.append(
                (item, str(field.label or item), with_unit(value, field), record.missing.get(item, ""))
            )
        sections.append((section.title, lines))
    return sections
