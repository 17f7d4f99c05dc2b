"""The links by which people who are invited choose a password."""

from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.utils.http import int_to_base36

from firmtrack.accounts.models import User


def invite(base: HttpRequest | str, user: User) -> str:
    """Return the link by which ``user`` chooses a password.

    ``base`` is a request, or where the portal is, such as ``https://firmtrack.example``.
    """
    path = f"/invitation/{int_to_base36(user.pk)}-{default_token_generator.make_token(user)}"
    return base.rstrip("/") + path if isinstance(base, str) else base.build_absolute_uri(path)
