"""What the next page of notices says, once, of what was just done."""

from dataclasses import dataclass

from django.http import HttpRequest

from firmtrack.notices.secrets import sealed, unsealed

_KEY = "notices_news"


@dataclass(frozen=True, slots=True)
class News:
    """One sentence, and a new secret if one was made, which is shown this once."""

    sentence: str
    secret: str | None


def leave_news(request: HttpRequest, sentence: str, *, secret: str | None = None) -> None:
    """Keep news for the page that the person is led to; the session holds the secret encrypted."""
    kept = None if secret is None else sealed(secret).decode()
    request.session[_KEY] = (sentence, kept)


def take_news(request: HttpRequest) -> News | None:
    """Return the news that wait and forget them, None if there are none or no one would see them.

    Raises SecretUnreadable.
    """
    kept = None if request.method == "HEAD" else request.session.pop(_KEY, None)
    if kept is None:
        return None
    sentence, secret = kept
    return News(sentence, None if secret is None else unsealed(secret.encode()))
