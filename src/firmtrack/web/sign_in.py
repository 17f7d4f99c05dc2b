"""Signing in and out."""

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from firmtrack.web import attempts
from firmtrack.web.forms import SignInForm

TOO_MANY_ATTEMPTS = (
    "You have tried to sign in too many times. "
    f"Wait {attempts.WINDOW.seconds // 60} minutes, then try again"
)
_NO_ADDRESS = "::"  # a server behind a Unix socket is not told where its visitors come from


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Return the sign-in page, or lead on to the page that was asked for."""
    if request.user.is_authenticated:
        return redirect(_next_page(request))
    if request.method == "POST":
        return _try(request)
    return _page(request, SignInForm(request))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out and return to the sign-in page."""
    logout(request)
    return redirect("sign-in")


def _try(request: HttpRequest) -> HttpResponse:
    guess = attempts.guess_of(
        request.POST.get("username", ""), request.META.get("REMOTE_ADDR") or _NO_ADDRESS
    )
    now = timezone.now()
    form = SignInForm(request, data=request.POST)
    if not attempts.may_try(guess, now):
        return _page(request, form, refusal=TOO_MANY_ATTEMPTS, status=429)
    if request.POST.get("password"):
        attempts.record(guess, now)
    if not form.is_valid():
        return _page(request, form, status=400)
    attempts.forgive(guess)
    login(request, form.get_user())
    return redirect(_next_page(request))


def _page(
    request: HttpRequest, form: SignInForm, *, refusal: str | None = None, status: int = 200
) -> HttpResponse:
    # Asking a bound form for its errors looks at the password: not after a refusal.
    errors = {"username": [refusal]} if refusal else form.errors
    context = {
        "errors": errors,
        "email": request.POST.get("username", ""),
        "next_page": request.POST.get("next") or request.GET.get("next", ""),
    }
    return render(request, "firmtrack/sign-in.html", context, status=status)


def _next_page(request: HttpRequest) -> str:
    """Return the page that was asked for if it is one of ours, else the start."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return resolve_url("firmware-distribution")
