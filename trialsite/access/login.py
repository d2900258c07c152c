"""The door: user name and password, then, where there is one, the second factor."""

from typing import Any
from uuid import UUID

from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_lockout_response
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from trialsite.audit import acting
from trialsite.problems import of_api, problem

from .backends import PasswordBackend
from .forms import CodeForm
from .models import User
from .requests import throttled
from .second_factor import has_second_factor, verify_second_factor

PENDING = "second_factor"  # in the session between the two steps: who, and since when
PENDING_SECONDS = 300
BACKEND = f"{PasswordBackend.__module__}.{PasswordBackend.__qualname__}"


class PasswordView(LoginView):
    """The first step; who has a second factor is not logged in before it."""

    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if throttled(request, "login", settings.LOGINS_PER_MINUTE):
            form = self.get_form()
            form.add_error(None, _("Too many log-ins from this address. Wait a minute, then try again."))
            return self.render_to_response(self.get_context_data(form=form), status=429)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        user = form.get_user()
        if not has_second_factor(user):
            return super().form_valid(form)
        self.request.session[PENDING] = {"user": str(user.pk), "at": timezone.now().timestamp()}
        return redirect(reverse("login-code") + "?" + urlencode({"next": self.get_redirect_url()}))


def second_step(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the app, or a recovery code. Wrong ones count as failed log-ins."""
    user = pending_user(request)
    if user is None:
        return redirect("login")
    form = CodeForm(request.POST or None)
    credentials = {"username": user.username}
    if not AxesProxyHandler.is_allowed(request, credentials):
        return get_lockout_response(request, credentials=credentials)
    if request.method == "POST" and form.is_valid():
        with acting(user=user):
            verified = verify_second_factor(user=user, code=form.cleaned_data["code"])
        if verified:
            del request.session[PENDING]
            login(request, user, backend=BACKEND)
            request.session["second_factor_seen"] = True
            return redirect(next_page(request))
        user_login_failed.send(sender=__name__, credentials=credentials, request=request, factor="second")
        form.add_error("code", _("This code does not fit, or was used already. Wait for the next one."))
    status = 422 if form.errors else 200
    return render(request, "registration/login_code.html", {"form": form}, status=status)


def locked_out(request: HttpRequest, _response: HttpResponse | None, _credentials: Any) -> HttpResponse:
    """The answer to whoever gave too many wrong passwords or codes: a page, to a program a sentence."""
    if of_api(request):
        detail = _("There were too many wrong passwords from here. Nothing was signed: wait 15 minutes.")
        return problem(request, 429, detail)
    context = {"failure_limit": settings.AXES_FAILURE_LIMIT}
    return render(request, "registration/locked_out.html", context, status=429)


def pending_user(request: HttpRequest) -> User | None:
    """Who has given the password within the last minutes."""
    pending = request.session.get(PENDING)
    if not pending or timezone.now().timestamp() - pending["at"] > PENDING_SECONDS:
        return None
    return User.objects.filter(pk=UUID(pending["user"]), is_active=True).first()


def log_out(request: HttpRequest) -> HttpResponse:
    """End the session. A person who logs out takes along what the browser keeps of this system; who was only idle
    finds it again after the next log-in (ADR 0017)."""
    idle = "idle" in request.POST
    response: HttpResponse = LogoutView.as_view()(request)
    if not idle:
        response["Clear-Site-Data"] = '"storage"'
    return response


def next_page(request: HttpRequest) -> str:
    """Where the person was going, if that is a page of ours."""
    wanted = request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else reverse(settings.LOGIN_REDIRECT_URL)
