"""The pages of a party's API tokens, for its administrators: making and revoking them."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from firmtrack.accounts import tokens as accounts
from firmtrack.accounts.acting import NoLongerAllowed
from firmtrack.accounts.models import User
from firmtrack.accounts.permissions import Permission
from firmtrack.presentation.accounts import SCOPE_NAMES
from firmtrack.web.news import leave_news, take_news
from firmtrack.web.people_forms import TokenForm
from firmtrack.web.permissions import needs, not_allowed, person_of

_ABOUT_SECRET = "The token, which a program sends with each call of the API:"  # noqa: S105  # words
_NAME_TAKEN = "A token of this name is still good: revoke it first, or choose another name"
_UNFIT_NAME = "The name must be one line of letters, numbers and signs"


@require_safe
@needs(Permission.MANAGE_TOKENS)
def tokens(request: HttpRequest) -> HttpResponse:
    """Return the list of the party's tokens, the newest first."""
    context = {
        "tokens": accounts.list_tokens(person_of(request).party),
        "ended_days": accounts.ENDED_SHOWN.days,
        "scope_names": SCOPE_NAMES,
        "news": take_news(request),
    }
    return render(request, "firmtrack/tokens.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_TOKENS)
def new_token(request: HttpRequest) -> HttpResponse:
    """Return the form of a new token; once it is made, lead to the list, which shows it once."""
    by = person_of(request)
    form = TokenForm(by.party, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            secret = _made(by, form)
        except NoLongerAllowed:
            return not_allowed(request)
        if secret is not None:
            sentence = f"The token “{form.cleaned_data['name']}” was made."
            leave_news(request, sentence, secret=secret, about_secret=_ABOUT_SECRET)
            return redirect("tokens")
    status = HTTPStatus.BAD_REQUEST if form.errors else HTTPStatus.OK
    return render(request, "firmtrack/token-new.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_TOKENS)
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """Return the page that asks whether to revoke a token; once revoked, lead to the list."""
    by = person_of(request)
    try:
        found = accounts.find_token(by.party, token_id)
        if request.method != "POST":
            return render(request, "firmtrack/token-revoke.html", {"found": found})
        is_new = accounts.revoke_token(token_id, by=by)
    except accounts.UnknownToken:
        raise Http404 from None
    except NoLongerAllowed:
        return not_allowed(request)
    called = f"“{found.name}”" if found.name else f"ending in {found.ending}"
    leave_news(request, f"The token {called} {'is' if is_new else 'was already'} revoked.")
    return redirect("tokens")


def _made(by: User, form: TokenForm) -> str | None:
    """Return the secret of the new token; None if it was refused, which the form then says."""
    wanted = form.cleaned_data
    try:
        return accounts.create_own_token(
            by,
            wanted["name"],
            wanted["scopes"],
            expires_at=datetime.now(UTC) + timedelta(days=wanted["days"]),
        )
    except accounts.TokenNameTaken:
        form.add_error("name", _NAME_TAKEN)
    except accounts.UnfitTokenName:
        form.add_error("name", _UNFIT_NAME)
    return None
