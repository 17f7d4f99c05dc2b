"""The page of one's own account: where one is signed in, the password, the second factor."""

from typing import Any

from allauth.account.forms import ReauthenticateForm
from allauth.account.views import ReauthenticateView
from allauth.mfa.models import Authenticator
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from firmtrack.accounts.models import User
from firmtrack.accounts.sealing import SealBroken
from firmtrack.accounts.sessions import UnknownSession, end_session, end_sessions_of, sessions_of
from firmtrack.accounts.sign_ins import record_own
from firmtrack.presentation.browsers import browser_text
from firmtrack.store.acts import ActKind
from firmtrack.web.second_factor import has_second_factor

_NEWS = "account_news"


class ConfirmForm(ReauthenticateForm):
    """One's password, by which one confirms who one is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].error_messages["required"] = "Enter your password"


class Confirm(ReauthenticateView):
    """The page on which one confirms by one's password who one is."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/confirm.html"

    def form_invalid(self, form: ConfirmForm) -> HttpResponse:
        """Return the page with what was wrong."""
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 400
        return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Return the page of one's account.

    A POST ends the session that ``end`` names, or all ``others``, and leads back to the page.
    """
    user = request.user
    assert isinstance(user, User), "the view asks for a signed-in person"
    if request.method == "POST":
        request.session[_NEWS] = _end(request, user, request.POST.get("end", ""))
        return redirect("account")
    has_code = has_second_factor(user)
    context = {
        "sessions": sessions_of(user),
        "own_key": request.session.session_key,
        "browser_text": browser_text,
        "has_password": user.has_usable_password(),
        "has_code": has_code,
        "must_have_code": user.party.requires_totp,
        "recovery_codes_left": _recovery_codes_left(user) if has_code else None,
        "role": user.get_role_display(),
        "news": None if request.method == "HEAD" else request.session.pop(_NEWS, None),
    }
    return render(request, "firmtrack/account.html", context)


@login_required
@require_http_methods(["GET", "HEAD"])
def second_factor(_request: HttpRequest) -> HttpResponse:
    """Lead to one's account, which tells of the second factor."""
    return redirect("account")


def _end(request: HttpRequest, user: User, which: str) -> str:
    if which == "others":
        with transaction.atomic():
            count = end_sessions_of(user, but=request.session.session_key)
            record_own(user, ActKind.SESSION_ENDED, f"all others: {count}")
        return "You are signed in nowhere else."
    if not which.isascii() or not which.isdigit():
        raise BadRequest
    try:
        with transaction.atomic():
            ended = end_session(int(which), user)
            record_own(user, ActKind.SESSION_ENDED, browser_text(ended.browser))
    except UnknownSession:
        raise Http404 from None
    return f"You were signed out of {browser_text(ended.browser)}."


def _recovery_codes_left(user: User) -> int:
    kept = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    try:
        return 0 if kept is None else len(kept.wrap().get_unused_codes())
    except SealBroken:
        return 0
