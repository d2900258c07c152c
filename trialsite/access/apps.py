from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed


def logged_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    from trialsite.audit.events import record_event

    from .sessions import begin_session

    begin_session(request)
    record_event(kind="login", user_id=user.pk)


def logged_out(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    from trialsite.audit.events import record_event

    record_event(kind="logout", user_id=getattr(user, "pk", None))


def login_failed(sender: Any, credentials: Any, logged_in: bool = False, **kwargs: Any) -> None:
    if logged_in:  # the service that asked for the password again records what it was for
        return
    from trialsite.audit.events import record_event

    from .models import User

    known = User.objects.filter(username=credentials.get("username") or "").first()
    record_event(kind="login.failed", user_id=known.pk if known else None)


def locked_out(sender: Any, username: str, **kwargs: Any) -> None:
    from trialsite.audit.events import record_event

    from .models import User

    known = User.objects.filter(username=username or "").first()
    record_event(kind="lockout", user_id=known.pk if known else None)


class AccessConfig(AppConfig):
    name = "trialsite.access"
    label = "access"

    def ready(self) -> None:
        from axes.signals import user_locked_out

        user_logged_in.connect(logged_in, dispatch_uid="event-login")
        user_logged_out.connect(logged_out, dispatch_uid="event-logout")
        user_login_failed.connect(login_failed, dispatch_uid="event-login-failed")
        user_locked_out.connect(locked_out, dispatch_uid="event-lockout")
        from . import api  # noqa: F401  (describes the token scheme to the OpenAPI document)
