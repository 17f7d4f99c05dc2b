"""The links by which people choose a password: invitations, and of who forgot theirs."""

from datetime import timedelta
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from firmtrack.accounts.models import User
from firmtrack.presentation.links import absolute
from firmtrack.web import mail

INVITATION_LASTS = timedelta(days=7)
RESET_LASTS = timedelta(days=1)


class LinkTokens(PasswordResetTokenGenerator):
    """Django's tokens, good for a time of their own, until a password is chosen or one signs in.

    A further invitation ends the one before it. Django's setting bounds all of them.
    """

    def __init__(self, name: str, lasts: timedelta) -> None:
        super().__init__()
        self.key_salt = f"firmtrack.web.invitations.{name}"
        self._lasts = lasts

    def check_token(self, user: AbstractBaseUser | None, token: str | None) -> bool:
        """Return whether the token is this person's, and still good."""
        if not isinstance(user, User) or not super().check_token(user, token):
            return False
        made = base36_to_int((token or "").partition("-")[0])
        return self._num_seconds(self._now()) - made <= self._lasts.total_seconds()

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        assert isinstance(user, User), "the settings' model"
        return f"{super()._make_hash_value(user, timestamp)}{user.invited_at}{user.is_active}"


INVITATIONS: Final = LinkTokens("invitation", INVITATION_LASTS)
RESETS: Final = LinkTokens("reset", RESET_LASTS)


def invite(base: HttpRequest | str, user: User) -> str:
    """Return the link by which ``user`` chooses a password, once, within INVITATION_LASTS.

    ``base`` is a request, or where the portal is, such as ``https://firmtrack.example``. The link
    is mailed as well, where a server takes mail. ``invited_at`` is the caller's to set, before.
    """
    path = reverse("account_reset_password_from_key", kwargs=link_parts(user, INVITATIONS))
    link = base.rstrip("/") + path if isinstance(base, str) else absolute_in(base, path)
    text = _INVITATION.format(email=user.email, link=link, days=INVITATION_LASTS.days)
    mail.send(user.email, "Your account of Firmtrack", text)
    return link


def absolute_in(request: HttpRequest, path: str) -> str:
    """Return the absolute address of ``path``: where people reach the portal, if that is set."""
    return absolute(path) or request.build_absolute_uri(path)


def link_parts(user: User, tokens: LinkTokens) -> dict[str, Any]:
    """Return the two parts of a link's address."""
    return {"uidb36": int_to_base36(user.pk), "key": tokens.make_token(user)}


_INVITATION = """\
You have an account of Firmtrack: Firmware Distribution Tracking for Great Britain's smart meters.

Choose a password to sign in as {email}:

{link}

The link is good once, for {days} days. If you do not know what this is about, you need do nothing.
"""
