"""One's own account: password, second factor, log-ins on other devices."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .errors import AccessRefused
from .forms import CodeForm, PasswordChangeForm, show_refusal
from .models import SecondFactor
from .passwords import change_password as change
from .requests import user_of
from .second_factor import (
    begin_second_factor,
    confirm_second_factor,
    has_second_factor,
    needs_second_factor,
    picture_of,
    remove_second_factor,
    secret_of,
)
from .sessions import end_sessions, key_of, sessions_of


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Where one is logged in, and what protects the account."""
    user = user_of(request)
    factor = SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()
    context = {
        "sessions": sessions_of(user),
        "this": key_of(request),
        "factor": factor,
        "codes_left": user.recovery_codes.filter(used_at=None).count() if factor else 0,
        "required": needs_second_factor(user),
    }
    return render(request, "access/account.html", context)


@login_required
def change_password(request: HttpRequest) -> HttpResponse:
    """Choose a new password; log-ins on other devices end."""
    form = PasswordChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            user = change(
                old_password=given["old_password"],
                new_password=given["new_password"],
                keep_session=key_of(request),
                by=user_of(request),
            )
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            update_session_auth_hash(request, user)
            messages.success(request, _("Your password is changed; log-ins on other devices have ended."))
            return redirect("account")
    status = 422 if form.errors else 200
    return render(request, "access/password.html", {"form": form}, status=status)


@login_required
def second_factor(request: HttpRequest) -> HttpResponse:
    """Set the second factor up: scan, type the first code, keep the recovery codes."""
    user = user_of(request)
    if request.method != "POST" and has_second_factor(user):
        return redirect("account")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            codes = confirm_second_factor(code=form.cleaned_data["code"], by=user)
        except AccessRefused as refusal:
            show_refusal(form, refusal)
        else:
            return render(request, "access/recovery_codes.html", {"codes": codes})
    factor = begin_second_factor(by=user)
    context = {"form": form, "picture": picture_of(factor), "secret": secret_of(factor)}
    return render(request, "access/second_factor.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def drop_second_factor(request: HttpRequest) -> HttpResponse:
    """Take one's own second factor away, with the password."""
    try:
        remove_second_factor(
            user=user_of(request), password=request.POST.get("password", ""), by=user_of(request)
        )
        messages.success(request, _("The second factor is removed."))
    except AccessRefused as refusal:
        messages.error(request, str(refusal))
    return redirect("account")


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """End one's own log-in on one device."""
    ended = end_sessions(user=user_of(request), session_id=session_id, by=user_of(request))
    if ended:
        messages.success(request, _("This log-in has ended."))
    return redirect("account")


@login_required
@require_POST
def end_other_sessions(request: HttpRequest) -> HttpResponse:
    """End every log-in of one's own but this one."""
    end_sessions(user=user_of(request), but=key_of(request), by=user_of(request))
    messages.success(request, _("All other log-ins have ended."))
    return redirect("account")


@login_required
@require_POST
def stay_logged_in(request: HttpRequest) -> HttpResponse:
    """The person is there: the idle time begins anew."""
    request.session.modified = True
    return HttpResponse(status=204)
