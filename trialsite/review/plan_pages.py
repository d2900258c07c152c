"""The page of a study's plan of source verification: what it asks for, how far it is, what is next."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.models import User
from trialsite.access.permissions import may
from trialsite.access.requests import user_of
from trialsite.casebook.charts import Bar, bar_chart
from trialsite.casebook.errors import CheckFailed
from trialsite.casebook.items import item_label
from trialsite.casebook.models import Subject
from trialsite.casebook.names import form_title, visit_name
from trialsite.casebook.registries import forms
from trialsite.casebook.shown_again import Answer
from trialsite.studies.models import Study
from trialsite.studies.selectors import study_open_to

from .models import FormToVerify
from .progress import Progress, forms_of_the_plan, next_to_verify, progress_by, sample_of, to_verify
from .verification import critical_of, plan_of, plan_verification

SEES_PLAN = "query.close"  # monitors and data managers


@dataclass(frozen=True)
class PlanLine:
    """A form with something left to verify, in words."""

    form: FormToVerify
    title: str
    visit: str
    left: int


@login_required
def plan(request: HttpRequest, key: str) -> HttpResponse:
    """The plan of a study with its progress by site and by form."""
    user = user_of(request)
    study = study_open_to(user, key, SEES_PLAN)
    planned = forms_of_the_plan(study, user)
    by_site, by_form = progress_by(planned, "site__key"), progress_by(planned, "form_key")
    asked = {name: request.GET.get(name, "") for name in ("site", "form")}
    listed = to_verify(planned)
    if asked["site"]:
        listed = listed.filter(site__key=asked["site"])
    if asked["form"]:
        listed = listed.filter(form_key=asked["form"])
    page = Paginator(listed, 25).get_page(request.GET.get("page"))
    protocol = study.current_version.protocol
    titles = {one.key: form_title(protocol, one.key) for one in by_form}
    subjects = Subject.objects.visible_to(user).filter(study=study)
    context = {
        "study": study,
        "plan": plan_of(study),
        "may_plan": may(user, "source.plan", study_id=study.pk),
        "may_verify": may(user, "source.verify", study_id=study.pk),
        "total": Progress("", sum(one.items for one in by_site), sum(one.verified for one in by_site)),
        "sites": by_site,
        "site_chart": chart_of(by_site, {}, "site"),
        "forms": [(one, titles[one.key]) for one in by_form],
        "form_chart": chart_of(by_form, titles, "form"),
        "critical": critical_in_words(study),
        "sampled": sample_of(study, subjects),
        "asked": asked,
        "page": page,
        "lines": [plan_line(form) for form in page],
    }
    return render(request, "review/plan.html", context)


def chart_of(parts: list[Progress], titles: dict[str, str], name: str) -> Any:
    bars = [
        Bar(
            titles.get(one.key, one.key),
            one.verified,
            of=one.items,
            shown=f"{one.verified} / {one.items}",
            href=f"?{name}={one.key}#left",
        )
        for one in parts
    ]
    return bar_chart(bars)


def plan_line(form: Any) -> PlanLine:
    protocol = form.subject.protocol_version.protocol
    return PlanLine(
        form,
        form_title(protocol, form.form_key),
        visit_name(protocol, form.visit_key, form.visit_repeat),
        form.items - form.verified,
    )


def critical_in_words(study: Study) -> list[tuple[str, list[str]]]:
    """The items that the study's endpoints rest on, by form, under the version of the protocol in force."""
    critical = critical_of(Subject(study=study, protocol_version=study.current_version))
    by_form: dict[str, list[str]] = {}
    for form, item in sorted(critical):
        by_form.setdefault(form, []).append(item)
    return [
        (str(kind.title), [item_label(kind, item) for item in by_form[key]])
        for key, kind in forms.items()
        if key in by_form
    ]


@login_required
@require_POST
def change(request: HttpRequest, key: str) -> HttpResponse:
    """Change the share and the seed of the sample."""
    study = study_open_to(user_of(request), key, SEES_PLAN)
    share = request.POST.get("sample_percent", "")
    answer = Answer(request, reverse("verification-plan", args=[key]))
    with answer.refusals():
        if not share.isdigit():
            raise CheckFailed({"sample_percent": _("A share lies between 0 and 100.")})
        plan_verification(
            study=study, sample_percent=int(share), seed=request.POST.get("seed", ""), by=user_of(request)
        )
        messages.success(request, _("The plan is changed."))
    return answer.response()


@login_required
def go_to_next(request: HttpRequest, key: str) -> HttpResponse:
    """To the next form of the plan that has something left."""
    study = study_open_to(user_of(request), key, SEES_PLAN)
    slot = next_to_verify(study, user_of(request))
    if slot is None:
        messages.success(request, _("Every item of the plan is verified."))
        return redirect("verification-plan", key)
    return redirect(slot.url() + "#verification")


def next_url(user: User, study: Study) -> str:
    """The address of the next form to verify, for who verifies."""
    verifies = may(user, "source.verify", study_id=study.pk) and may(user, SEES_PLAN, study_id=study.pk)
    return reverse("verification-next", args=[study.key]) if verifies else ""
