"""What an operator does to how a person signs in."""

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from firmtrack.accounts.acting import record
from firmtrack.accounts.models import User
from firmtrack.accounts.people import WeakPassword
from firmtrack.accounts.sessions import end_sessions_of
from firmtrack.store.acts import ActKind


def set_password(user: User, password: str) -> None:
    """Give the person another password, and end their sessions. Raises WeakPassword."""
    try:
        validate_password(password, user=user)
    except ValidationError as error:
        raise WeakPassword(tuple(error.messages)) from None
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        end_sessions_of(user)
        record(None, user.party.name, ActKind.PASSWORD_CHANGED, user.email)


def reset_totp(user: User) -> bool:
    """Remove the person's one-time codes, and end their sessions; return whether they had any."""
    with transaction.atomic():
        count, _ = Authenticator.objects.filter(user=user).delete()
        if count:
            end_sessions_of(user)
            record(None, user.party.name, ActKind.TOTP_REMOVED, user.email)
    return bool(count)
