"""The laboratory page of a subject: looking, typing, pasting, the tray, saving; and what is typed kept as a draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from trialsite.access.permissions import may, require
from trialsite.access.requests import ids_typed, user_of
from trialsite.casebook import services
from trialsite.casebook.casebook_page import subject_context
from trialsite.casebook.draft_views import draft_words, newer_words, version_of, window_of
from trialsite.casebook.errors import CheckFailed, NewerDraft, Refused
from trialsite.casebook.models import LOG, Draft, Subject
from trialsite.casebook.reading import one_reading
from trialsite.casebook.selectors import draft_of, subject_or_404
from trialsite.casebook.slots import Slot
from trialsite.clinical.units import ANALYTES

from ..domain.lab_paste import Pasted, read_block
from ..models import LabName
from ..models.tray import analyte_word
from .draws import laboratory_of
from .grid import grid_context
from .saving import DrawsAsked, Question, save_draws
from .tray import dismiss_row, forget_name, keep_rows, learned_names, waiting
from .typed import MOST_COLUMNS, Column, Typed, as_fields, fill_from_paste, place_rows, read_typed, take_out

DRAFT_KEY = "LAB_TABLE"  # the draft of the table; no form has this key
LONGEST_PASTE = 60_000


@dataclass
class Page:
    """One answer of the page: what stands in it, what is wrong, what is asked."""

    request: HttpRequest
    subject: Subject
    typed: Typed
    errors: Mapping[str, str]
    questions: list[tuple[Question, str, str, str]]  # with what was said, the name of its cell, what is wrong

    @one_reading(anew=True)
    def render(self, status: int = 200) -> HttpResponse:
        earlier = self.request.GET.get("earlier", "")
        draft = draft_of(slot_of(self.subject), user_of(self.request))
        context = {
            **subject_context(self.request, self.subject, "laboratory"),
            **grid_context(
                self.subject,
                self.typed,
                errors=self.errors,
                earlier=int(earlier) if earlier.isdigit() and len(earlier) < 5 else 0,
                everything=self.request.POST.get("all") == "1" or self.request.POST.get("press") == "all",
                editing=may_enter(self.request, self.subject),
            ),
            "questions": self.questions,
            **self.around(),
            "names": LabName.objects.filter(
                study_id=self.subject.study_id, site_id=self.subject.site_id, in_use=True
            ).order_by("laboratory", "name"),
            "draft": draft,
            "draft_version": draft.version if draft else 0,
            "draft_words": draft_words(draft, self.subject) if draft else "",
        }
        return render(self.request, "assessments/laboratory.html", context, status=status)

    def around(self) -> dict[str, Any]:
        """What stands in the small forms around the table, and what is wrong there."""
        sent = self.request.POST
        refused = bool(self.errors) and sent.get("press") == "read"
        return {
            "paste": sent.get("paste", "") if refused else "",
            "paste_laboratory": sent.get("paste_laboratory"),
            "errors_paste": " ".join(filter(None, (self.errors.get("paste"), self.errors.get("laboratory")))),
            "errors_name": self.errors.get("name", ""),
            "errors_reason": self.errors.get("reason", ""),
        }


def slot_of(subject: Subject) -> Slot:
    """Where the draft of the table is kept."""
    return Slot(subject.pk, LOG, DRAFT_KEY)


@login_required
@never_cache
def laboratory(request: HttpRequest, subject_id: UUID) -> HttpResponse:
    """The table of a subject's laboratory; a POST reads a paste, settles the tray, or saves the open columns."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "record.view", study_id=found.study_id, site_id=found.site_id)
    if request.method != "POST":
        draft = draft_of(slot_of(found), user_of(request))
        return Page(request, found, read_typed(draft.typed if draft else {}), {}, []).render()
    require(user_of(request), "form.submit", study_id=found.study_id, site_id=found.site_id)
    page = Page(request, found, read_typed(request.POST), {}, [])
    press, _dash, row = request.POST.get("press", "").partition(":")
    steps = {
        "read": read_paste, "place": place, "more": add_column, "all": kept_and_shown, "draft": keep, "forget": forget,
    }  # fmt: skip
    try:
        if press == "dismiss":
            return dismiss(page, row)
        return steps.get(press, submit)(page)
    except CheckFailed as refusal:
        page.errors = refusal.messages
    except Refused as refusal:
        page.errors = {"": refusal.sentence}
    return page.render(422)


