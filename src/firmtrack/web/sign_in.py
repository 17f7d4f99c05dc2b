"""Signing in and out."""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.views import LoginView, LogoutView
from django import forms
from django.http import HttpResponse

from firmtrack.accounts.models import Provider
from firmtrack.web import mail

_TOO_MANY = "too_many_login_attempts"


class SignInForm(LoginForm):
    """An email address and a password; one message whatever was wrong with them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.EmailField(
            error_messages={
                "required": "Enter your email address",
                "invalid": "Enter an email address in the correct form, like name@example.com",
            }
        )
        self.fields["password"] = forms.CharField(
            strip=False, error_messages={"required": "Enter your password"}
        )

    def add_prefix(self, field_name: str) -> str:
        """Return the field's name in the page: password managers and scripts know these."""
        return "username" if field_name == "login" else field_name


class SignIn(LoginView):
    """The sign-in page; it leads on to the page that was asked for."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/sign-in.html"

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        """Return the page with what was wrong."""
        status = 429 if form.has_error("__all__", _TOO_MANY) else 400
        return self.render_to_response(self.get_context_data(form=form), status=status)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows."""
        ways = {"sends_mail": mail.is_open(), "has_providers": Provider.objects.exists()}
        return super().get_context_data(**kwargs) | ways


class SignOut(LogoutView):
    """Sign out and return to the sign-in page; also gives up a sign-in that is half done."""

    http_method_names = ("post",)
