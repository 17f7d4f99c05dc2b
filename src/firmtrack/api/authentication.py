"""Bearer tokens: who calls the API, and whether the token is for what they call."""

from typing import cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from firmtrack.accounts.models import TokenScope
from firmtrack.accounts.tokens import TokenHolder, authenticate_token
from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.store.database import pool

_CHALLENGE = 'Bearer realm="Firmtrack"'


class _Token(HttpBearer):
    """A bearer token (RFC 6750) of one scope."""

    scope: TokenScope

    def __call__(self, request: HttpRequest) -> TokenHolder:
        """Return who calls. Raises ProblemFound if they may not."""
        if "Authorization" not in request.headers:
            raise ProblemFound(Problem.UNAUTHENTICATED, headers={"WWW-Authenticate": _CHALLENGE})
        holder = super().__call__(request)
        if holder is None:
            raise ProblemFound(
                Problem.UNAUTHENTICATED,
                headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'},
            )
        return cast("TokenHolder", holder)

    def authenticate(self, request: HttpRequest, token: str) -> TokenHolder | None:  # noqa: ARG002 - its parent's signature
        """Return the token's holder, None if the token is not valid.

        Raises ProblemFound if it is for something else.
        """
        with pool().connection() as connection:
            holder = authenticate_token(connection, token)
        if holder is not None and holder.scope is not self.scope:
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{self.scope}"'
            raise ProblemFound(Problem.WRONG_SCOPE, headers={"WWW-Authenticate": challenge})
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