def may_enter(request: HttpRequest, subject: Subject) -> bool:
    return may(user_of(request), "form.submit", study_id=subject.study_id, site_id=subject.site_id)


def read_paste(page: Page) -> HttpResponse:
    """Read a pasted block into the open columns; what was not understood goes to the tray."""
    text, laboratory = (
        page.request.POST.get("paste", ""),
        page.request.POST.get("paste_laboratory", "").strip(),
    )
    if not text.strip():
        raise CheckFailed({"paste": _("Paste the rows of a report here.")})
    if len(text) > LONGEST_PASTE:
        raise CheckFailed({"paste": _("This is more than a report: paste fewer rows at once.")})
    pasted = read_block(text, learned_names(page.subject, laboratory))
    units = laboratory_of(page.subject).units
    lost = fill_from_paste(page.typed, pasted, laboratory, units)
    kept = keep_rows(
        subject=page.subject, rows=pasted.unmatched, laboratory=laboratory, by=user_of(page.request)
    )
    for words in read_words(pasted, kept, lost):
        messages.info(page.request, words)
    return kept_and_shown(page)


def read_words(pasted: Pasted, kept: int, lost: int) -> list[str]:
    """What became of a pasted block, in sentences."""
    results = sum(len(draw.cells) for draw in pasted.draws) - lost
    said = [
        ngettext(
            "%(n)d result stands in the table. Nothing is saved before you submit.",
            "%(n)d results stand in the table. Nothing is saved before you submit.",
            results,
        )
        % {"n": results}
    ]
    if kept:
        said.append(
            ngettext("%(n)d row waits in the tray.", "%(n)d rows wait in the tray.", kept) % {"n": kept}
        )
    if pasted.identity:
        said.append(
            _("What was said about the person was left out: the record tells nobody who a subject is.")
        )
    if pasted.left_out:
        left = pasted.left_out
        said.append(ngettext("%(n)d line held no result.", "%(n)d lines held no result.", left) % {"n": left})
    if lost:
        said.append(
            ngettext(
                "%(n)d result found no column: submit these first, then paste the rest.",
                "%(n)d results found no column: submit these first, then paste the rest.",
                lost,
            )
            % {"n": lost}
        )
    return said


def place(page: Page) -> HttpResponse:
    """Put the rows of the tray for which an analyte was chosen into the table."""
    rows = waiting(page.subject)
    placed, wrong = place_rows(page.typed, rows, laboratory_of(page.subject).units)
    if wrong:
        save_typed(page, None)
        raise CheckFailed(wrong)
    if not placed:
        row = rows[0] if rows else None
        raise CheckFailed({f"tray.{row.pk}.analyte": _("Choose an analyte of the list.")} if row else {})
    return kept_and_shown(page)


def add_column(page: Page) -> HttpResponse:
    if len(page.typed.columns) < MOST_COLUMNS:
        page.typed.columns.append(Column())
    return kept_and_shown(page)


def keep(page: Page) -> HttpResponse:
    """The button "save draft", for a browser without JavaScript."""
    save_typed(page, None)
    messages.success(page.request, _("Draft saved. Nobody else sees it until you submit."))
    return redirect("laboratory", page.subject.pk)


def dismiss(page: Page, row: str) -> HttpResponse:
    """Dismiss a row of the tray with its reason; its value leaves the table too, unless another was typed over it."""
    known = {str(one.pk): one for one in waiting(page.subject)}
    if row not in known:
        raise Refused(_("Somebody has settled this row of the tray already."))
    settled = known[row]
    said = page.typed.tray.get(settled.pk, {})
    try:
        dismiss_row(row_id=settled.pk, by=user_of(page.request), reason=said.get("reason", ""))
    except CheckFailed as refusal:
        page.errors = {f"tray.{row}.{item}": text for item, text in refusal.messages.items()}
        return page.render(422)
    gone = take_out(page.typed, settled, laboratory_of(page.subject).units)
    page.typed.tray.pop(settled.pk, None)
    words = (
        _("The row is dismissed, and its value is out of the table.") if gone else _("The row is dismissed.")
    )
    messages.success(page.request, words)
    return kept_and_shown(page)


