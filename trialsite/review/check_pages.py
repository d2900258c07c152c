"""The page of a study's edit checks: what each guards, how often it fired, what followed, what a change would do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.edit_checks import EditCheck, version_in_use
from trialsite.casebook.registries import FormType, forms
from trialsite.casebook.shown_again import Answer
from trialsite.studies.models import Study
from trialsite.studies.selectors import study_open_to

from .check_runs import (
    SEES_CHECKS,
    activate_check,
    newest_run,
    start_dry_run,
    tested_by,
)
from .models import ActivatedCheck, CheckRun, Query, QueryMessage

PATIENCE = timedelta(minutes=30)  # after which nobody waits for a run any more
Asked = dict[tuple[str, str], tuple[int, int]]


@dataclass(frozen=True)
class CheckLine:
    """One check of one form as the page shows it."""

    form: str
    form_key: str
    check: EditCheck
    titles: tuple[str, str]  # English, Chinese
    in_use: EditCheck | None
    activated: ActivatedCheck | None
    fired: int
    changed: int
    tested: tuple[int, int] | None  # saved forms in the dry run, and on how many it would fire

    @property
    def waits(self) -> bool:
        """Whether this version is not in use yet."""
        return self.in_use is not self.check

    @property
    def changed_percent(self) -> int | None:
        return round(100 * self.changed / self.fired) if self.fired else None


@login_required
def checks(request: HttpRequest, key: str) -> HttpResponse:
    """Every edit check of a study's forms."""
    user = user_of(request)
    study = study_open_to(user, key, SEES_CHECKS)
    run, result = newest_run(study, user), newest_run(study, user, ended=True)
    lines = list(check_lines(study, user, result))
    context = {
        "study": study,
        "lines": lines,
        "waiting": [line for line in lines if line.waits],
        "run": run,
        "running": run is not None and run.ended_at is None and timezone.now() - run.asked_at < PATIENCE,
        "result": result,
        "may_activate": may(user, "check.activate", study_id=study.pk),
    }
    response = render(request, "review/checks.html", context)
    if context["running"]:
        response["Refresh"] = "4"  # seconds; the page looks again until there is a result
    return response


@login_required
@require_POST
def dry_run(request: HttpRequest, key: str) -> HttpResponse:
    """Run every check on the saved forms."""
    study = study_open_to(user_of(request), key, SEES_CHECKS)
    start_dry_run(study=study, by=user_of(request))
    messages.success(request, _("The dry run has started. Nothing is changed by it."))
    return redirect("checks", key)


@login_required
@require_POST
def activate(request: HttpRequest, key: str) -> HttpResponse:
    """Use the newest version of a check in the study."""
    study = study_open_to(user_of(request), key, "check.activate")
    answer = Answer(request, reverse("checks", args=[key]))
    with answer.refusals():
        activate_check(
            study=study,
            form_key=request.POST.get("form", ""),
            check_key=request.POST.get("check", ""),
            by=user_of(request),
        )
        messages.success(request, _("The check is in use from now on."))
    return answer.response()


def check_lines(study: Study, user: User, run: CheckRun | None) -> Iterator[CheckLine]:
    """The checks form by form; two queries, whatever their number."""
    asked = asked_by_checks(study, user)
    activated = {(one.form_key, one.check_key, one.version): one for one in activated_in(study)}
    newest: dict[tuple[str, str], int] = {}
    for form, name, version in activated:
        newest[form, name] = max(version, newest.get((form, name), 1))
    for kind in forms.values():
        for check in kind.checks:
            place = (kind.key, check.key)
            yield check_line(
                kind,
                check,
                version_in_use(check, newest.get(place, 1)),
                activated.get((*place, check.version)),
                asked.get(place, (0, 0)),
                tested_by(run, kind.key, check),
            )


def check_line(
    kind: FormType,
    check: EditCheck,
    in_use: EditCheck | None,
    activated: ActivatedCheck | None,
    asked: tuple[int, int],
    tested: tuple[int, int] | None,
) -> CheckLine:
    titles = (in_language(check.title, "en"), in_language(check.title, "zh-hans"))
    return CheckLine(str(kind.title), kind.key, check, titles, in_use, activated, *asked, tested)


def in_language(text: Any, language: str) -> str:
    with translation.override(language):
        return str(text)


def activated_in(study: Study) -> list[ActivatedCheck]:
    return list(ActivatedCheck.objects.filter(study=study).select_related("activated_by"))


def asked_by_checks(study: Study, user: User) -> Asked:
    """(form, check) → queries that the check opened, and those of them that a correction resolved."""
    corrected = Exists(QueryMessage.objects.filter(query=OuterRef("pk"), action="resolve"))
    found = Query.objects.visible_to(user).filter(study=study).exclude(check_key="")
    totals = found.annotate(corrected=corrected).values_list("form_key", "check_key", "corrected")
    asked: Asked = {}
    for form, check, changed, n in totals.order_by().annotate(n=Count("pk")):
        fired, corrections = asked.get((form, check), (0, 0))
        asked[form, check] = (fired + n, corrections + (n if changed else 0))
    return asked
