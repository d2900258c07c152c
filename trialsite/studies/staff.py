"""Who works in a study: what each role still waits for, the training and delegation logs, who could do what when."""

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access import staffing
from trialsite.access.errors import AccessRefused
from trialsite.access.forms import DelegationForm, TrainingForm, show_refusal
from trialsite.access.models import Delegation, Membership, Training
from trialsite.access.permissions import grants_of, require
from trialsite.access.requests import user_of
from trialsite.access.standing import (
    Standing,
    delegations_of,
    staff_visible_to,
    standings_now,
    standings_on,
    trainers_of,
    trainings_of,
)
from trialsite.audit.moment import now

from .models import ProtocolVersion, Study
from .selectors import studies_with_staff_for


@login_required
def my_access(request: HttpRequest) -> HttpResponse:
    """One's own roles: what each opens, or what is missing and who helps."""
    own = Membership.objects.filter(user_id=user_of(request).pk)
    roles = [(each, *helpers(each)) for each in standings_now(own)]
    return render(request, "studies/my_access.html", {"roles": roles})


def helpers(standing: Standing) -> tuple[list[str], list[str]]:
    """Who can record the trainings that are missing, and who can delegate."""
    trainers = trainers_of(standing.membership) if standing.missing else []
    heads = [] if standing.delegated else staffing.principals_of(standing.membership)
    return [each.full_name for each in trainers], [each.full_name for each in heads]


@login_required
def staff(request: HttpRequest) -> HttpResponse:
    """The studies whose staff one may see."""
    return render(request, "studies/staff.html", {"studies": studies_with_staff_for(user_of(request))})


@login_required
def study_staff(request: HttpRequest, key: str) -> HttpResponse:
    """Every role that holds today, active or waiting."""
    study = study_or_404(request, key)
    roles = standings_now(staff_visible_to(user_of(request), study.pk))
    return render(
        request, "studies/study_staff.html", page_context(request, study, "study-staff") | {"roles": roles}
    )


@login_required
def training_log(request: HttpRequest, key: str) -> HttpResponse:
    """Every training of the people of a study, withdrawn ones included, as an inspector reads it."""
    study = study_or_404(request, key)
    members = staff_visible_to(user_of(request), study.pk)
    people = {each.user: each for each in members.select_related("user").order_by("user__full_name")}
    lines = trainings_of({person.pk for person in people})
    shown = [(person, about(lines[person.pk], study)) for person in people]
    context = page_context(request, study, "training-log") | {"people": shown}
    return render(request, "studies/training_log.html", context)


def about(lines: list[Training], study: Study | None) -> list[Training]:
    """The trainings that count in a study: its own, and those that hold in every one."""
    return [line for line in lines if line.study is None or line.study == study]


@login_required
def delegation_log(request: HttpRequest, key: str) -> HttpResponse:
    """Every delegation of a study, ended ones included, with who signed it and when."""
    study = study_or_404(request, key)
    lines = delegations_of(staff_visible_to(user_of(request), study.pk))
    context = page_context(request, study, "delegation-log") | {"delegations": lines}
    return render(request, "studies/delegation_log.html", context)


@login_required
def access_on(request: HttpRequest, key: str) -> HttpResponse:
    """Who could do what in a study on a day, with training and delegation as they stood then."""
    study = study_or_404(request, key)
    require(user_of(request), "access.review", study_id=study.pk)
    typed = request.GET.get("day", "")
    day, problem = read_day(typed)
    members = Membership.objects.filter(study_id=study.pk) | Membership.objects.filter(study=None)
    context = {
        "day": day,
        "typed": typed or day.isoformat(),
        "problem": problem,
        "roles": standings_on(members, day),
    }
    return render(request, "studies/access_on.html", page_context(request, study, "access-on") | context)


def read_day(typed: str) -> tuple[date, str]:
    """The day that was asked for, today when there is none or it cannot be read."""
    today = now().date()
    try:
        return (date.fromisoformat(typed), "") if typed else (today, "")
    except ValueError:
        return today, _("Write the date as year, month, day: 2026-03-05.")


