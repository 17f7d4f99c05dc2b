"""How many calls of the API a token or an address may make, and how each answer tells it."""

from django.conf import settings
from django.http import HttpRequest

from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.gateway import quotas
from firmtrack.gateway.quotas import Counted, headers_of

_HEADERS = "firmtrack.counted"
_SCHEME = "bearer"


def bearer_of(authorization: str) -> str | None:
    """Return the token that the header of this name carries (RFC 6750, section 2.1), if any."""
    scheme, _, secret = authorization.partition(" ")
    return secret.strip() if scheme.lower() == _SCHEME else None


def secret_of(request: HttpRequest) -> str | None:
    """Return the bearer token that the call brings, None if it has none."""
    # Not request.headers, which reads every header of the call to find the one.
    return bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))


def count_token(request: HttpRequest, secret: str) -> None:
    """Count a call with a token. Raises ProblemFound if it has made too many."""
    _note(request, quotas.count_token(secret, settings.ENVIRONMENT.calls_per_token))


def count_failure(request: HttpRequest) -> None:
    """Count a token that is none. Raises ProblemFound if the address has tried too many.

    Who has a good one is never asked this, wherever the call comes from.
    """
    _note(request, quotas.count_failure(_address(request), settings.ENVIRONMENT.calls_per_address))


def count_address(request: HttpRequest) -> None:
    """Count a call without a token. Raises ProblemFound if the address has made too many."""
    _note(request, quotas.count_address(_address(request), settings.ENVIRONMENT.calls_per_address))


def is_counted(request: HttpRequest) -> bool:
    """Return whether the call was counted, or looked at and found to have no limit."""
    return _HEADERS in request.META


def counted_headers(request: HttpRequest) -> dict[str, str]:
    """Return the headers that tell how the caller stands by now, none if that has no limit."""
    headers: dict[str, str] = request.META.get(_HEADERS, {})
    return headers


def _note(request: HttpRequest, counted: Counted | None) -> None:
    request.META[_HEADERS] = {} if counted is None else headers_of(counted)
    if counted is not None and not counted.standing.is_within:
        raise ProblemFound(
            Problem.TOO_MANY_CALLS,
            f"{_WHOSE[counted.quota.name]} {counted.quota.calls:,} in "
            f"{counted.quota.window_seconds} seconds. "
            f"Try again in {counted.standing.restored_seconds} seconds.",
        )


_WHOSE = {
    quotas.TOKEN: "Of calls with one token so many are answered:",
    quotas.ADDRESS: "Of calls without a token so many are answered for one address:",
    quotas.FAILURES: "Of calls with a wrong token so many are answered for one address:",
}


def _address(request: HttpRequest) -> str:
    address: str = request.META.get("REMOTE_ADDR", "")
    return address
