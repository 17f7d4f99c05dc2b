"""Choosing a password: a new one, or by a link for who was invited or forgot theirs."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.views import (
    PasswordChangeView,
    PasswordResetDoneView,
    PasswordResetFromKeyDoneView,
    PasswordResetFromKeyView,
    PasswordResetView,
)
from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.decorators import method_decorator

from firmtrack.accounts.models import User
from firmtrack.accounts.sessions import follow_key
from firmtrack.accounts.sign_ins import record_attempt
from firmtrack.store.acts import ActKind
from firmtrack.web import mail
from firmtrack.web.account_adapter import address_of
from firmtrack.web.invitations import INVITATIONS, RESETS, absolute_in, link_parts

_NEW = {"required": "Enter a new password"}
_AGAIN = {"required": "Enter the new password again"}
_DIFFERS = "Enter the same password in both fields"


class _Twice:
    """A new password that is entered twice."""

    fields: dict[str, forms.Field]

    def say_what_is_missing(self) -> None:
        """Have the fields speak as the pages do."""
        self.fields["password1"].error_messages |= _NEW
        self.fields["password2"].error_messages |= _AGAIN

    def clean(self) -> dict[str, Any]:
        """Return what was entered, if it is twice the same."""
        entered: dict[str, Any] = forms.Form.clean(self) or {}  # type: ignore[arg-type]  # mixed into forms alone
        both = {entered.get("password1"), entered.get("password2")}
        if None not in both and len(both) > 1:
            self.add_error("password2", _DIFFERS)  # type: ignore[attr-defined]  # mixed into forms alone
        return entered


class ChangePasswordForm(_Twice, allauth_forms.ChangePasswordForm):
    """The current password and, twice, the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say_what_is_missing()
        self.fields["oldpassword"].error_messages["required"] = "Enter your current password"


class NewPasswordForm(_Twice, allauth_forms.ResetPasswordKeyForm):
    """Twice the new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.say_what_is_missing()


class LinkForm(allauth_forms.UserTokenForm):
    """The two parts of a link: of an invitation, or of who forgot their password."""

    def clean(self) -> dict[str, Any]:
        """Return the parts; ``reset_user`` is whom the link is for."""
        parts: dict[str, Any] = forms.Form.clean(self) or {}
        user = self._get_user(parts.get("uidb36", ""))
        key = parts.get("key")
        if user is None or not user.is_active:
            raise forms.ValidationError("no such person")
        if not any(tokens.check_token(user, key) for tokens in (INVITATIONS, RESETS)):
            raise forms.ValidationError("no such link")
        self.reset_user = user
        return parts


class ForgottenPasswordForm(allauth_forms.ResetPasswordForm):
    """The email address to which the link goes, if it is that of an account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].error_messages |= {
            "required": "Enter your email address",
            "invalid": "Enter an email address in the correct form, like name@example.com",
        }

    def save(self, request: HttpRequest, **_: Any) -> str:
        """Have the link mailed; whether there is anybody to mail it to takes as long."""
        email: str = self.cleaned_data["email"]
        detail = f"from {address_of(request)}"
        user = record_attempt(email, ActKind.PASSWORD_RESET_ASKED, detail)
        if user is not None and user.is_active and _may_choose(user):
            path = reverse("account_reset_password_from_key", kwargs=link_parts(user, RESETS))
            text = _FORGOTTEN.format(email=user.email, link=absolute_in(request, path))
            mail.send(user.email, "Choose a new password for Firmtrack", text)
        return email


def _may_choose(user: User) -> bool:
    """Return whether the person signs in by password: not who comes from a provider alone."""
    return user.has_usable_password() or user.invited_at is not None


class _Answering:
    """A page that says by its status what became of the form."""

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        """Return the page with what was wrong."""
        context = self.get_context_data(form=form)  # type: ignore[attr-defined]  # mixed into views of forms alone
        response: HttpResponse = self.render_to_response(context, status=400)  # type: ignore[attr-defined]  # mixed into views of forms alone
        return response


@method_decorator(login_required, name="dispatch")
class ChangePassword(_Answering, PasswordChangeView):
    """The page on which one changes one's password; all other sessions end."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/password-change.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the page. Raises Http404 for who signs in by a provider alone."""
        assert isinstance(request.user, User), "somebody is signed in"
        if not request.user.has_usable_password():
            raise Http404
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def form_valid(self, form: ChangePasswordForm) -> HttpResponse:
        """Change the password, and lead to one's account."""
        key = self.request.session.session_key
        response: HttpResponse = super().form_valid(form)
        follow_key(self.request, key)
        self.request.session["account_news"] = (
            "Your password was changed. You were signed out everywhere else."
        )
        return response


class _WithMail:
    """A page that there is only where a server takes mail."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the page. Raises Http404."""
        if not mail.is_open():
            raise Http404
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]  # mixed into views alone
        return response


class ForgottenPassword(_WithMail, _Answering, PasswordResetView):
    """The page on which one asks for a link."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/password-forgotten.html"


class LinkSent(_WithMail, PasswordResetDoneView):
    """The page that says that the link was sent, whether it was or not."""

    http_method_names = ("get", "head")
    template_name = "firmtrack/password-link-sent.html"


class NewPassword(_Answering, PasswordResetFromKeyView):
    """The page that a link leads to."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/password-new.html"

    def render_to_response(self, context: dict[str, Any], **how: Any) -> HttpResponse:
        """Return the page, as not found if the link is not good."""
        if context.get("token_fail"):
            how["status"] = 404
        response: HttpResponse = super().render_to_response(context, **how)
        return response


class PasswordChosen(PasswordResetFromKeyDoneView):
    """The page that says that one can sign in now."""

    http_method_names = ("get", "head")
    template_name = "firmtrack/password-chosen.html"


_FORGOTTEN = """\
Somebody, probably you, asked for a new password for {email} on Firmtrack.

Choose one here:

{link}

The link is good once, for 24 hours. If you did not ask, you need do nothing: your password stays.
"""
