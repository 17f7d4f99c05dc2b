"""News for the page that somebody is led to after a form: one sentence, and what is shown once."""

from dataclasses import dataclass

from django.http import HttpRequest

from firmtrack.notices.secrets import sealed, unsealed

_NEWS_KEY = "news"


@dataclass(frozen=True, slots=True)
class News:
    """One sentence, and a new secret if one was made, which is shown this once.

    ``about_secret`` says what the secret is.
    """

    sentence: str
    secret: str | None
    about_secret: str


def leave_news(
    request: HttpRequest, sentence: str, *, secret: str | None = None, about_secret: str = ""
) -> None:
    """Keep news for the page that the person is led to; the session holds the secret encrypted."""
    kept = None if secret is None else sealed(secret).decode()
    request.session[_NEWS_KEY] = (sentence, kept, about_secret)


def take_news(request: HttpRequest) -> News | None:
    """Return the news that wait and forget them, None if there are none or no one would see them.

    Raises SecretUnreadable.
    """
    kept = None if request.method == "HEAD" else request.session.pop(_NEWS_KEY, None)
    if kept is None:
        return None
    sentence, secret, about_secret = kept
    return News(sentence, None if secret is None else unsealed(secret.encode()), about_secret)
