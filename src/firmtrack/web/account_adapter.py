"""How signing in by django-allauth goes here: who may, how often, and what is put on record."""

import time
from typing import Any, ClassVar

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from firmtrack.accounts.models import User
from firmtrack.accounts.sessions import begin_session, end_sessions_of
from firmtrack.accounts.sign_ins import record_attempt, record_own
from firmtrack.store.acts import ActKind
from firmtrack.web import attempts

NO_ACCOUNT = "Email address or password is incorrect"
TOO_MANY_ATTEMPTS = (
    "You have tried to sign in too many times. "
    f"Wait {attempts.WINDOW.seconds // 60} minutes, then try again"
)
_NO_ADDRESS = "::"  # a server behind a Unix socket is not told where its visitors come from
_MEANS = {"password": "password", "mfa": "one-time code", "socialaccount": "provider"}


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from."""
    return request.META.get("REMOTE_ADDR") or _NO_ADDRESS


class AccountAdapter(DefaultAccountAdapter):
    """Nobody signs up, and nobody is told what was wrong with an account that they tried."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": NO_ACCOUNT,
        "too_many_login_attempts": TOO_MANY_ATTEMPTS,
        "rate_limited": TOO_MANY_ATTEMPTS,
        "enter_current_password": "Enter your current password",
        "incorrect_password": "Enter your password",
        "invalid_password_reset": "The link is not good, or not any more",
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return that nobody makes an account for themselves."""
        return False

    def is_ajax(self, _request: HttpRequest) -> bool:
        """Return that pages are for people."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Return whether it is an address of this very site."""
        return url_has_allowed_host_and_scheme(
            url,
            allowed_hosts={context.request.get_host()},
            require_https=context.request.is_secure(),
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return where the request comes from."""
        return address_of(request)

    def get_login_stages(self) -> list[str]:
        """Return what comes after the password."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Return who it is; None if that is nobody, or somebody who is disabled."""
        guess = attempts.guess_of(
            credentials["email"], address_of(request), request.COOKIES.get(attempts.COOKIE, "")
        )
        now = timezone.now()
        if not attempts.may_try(guess, now):
            raise self.validation_error("too_many_login_attempts")
        attempts.record(guess, now)
        user = authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()  # who is disabled; that is told nobody
        if user is None:
            detail = f"password, from {address_of(request)}"
            record_attempt(credentials["email"], ActKind.SIGN_IN_FAILED, detail)
            return None
        attempts.forgive(guess)
        return user

    def respond_user_inactive(self, _request: HttpRequest, _user: AbstractBaseUser) -> HttpResponse:
        """Return the sign-in page: who is disabled is told nothing."""
        return redirect("sign-in")

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign the person in, with a new session, on record."""
        assert isinstance(user, User), "the settings' model"
        if not user.is_active:  # disabled between their password and their one-time code
            raise ImmediateHttpResponse(redirect("sign-in"))
        means = [_MEANS[each["method"]] for each in get_authentication_records(request, user)]
        with transaction.atomic():
            super().login(request, user)
            begin_session(request)
            detail = f"{' and '.join(dict.fromkeys(means))}, from {address_of(request)}"
            record_own(user, ActKind.SIGNED_IN, detail)

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **how: Any) -> HttpResponse:
        """Return what signing in leads to; the browser keeps that it is one of this account."""
        response: HttpResponse = super().post_login(request, user, **how)
        assert isinstance(user, User), "the settings' model"
        response.set_cookie(
            attempts.COOKIE,
            attempts.cookie_of(user.email),
            max_age=attempts.COOKIE_LASTS,
            path=resolve_url("sign-in"),
            httponly=True,
            samesite="Lax",
        )
        return response

    def logout(self, request: HttpRequest) -> None:
        """Sign the person out, on record."""
        assert isinstance(request.user, User), "somebody is signed in"
        with transaction.atomic():
            record_own(request.user, ActKind.SIGNED_OUT)
            super().logout(request)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Have the person sign in with this password, and end their sessions but this one."""
        assert isinstance(user, User), "the settings' model"
        request = context.request
        own = request.session.session_key if request.user == user else None
        with transaction.atomic():
            user.set_password(password)
            user.save(update_fields=["password"])
            end_sessions_of(user, but=own)
            record_own(user, ActKind.PASSWORD_CHANGED, "" if own else "by a link")

    def get_password_change_redirect_url(self, _request: HttpRequest) -> str:
        """Return the page of one's account."""
        return resolve_url("account")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return whether to confirm who one is: not in the first minutes after signing in."""
        request = context.request
        now = time.time()
        if any(
            now - each["at"] < app_settings.REAUTHENTICATION_TIMEOUT
            for each in get_authentication_records(request, request.user)
        ):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))
