"""The store of log-ins (SESSION_ENGINE): rows that name their person, under the hash of the browser's key.

Who reads the database cannot take over a log-in; a person sees and ends the own ones.
"""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils import timezone

from trialsite.audit.events import record_event

from .models import LoginSession, User
from .permissions import require
from .requests import device_of


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[LoginSession]:
        return LoginSession

    def _get_session_from_db(self) -> LoginSession | None:
        key = digest_of(self.session_key) if self.session_key else ""
        found = LoginSession.objects.filter(session_key=key, expire_date__gt=timezone.now()).first()
        if found is None:
            self._session_key = None
        return found

    def exists(self, session_key: str) -> bool:
        return LoginSession.objects.filter(session_key=digest_of(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> LoginSession:
        key = self._get_or_create_session_key()  # type: ignore[attr-defined]
        row = LoginSession(
            session_key=digest_of(key),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            user_id=data.get("_auth_user_id"),
            id=UUID(digest_of(f"id:{key}")[:32]),
            device=data.get("device", ""),
        )
        if "began" in data:
            row.began_at = datetime.fromisoformat(data["began"])
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            LoginSession.objects.filter(session_key=digest_of(key)).delete()


def noted_every_seconds() -> int:
    """How often a request of a log-in is noted: seldom, since each note is a write."""
    return min(60, settings.SESSION_COOKIE_AGE // 4)


def begin_session(request: HttpRequest) -> None:
    """Note on which device a log-in began, so that its person knows it again."""
    request.session["device"] = device_of(request)
    request.session["began"] = timezone.now().isoformat()


def key_of(request: HttpRequest) -> str:
    """Under which key the log-in of a request is kept."""
    return digest_of(request.session.session_key or "")


def sessions_of(user: User) -> list[LoginSession]:
    """The log-ins of a person that are open, the latest first."""
    return list(LoginSession.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-seen_at"))


def end_sessions(*, user: User, session_id: UUID | None = None, but: str = "", by: User) -> int:
    """End one log-in of a person, or all but the one kept under `but`; returns how many ended."""
    if user.pk != by.pk:
        require(by, "accounts.manage", study_id=None)
    found = LoginSession.objects.filter(user=user).exclude(session_key=but)
    if session_id is not None:
        found = found.filter(id=session_id)
    ended, _tables = found.delete()
    if ended:
        record_event(kind="session.ended", user_id=by.pk, account=str(user.pk), number=ended)
    return ended
