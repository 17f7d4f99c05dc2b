"""How often somebody may try to sign in: counted per account, per address, and per both.

An attempt counts from before its password is looked at, so that guessing in parallel gains
nothing worth having. What is refused does not count: waiting always helps.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from firmtrack.web.models import SignInAttempt

WINDOW = timedelta(minutes=15)
# One person mistyping; one account tried from many places; many accounts tried from one place,
# which may be the address that a whole office or a proxy shares.
_MOST_BY_ACCOUNT_AND_ADDRESS = 5
_MOST_BY_ACCOUNT = 20
_MOST_BY_ADDRESS = 200


@dataclass(frozen=True, slots=True)
class Guess:
    """Who somebody says they are, and from where; ``account`` is never stored in the clear."""

    account: str
    address: str


def guess_of(email: str, address: str) -> Guess:
    """Return the guess that is made by typing ``email`` at ``address``."""
    return Guess(hashlib.sha256(email.strip().lower().encode()).hexdigest(), address)


def may_try(guess: Guess, now: datetime) -> bool:
    """Return whether the password may be looked at."""
    recent = SignInAttempt.objects.filter(tried_at__gt=now - WINDOW)
    by_account = recent.filter(account=guess.account)
    return (
        by_account.filter(address=guess.address).count() < _MOST_BY_ACCOUNT_AND_ADDRESS
        and by_account.count() < _MOST_BY_ACCOUNT
        and recent.filter(address=guess.address).count() < _MOST_BY_ADDRESS
    )


def record(guess: Guess, now: datetime) -> None:
    """Count an attempt, and forget those that no longer matter."""
    SignInAttempt.objects.filter(tried_at__lte=now - WINDOW).delete()
    SignInAttempt.objects.create(account=guess.account, address=guess.address, tried_at=now)


def forgive(guess: Guess) -> None:
    """Forget the attempts of an account at an address: it has signed in."""
    SignInAttempt.objects.filter(account=guess.account, address=guess.address).delete()
