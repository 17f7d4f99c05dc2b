"""The sessions of people who are signed in: found, and ended."""

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from firmtrack.accounts.models import User


def sessions_of(user: User) -> list[Session]:
    """Return the person's sessions that have not ended, the last to end first."""
    open_now = Session.objects.filter(expire_date__gt=timezone.now()).order_by("-expire_date")
    return [each for each in open_now if each.get_decoded().get(SESSION_KEY) == str(user.pk)]


def end_sessions_of(user: User) -> int:
    """End all of the person's sessions, and return how many there were."""
    keys = [each.session_key for each in sessions_of(user)]
    Session.objects.filter(session_key__in=keys).delete()
    return len(keys)
