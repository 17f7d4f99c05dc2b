"""How often somebody may try to sign in: counted per account, per address, and per both.

An attempt counts from before its password is looked at, so that guessing in parallel gains
nothing worth having. What is refused does not count: waiting always helps.

A browser in which an account has signed in before keeps a cookie that says so, and is counted by
itself for that account. So whoever guesses from an address that many share, or at somebody's
account, shuts out nobody from the browser that they always use.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import signing

from firmtrack.web.models import SignInAttempt

WINDOW = timedelta(minutes=15)
# One person mistyping; one account tried from many places; many accounts tried from one place,
# which may be the address that a whole office or a proxy shares.
_MOST_BY_ACCOUNT_AND_ADDRESS = 5
_MOST_BY_ACCOUNT = 20
_MOST_BY_ADDRESS = 200

COOKIE = "firmtrack_browser"
COOKIE_LASTS = timedelta(days=180)
_BROWSER_BYTES = 16
_SALT = "firmtrack.web.attempts"


@dataclass(frozen=True, slots=True)
class Guess:
    """Who somebody says they are, and from where; ``account`` is never stored in the clear.

    ``browser`` is empty unless the account has signed in with it before.
    """

    account: str
    address: str
    browser: str = ""


def guess_of(email: str, address: str, cookie: str = "") -> Guess:
    """Return the guess that is made by typing ``email`` at ``address`` where ``cookie`` is kept."""
    account = hashlib.sha256(email.strip().lower().encode()).hexdigest()
    return Guess(account, address, _browser_in(cookie, account))


def cookie_of(email: str) -> str:
    """Return what a browser is to keep in which the account has just signed in."""
    account = guess_of(email, "").account
    return signing.dumps([account, secrets.token_hex(_BROWSER_BYTES)], salt=_SALT)


def may_try(guess: Guess, now: datetime) -> bool:
    """Return whether the password may be looked at."""
    recent = SignInAttempt.objects.filter(tried_at__gt=now - WINDOW, browser=guess.browser)
    if guess.browser:
        return recent.filter(account=guess.account).count() < _MOST_BY_ACCOUNT_AND_ADDRESS
    by_account = recent.filter(account=guess.account)
    return (
        by_account.filter(address=guess.address).count() < _MOST_BY_ACCOUNT_AND_ADDRESS
        and by_account.count() < _MOST_BY_ACCOUNT
        and recent.filter(address=guess.address).count() < _MOST_BY_ADDRESS
    )


def record(guess: Guess, now: datetime) -> None:
    """Count an attempt, and forget those that no longer matter."""
    SignInAttempt.objects.filter(tried_at__lte=now - WINDOW).delete()
    SignInAttempt.objects.create(
        account=guess.account, address=guess.address, browser=guess.browser, tried_at=now
    )


def forgive(guess: Guess) -> None:
    """Forget the attempts of an account at an address: it has signed in."""
    SignInAttempt.objects.filter(account=guess.account, address=guess.address).delete()


def _browser_in(cookie: str, account: str) -> str:
    try:
        of_account, browser = signing.loads(cookie, salt=_SALT, max_age=COOKIE_LASTS)
    except (signing.BadSignature, ValueError):
        return ""
    return str(browser) if of_account == account else ""
