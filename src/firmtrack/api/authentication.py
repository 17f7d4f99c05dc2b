"""Bearer tokens: who calls the API, and whether the token is for what they call."""

from typing import cast

from django.http import HttpRequest
from ninja.security.http import HttpAuthBase

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.tokens import TokenHolder, authenticate_token
from firmtrack.api.counting import count_failure, count_token, secret_of
from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.store.database import pool


class _Token(HttpAuthBase):
    """A bearer token (RFC 6750) that has a scope."""

    openapi_scheme = "bearer"
    scope: TokenScope

    def __call__(self, request: HttpRequest) -> TokenHolder:
        """Return who calls. Raises ProblemFound if they may not."""
        secret = secret_of(request)
        if secret is None:
            raise ProblemFound(Problem.UNAUTHENTICATED, headers=_challenge())
        count_token(request, secret)
        with pool().connection() as connection:
            holder = authenticate_token(connection, secret)
        if holder is None:
            count_failure(request)
            raise ProblemFound(Problem.UNAUTHENTICATED, headers=_challenge("invalid_token"))
        if self.scope not in holder.scopes:
            headers = _challenge("insufficient_scope", self.scope)
            raise ProblemFound(Problem.WRONG_SCOPE, headers=headers)
        return holder


class ReadToken(_Token):
    """A token that looks up requests and devices."""

    scope = TokenScope.READ
    openapi_description = "An API token of scope read."


class IntakeToken(_Token):
    """A token that submits messages."""

    scope = TokenScope.INTAKE
    openapi_description = "An API token of scope intake."


def holder_of(request: HttpRequest) -> TokenHolder:
    """Return who makes this authenticated call."""
    return cast("TokenHolder", request.auth)  # type: ignore[attr-defined] # set by django-ninja


def _challenge(error: str | None = None, scope: TokenScope | None = None) -> dict[str, str]:
    """Return the header that says what is wanted (RFC 6750, section 3)."""
    parts = ['Bearer realm="Firmtrack"']
    if error is not None:
        parts.append(f'error="{error}"')
    if scope is not None:
        parts.append(f'scope="{scope}"')
    return {"WWW-Authenticate": ", ".join(parts)}
