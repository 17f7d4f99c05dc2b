"""Sessions as Django keeps them in the database, with two ends: idle for too long, and too old."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

BEGAN = "began_at"
"""Where a session says since when somebody is signed in, in seconds since 1970."""

_WITHOUT_ANYBODY = timedelta(minutes=15)


class SessionStore(db.SessionStore):
    """A session. ``ends_at`` is when it ends unless it is used before, None if it is not stored.

    A session that nobody has signed in with is kept for as long as signing in may take.
    """

    def __init__(self, session_key: str | None = None) -> None:
        super().__init__(session_key)
        self.ends_at: datetime | None = None

    @property
    def last_end(self) -> datetime | None:
        """When the session ends however much it is used, None if nobody has signed in."""
        began = self.get(BEGAN)
        if began is None:
            return None
        hours = timedelta(hours=settings.ENVIRONMENT.session_hours)
        return datetime.fromtimestamp(began, UTC) + hours

    def get_expiry_date(self, **_how: Any) -> datetime:
        """Return when the session ends if it is used now and never again."""
        now = timezone.now()
        if SESSION_KEY not in self:
            return now + _WITHOUT_ANYBODY
        idle = timedelta(minutes=settings.ENVIRONMENT.session_idle_minutes)
        return min(now + idle, self.last_end or now + idle)

    def get_expiry_age(self, **_how: Any) -> int:
        """Return the seconds until then."""
        return int((self.get_expiry_date() - timezone.now()).total_seconds())

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        found: AbstractBaseSession | None = super()._get_session_from_db()  # type: ignore[misc]  # Django has it, its stubs do not
        self.ends_at = None if found is None else found.expire_date
        return found
