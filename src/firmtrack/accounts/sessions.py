"""The sessions of people who are signed in: found, kept up, and ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from firmtrack.accounts.models import User
from firmtrack.accounts.session_store import BEGAN, SessionStore
from firmtrack.errors import FirmtrackError

_NOTED_EVERY = timedelta(minutes=1)
_LARGEST_ID = 2**63 - 1

_FORGET_ENDED = """
    DELETE FROM django_session WHERE expire_date < now();
    DELETE FROM usersessions_usersession AS told
    WHERE NOT EXISTS (SELECT FROM django_session WHERE session_key = told.session_key)
"""


class UnknownSession(FirmtrackError):
    """There is no such session, or not any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSession:
    """A session that has not ended. ``browser`` is what the browser said it is.

    ``last_seen_at`` is right to a minute; ``address`` is where it was then. ``key`` is the secret
    by which the browser has the session: it is never shown.
    """

    session_id: int
    email: str
    party: str
    address: str
    browser: str
    began_at: datetime
    last_seen_at: datetime
    key: str


def sessions_of(user: User | None) -> list[PersonSession]:
    """Return the person's sessions, or everybody's, the last seen first."""
    rows = _going_on(user).select_related("user__party").order_by("-last_seen_at", "-pk")
    return [
        PersonSession(
            session_id=row.pk,
            email=row.user.email,
            party=row.user.party.name,
            address=row.ip,
            browser=row.user_agent,
            began_at=row.created_at,
            last_seen_at=row.last_seen_at,
            key=row.session_key,
        )
        for row in rows
    ]


def end_sessions_of(user: User, *, but: str | None = None) -> int:
    """End the person's sessions but that of the key ``but``; return how many there were."""
    return _end(_going_on(user).exclude(session_key=but or ""))


def end_all_sessions() -> int:
    """End everybody's sessions; return how many there were."""
    return _end(_going_on(None))


def end_session(session_id: int, user: User | None = None) -> PersonSession:
    """End a session, the person's own where one is named. Raises UnknownSession."""
    if session_id > _LARGEST_ID:
        raise UnknownSession
    with transaction.atomic():
        found = [each for each in sessions_of(user) if each.session_id == session_id]
        if not found or not _end(_going_on(user).filter(pk=session_id)):
            raise UnknownSession
    return found[0]


def begin_session(request: HttpRequest) -> None:
    """Note that somebody has signed in with the request's session, and forget those that ended."""
    request.session[BEGAN] = timezone.now().timestamp()
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_ENDED)
    UserSession.objects.create_from_request(request)


def note_activity(request: HttpRequest, address: str) -> None:
    """Note, once a minute, that the session was used, by which it ends later.

    Statements of their own, and not the saving of the session: what another request of the same
    browser changes in it meanwhile stays, and a session that was ended stays so.
    """
    session = request.session
    assert isinstance(session, SessionStore), "the settings say so"
    if BEGAN not in session:
        begin_session(request)
        return
    if session.ends_at is None:
        return  # it is being saved by this very request
    now, ends_at = timezone.now(), session.get_expiry_date()
    told = UserSession.objects.filter(session_key=session.session_key)
    if abs(ends_at - session.ends_at) >= _NOTED_EVERY:
        Session.objects.filter(session_key=session.session_key).update(expire_date=ends_at)
    elif ends_at == session.last_end:
        told = told.filter(last_seen_at__lte=now - _NOTED_EVERY)
    else:
        return
    told.update(last_seen_at=now, ip=address)


def follow_key(request: HttpRequest, earlier_key: str | None) -> None:
    """Have what is told of a session go with its new key: it is the same one."""
    with transaction.atomic():
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        UserSession.objects.filter(session_key=earlier_key).update(
            session_key=request.session.session_key
        )


def _going_on(user: User | None) -> QuerySet[UserSession]:
    stored = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    found = UserSession.objects.filter(session_key__in=stored)
    return found if user is None else found.filter(user=user)


def _end(sessions: "QuerySet[UserSession]") -> int:
    with transaction.atomic():
        keys = list(sessions.values_list("session_key", flat=True))
        Session.objects.filter(session_key__in=keys).delete()
        UserSession.objects.filter(session_key__in=keys).delete()
    return len(keys)