@login_required
def staff_member(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """One role with its logs, and the forms that complete them."""
    return member_page(request, member_or_404(request, membership_id))


@login_required
@require_POST
def record_training(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """Add a line to the person's training log."""
    member = member_or_404(request, membership_id)
    form = TrainingForm(request.POST, versions=versions_of(member))
    if form.is_valid():
        try:
            staffing.record_training(
                user=member.user, **form.cleaned_data, membership=member, by=user_of(request)
            )
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The training is recorded."))
            return redirect("staff-member", member.pk)
    return member_page(request, member, training=form)


@login_required
@require_POST
def withdraw_training(request: HttpRequest, membership_id: UUID, training_id: UUID) -> HttpResponse:
    """Take a line of the training log out of force, with a reason."""
    member = member_or_404(request, membership_id)
    training = get_object_or_404(Training.objects.select_related("user"), pk=training_id, user=member.user)
    try:
        staffing.withdraw_training(
            training=training, membership=member, by=user_of(request), reason=request.POST.get("reason", "")
        )
    except AccessRefused as refusal:
        return member_page(request, member, refused=refusal)
    messages.success(request, _("The training no longer counts."))
    return redirect("staff-member", member.pk)


@login_required
@require_POST
def sign_delegation(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """The principal investigator signs a delegation of duties."""
    member = member_or_404(request, membership_id)
    form = DelegationForm(request.POST)
    if form.is_valid():
        try:
            staffing.sign_delegation(membership=member, **form.cleaned_data, by=user_of(request))
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Signed: the duties are delegated."))
            return redirect("staff-member", member.pk)
    return member_page(request, member, delegation=form)


@login_required
@require_POST
def end_delegation(request: HttpRequest, membership_id: UUID, delegation_id: UUID) -> HttpResponse:
    """End a delegation now, with a reason."""
    member = member_or_404(request, membership_id)
    delegation = get_object_or_404(
        Delegation.objects.select_related("membership"), pk=delegation_id, membership=member
    )
    try:
        staffing.end_delegation(
            delegation=delegation, by=user_of(request), reason=request.POST.get("reason", "")
        )
    except AccessRefused as refusal:
        return member_page(request, member, refused=refusal)
    messages.success(request, _("The delegation has ended."))
    return redirect("staff-member", member.pk)


def study_or_404(request: HttpRequest, key: str) -> Study:
    study: Study = get_object_or_404(studies_with_staff_for(user_of(request)), key=key)
    return study


def member_or_404(request: HttpRequest, membership_id: UUID) -> Membership:
    """A role whose logs this user may see: a stranger to its site does not learn that it exists."""
    member = Membership.objects.select_related("user", "study", "site").filter(pk=membership_id).first()
    user = user_of(request)
    if (
        member is None
        or not member.study_id
        or not staff_visible_to(user, member.study_id).filter(pk=member.pk)
    ):
        raise Http404
    return member


def member_page(
    request: HttpRequest,
    member: Membership,
    training: TrainingForm | None = None,
    delegation: DelegationForm | None = None,
    refused: AccessRefused | None = None,
) -> HttpResponse:
    """A member's page; with what was refused: a form with its errors, or a `refused` reason beside its sentence."""
    grants, own = grants_of(user_of(request)), member.user_id == user_of(request).pk
    place = (member.study_id, member.site_id)
    head = user_of(request) in staffing.principals_of(member)
    standing = next(iter(standings_now(Membership.objects.filter(pk=member.pk))), None)
    context = {
        "study": member.study,
        "member": member,
        "standing": standing,
        "trainings": about(trainings_of([member.user_id])[member.user_id], member.study),
        "delegations": delegations_of(Membership.objects.filter(pk=member.pk)),
        "may_record": not own and grants.allows("training.record", *place),
        "may_sign": head and member.needs_delegation and grants.allows("delegation.sign", *place),
        "may_end": head or grants.allows("accounts.manage", None, None),
        "training": training or TrainingForm(versions=versions_of(member)),
        "delegation": delegation or DelegationForm(initial={"starts_on": timezone.now().date()}),
        "refused": refused,
        "typed": request.POST.get("reason", ""),
    }
    if refused and "" in refused.messages:
        messages.error(request, refused.messages[""])
    status = 422 if training or delegation or refused else 200
    return render(request, "studies/staff_member.html", context, status=status)


def versions_of(member: Membership) -> dict[str, ProtocolVersion]:
    """The protocol versions in which one can be trained for this role, the newest first."""
    versions = ProtocolVersion.objects.filter(study=member.study).order_by("-loaded_at")
    return {str(version.pk): version for version in versions}


def page_context(request: HttpRequest, study: Study, active: str) -> dict[str, Any]:
    """What the pages of a study's staff share: their tabs."""
    tabs = [("study-staff", _("Roles today")), ("training-log", _("Training log"))]
    tabs += [("delegation-log", _("Delegation log"))]
    if grants_of(user_of(request)).somewhere("access.review", study.pk):
        tabs += [("access-on", _("Who could do what"))]
    return {"study": study, "tabs": tabs, "active": active, "now": now()}
