"""Who may open which page and send which form: by the table of the accounts, in one place."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from firmtrack.accounts.models import User
from firmtrack.accounts.parties import administrators_of
from firmtrack.accounts.people import role_of
from firmtrack.accounts.permissions import Permission, may

_Asked = ParamSpec("_Asked")
_View = Callable[Concatenate[HttpRequest, _Asked], HttpResponseBase]
_SAFE_METHODS = frozenset({"GET", "HEAD"})


def needs(
    permission: Permission, *, to_look: bool = True
) -> Callable[[_View[_Asked]], _View[_Asked]]:
    """Return what has a view answer only whoever has signed in and may do that.

    With ``to_look`` False anyone who has signed in may look, and only who may do it send a form.
    """

    def guard(view: _View[_Asked]) -> _View[_Asked]:
        @wraps(view)
        def guarded(
            request: HttpRequest, /, *args: _Asked.args, **kwargs: _Asked.kwargs
        ) -> HttpResponseBase:
            is_looking = request.method in _SAFE_METHODS
            if (is_looking and not to_look) or person_may(person_of(request), permission):
                return view(request, *args, **kwargs)
            return not_allowed(request)

        signed_in: _View[_Asked] = login_required(guarded)
        return signed_in

    return guard


def person_of(request: HttpRequest) -> User:
    """Return who has signed in; the view asks for that."""
    assert isinstance(request.user, User), "the view asks for a signed-in person"
    return request.user


def person_may(user: Any, permission: Permission | str) -> bool:
    """Return whether a visitor, who may be nobody, may do that in their party."""
    return isinstance(user, User) and may(role_of(user), Permission(permission))


def not_allowed(request: HttpRequest) -> HttpResponse:
    """Return the page that says that the visitor's role does not allow it, and whose does."""
    context = {"administrators": administrators_of(person_of(request).party)}
    return render(request, "firmtrack/not-allowed.html", context, status=HTTPStatus.FORBIDDEN)
