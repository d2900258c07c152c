"""The administrator's page: who has an account, and in which role where."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from trialsite.access.errors import AccessRefused
from trialsite.access.forms import AccountForm, RoleForm, show_refusal
from trialsite.access.models import Membership, Role, User
from trialsite.access.passwords import reset_password
from trialsite.access.permissions import require
from trialsite.access.requests import user_of
from trialsite.access.second_factor import remove_second_factor
from trialsite.access.services import create_user, end_role, grant_role
from trialsite.access.sessions import end_sessions, key_of
from trialsite.audit.events import BACKUP_FAILED
from trialsite.audit.selectors import last_backup

from .models import Site, Study

BACKUP_HOURS = 26  # after so long without a good one, a nightly backup is missing


@login_required
def accounts(request: HttpRequest) -> HttpResponse:
    """Every account with its roles, and the two forms that add to them."""
    require(user_of(request), "accounts.manage", study_id=None)
    return page(request, AccountForm(), role_form())


@login_required
@require_POST
def add_account(request: HttpRequest) -> HttpResponse:
    """Open an account."""
    require(user_of(request), "accounts.manage", study_id=None)
    form = AccountForm(request.POST)
    if form.is_valid():
        try:
            create_user(**form.cleaned_data, by=user_of(request))
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Account opened. It opens nothing until it has a role."))
            return redirect("accounts")
    return page(request, form, role_form(), status=422)


@login_required
@require_POST
def add_role(request: HttpRequest) -> HttpResponse:
    """Give an account a role."""
    require(user_of(request), "accounts.manage", study_id=None)
    form = role_form(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            grant_role(
                user=User.objects.get(pk=given["user"]),
                role=Role(given["role"]),
                study_id=UUID(given["study"]) if given["study"] else None,
                site_id=UUID(given["site"]) if given["site"] else None,
                principal=given["principal"],
                starts_on=given["starts_on"],
                ends_on=given["ends_on"],
                by=user_of(request),
            )
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("Role given. It opens nothing before its training and delegation."))
            return redirect("accounts")
    return page(request, AccountForm(), form, status=422)


@login_required
@require_POST
def end_membership(request: HttpRequest, membership_id: UUID) -> HttpResponse:
    """End a role today."""
    require(user_of(request), "accounts.manage", study_id=None)
    try:
        end_role(membership=get_object_or_404(Membership, pk=membership_id), by=user_of(request))
        messages.success(request, _("The role has ended."))
    except AccessRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("accounts")


@login_required
@require_POST
def new_password(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give an account a one-time password, shown this once."""
    require(user_of(request), "accounts.manage", study_id=None)
    account = get_object_or_404(User, pk=user_id)
    try:
        password = reset_password(user=account, by=user_of(request))
    except AccessRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("accounts")
    return page(request, AccountForm(), role_form(), handed=(account, password))


@login_required
@require_POST
def end_log_ins(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """End every log-in of an account."""
    require(user_of(request), "accounts.manage", study_id=None)
    end_sessions(user=get_object_or_404(User, pk=user_id), but=key_of(request), by=user_of(request))
    messages.success(request, _("The log-ins of this account have ended."))
    return redirect("accounts")


@login_required
@require_POST
def drop_factor(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Take the second factor of an account away, when its owner has lost it."""
    require(user_of(request), "accounts.manage", study_id=None)
    account = get_object_or_404(User, pk=user_id)
    if account.pk == user_of(request).pk:
        return redirect("account")
    remove_second_factor(user=account, by=user_of(request))
    messages.success(request, _("The second factor is removed."))
    return redirect("accounts")


def role_form(data: Any = None) -> RoleForm:
    users = User.objects.filter(is_active=True).order_by("full_name")
    return RoleForm(data, users=users, studies=Study.objects.all(), sites=Site.objects.all())


def page(
    request: HttpRequest,
    account: AccountForm,
    role: RoleForm,
    status: int = 200,
    handed: tuple[User, str] | None = None,
) -> HttpResponse:
    roles = Membership.objects.select_related("user", "study", "site").order_by(
        "user__full_name", "study__key"
    )
    context = {
        "account": account,
        "role": role,
        "memberships": roles,
        "accounts": User.objects.annotate(
            log_ins=Count("sessions", filter=Q(sessions__expire_date__gt=timezone.now()))
        )
        .select_related("second_factor")
        .order_by("full_name"),
        "handed": handed,
        "backup": backup_words(),
    }
    return render(request, "studies/accounts.html", context, status=status)


def backup_words() -> tuple[bool, str]:
    """How the last backup went: whether that is as it should be, and a sentence; nothing recorded worries nobody."""
    last = last_backup()
    if last is None:
        return True, _("No backup is on record.")
    at = {"at": f"{last.at:%Y-%m-%d %H:%M} UTC"}
    if last.kind == BACKUP_FAILED:
        return False, _("The backup of %(at)s failed. What went wrong is in the log of the backups.") % at
    if last.at < timezone.now() - timedelta(hours=BACKUP_HOURS):
        return False, _("The last backup is of %(at)s: the one of the last night is missing.") % at
    return True, _("Backup of %(at)s: restored for a check, and nothing differed.") % at