def forget(page: Page) -> HttpResponse:
    """Take back a name that the laboratory prints."""
    wanted = page.request.POST.get("name", "")
    name = LabName.objects.filter(
        study_id=page.subject.study_id, site_id=page.subject.site_id, in_use=True, pk__in=ids_typed([wanted])
    ).first()
    if name is None:
        raise CheckFailed({"name": _("Choose a name of the list.")})
    forget_name(name_id=name.pk, by=user_of(page.request), reason=page.request.POST.get("forget_reason", ""))
    messages.success(page.request, _("From now on this name waits in the tray again."))
    return kept_and_shown(page)


def submit(page: Page) -> HttpResponse:
    """Save every open column, all or none; refused, the page stands again with the sentence beside its cell."""
    request, subject = page.request, page.subject
    comments = comments_typed(request)
    placed, wrong = place_rows(page.typed, waiting(subject), laboratory_of(subject).units)
    if wrong:
        raise CheckFailed(wrong)
    if placed:
        messages.warning(request, _("Rows of the tray were put into the table: look at them, then submit."))
        return kept_and_shown(page)
    try:
        saved = save_draws(
            subject=subject,
            columns=page.typed.columns,
            units=laboratory_of(subject).units,
            placed=page.typed.placed,
            comments=comments,
            by=user_of(request),
        )
    except DrawsAsked as refusal:
        messages.warning(request, refusal.sentence)
        page.questions = [asked(one, comments, {}) for one in refusal.questions]
        return page.render(422)
    except CheckFailed as refusal:
        said = [question_again(name, comments, refusal.messages) for name in comments]
        page.errors, page.questions = refusal.messages, said
        return page.render(422)
    services.forget_draft(slot=slot_of(subject), draft_version=version_of(request), by=user_of(request))
    messages.success(
        request,
        ngettext("Submitted: %(n)d report.", "Submitted: %(n)d reports.", len(saved)) % {"n": len(saved)},
    )
    return redirect("laboratory", subject.pk)


def asked(
    question: Question, comments: Mapping[str, str], wrong: Mapping[str, str]
) -> tuple[Question, str, str, str]:
    """A soft finding as the page asks about it."""
    error = wrong.get(f"{services.COMMENT}{question.name}", "")
    label = (
        analyte_word(question.analyte)
        if question.analyte
        else _("New draw %(n)s") % {"n": question.column + 1}
    )
    return question, comments.get(question.name, ""), label, error


def question_again(
    name: str, comments: Mapping[str, str], wrong: Mapping[str, str]
) -> tuple[Question, str, str, str]:
    """A finding that was answered already, while something else is wrong: what was said stays."""
    column, _form, _check, where = (name.split("|") + ["", "", "", ""])[:4]
    analyte = where.partition(".")[0]
    known = analyte if analyte in ANALYTES else ""
    number = int(column) if column.isdigit() else 0
    return asked(Question(name, number, known, _("You were asked about this value.")), comments, wrong)


def comments_typed(request: HttpRequest) -> dict[str, str]:
    """What the author said to the soft findings that the page has shown, by their names."""
    return {
        name.removeprefix(services.COMMENT): request.POST[name].strip()[:500]
        for name in request.POST
        if name.startswith(services.COMMENT)
    }


def kept_and_shown(page: Page) -> HttpResponse:
    """The page again with what stands in it now, kept as a draft in case the page is left."""
    save_typed(page, None)
    return page.render()


def save_typed(page: Page, window: services.DraftWindow | None) -> Draft:
    return services.save_draft(
        slot=slot_of(page.subject),
        typed=as_fields(page.typed),
        base_version=0,
        window=window,
        by=user_of(page.request),
    )


@login_required
@require_POST
def laboratory_draft(request: HttpRequest, subject_id: UUID) -> HttpResponseBase:
    """Keep what is being typed in the open columns, as the draft of a form; a pasted text is never kept."""
    found = subject_or_404(user_of(request), subject_id)
    require(user_of(request), "form.submit", study_id=found.study_id, site_id=found.site_id)
    if request.POST.get("press") == "discard":
        services.forget_draft(slot=slot_of(found), by=user_of(request))
        messages.info(request, _("Draft discarded."))
        return redirect(reverse("laboratory", args=[found.pk]))
    page = Page(request, found, read_typed(request.POST), {}, [])
    try:
        saved = save_typed(page, window_of(request))
    except NewerDraft as refusal:
        version = refusal.draft.version if refusal.draft else 0
        return JsonResponse({"version": version, "words": newer_words(refusal, found)}, status=409)
    return JsonResponse({"version": saved.version, "words": draft_words(saved, found)})
