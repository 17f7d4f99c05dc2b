"""The second factor: one-time codes by an app (TOTP, RFC 6238), and codes for when it is lost."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from io import BytesIO
from typing import Any, ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as base_forms
from allauth.mfa.base.views import AuthenticateView, ReauthenticateView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp import forms as totp_forms
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from lxml import etree
from markupsafe import Markup

from firmtrack.accounts.models import User
from firmtrack.accounts.sealing import SealBroken, sealed, unsealed
from firmtrack.accounts.sign_ins import record_own
from firmtrack.store.acts import ActKind
from firmtrack.web.session_limits import is_refresh

_log = logging.getLogger(__name__)

_WRONG_CODE = "Enter the code that your app shows now, or a recovery code that you have not used"
# A code is good for its half minute and one to either side, so it is remembered for longer.
_REMEMBERED_SECONDS = 150
_QR_TITLE = "QR code for your app"
# What somebody who has to set up a second factor first can get at without it.
_BEFORE_IT = frozenset(
    {
        "account_reauthenticate",
        "mfa_reauthenticate",
        "mfa_activate_totp",
        "sign-out",
        "account_logout",
    }
)


def has_second_factor(user: User) -> bool:
    """Return whether the person signs in with one-time codes."""
    return bool(is_mfa_enabled(user, [Authenticator.Type.TOTP]))


def second_factor_required(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> "SecondFactorRequired":
    """Return the middleware."""
    return SecondFactorRequired(get_response)


class SecondFactorRequired:
    """Middleware that leads people whose party requires a second factor to set it up first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer."""
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        _view: Callable[..., HttpResponseBase],
        _args: tuple[object, ...],
        _kwargs: Mapping[str, object],
    ) -> HttpResponse | None:
        """Return where to set it up, None for who may go on."""
        user = request.user
        match = request.resolver_match
        if not user.is_authenticated or (match is not None and match.url_name in _BEFORE_IT):
            return None
        if not user.party.requires_totp or has_second_factor(user):
            return None
        if is_refresh(request):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Refresh": "true"})
        return redirect("mfa_activate_totp")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Its secrets are stored encrypted; where a party requires it, nobody removes it."""

    error_messages: ClassVar = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _WRONG_CODE,
        "cannot_delete_authenticator": "Your organisation requires it",
    }

    def encrypt(self, text: str) -> str:
        """Return a secret as it is stored."""
        return sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that was stored. Raises SealBroken."""
        return unsealed(encrypted_text)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Return whether the person's party leaves it to them."""
        return not authenticator.user.party.requires_totp

    def build_totp_svg(self, url: str) -> Markup:
        """Return the QR code as a part of a page: no image of another address is needed."""
        import qrcode
        from qrcode.image.svg import SvgPathImage

        written = BytesIO()
        qrcode.make(url, image_factory=SvgPathImage, border=4).save(written)
        drawn = etree.fromstring(written.getvalue())
        drawing = drawn.find("{http://www.w3.org/2000/svg}path")
        assert drawing is not None, "the library draws one path"
        return Markup(
            '<svg class="firmtrack-qr-code" viewBox="{}" role="img" aria-label="{}">'
            '<path d="{}"></path></svg>'
        ).format(drawn.get("viewBox"), _QR_TITLE, drawing.get("d"))


def _use(user: User, code: str) -> bool:
    """Return whether the code was not used before, and remember that it is now."""
    digits = "".join(filter(str.isalnum, code)).lower()
    key = f"firmtrack.used-code.{user.pk}.{digits[:32]}"
    return bool(cache.add(key, 1, timeout=_REMEMBERED_SECONDS))


class _Once:
    """A code that is good once; failing is on record."""

    user: User
    fields: dict[str, forms.Field]

    def clean_code(self) -> str:
        """Return the code. Raises ValidationError if it is wrong, or was used before."""
        try:
            code: str = super().clean_code()  # type: ignore[misc]  # mixed into forms with a code alone
            if not _use(self.user, code):
                raise SecondFactorAdapter().validation_error("incorrect_code")
        except SealBroken as error:
            _log.warning("A one-time code cannot be checked: %s", error)
            raise SecondFactorAdapter().validation_error("incorrect_code") from None
        except forms.ValidationError:
            with transaction.atomic():
                record_own(self.user, ActKind.SIGN_IN_FAILED, "one-time code")
            raise
        return code


_NO_CODE = {"required": "Enter the code"}


class CodeForm(_Once, base_forms.AuthenticateForm):
    """The code with which signing in goes on."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages |= _NO_CODE


class ConfirmCodeForm(_Once, base_forms.ReauthenticateForm):
    """The code with which one confirms who one is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages |= _NO_CODE


class AddForm(totp_forms.ActivateTOTPForm):
    """The first code of an app. Its secret is encrypted in the session, too."""

    secret: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].error_messages |= _NO_CODE
        session = SecondFactorAdapter().request.session
        try:
            self.secret = unsealed(self.secret)
        except SealBroken:  # it is new
            session[SECRET_SESSION_KEY] = sealed(self.secret)

    def clean_code(self) -> str:
        """Return the code, which is then used up. Raises ValidationError."""
        code: str = super().clean_code()
        _use(self.user, code)
        return code


class RemoveForm(totp_forms.DeactivateTOTPForm):
    """Nothing is entered; it is refused where the party requires a second factor."""


class SignInCode(AuthenticateView):
    """The page that asks for a code after the password."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/sign-in-code.html"

    def form_invalid(self, _form: CodeForm) -> HttpResponse:
        """Return the page with what was wrong."""
        status = 429 if self.form.has_error("code", "too_many_login_attempts") else 400
        return self.render_to_response(self.get_context_data(), status=status)


class ConfirmByCode(ReauthenticateView):
    """The page on which one confirms by a code who one is."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/confirm-code.html"


class AddSecondFactor(ActivateTOTPView):
    """The page on which an app is added."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/second-factor-add.html"

    def form_valid(self, form: AddForm) -> HttpResponse:
        """Add it, on record."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            record_own(self.request.user, ActKind.TOTP_ADDED)
        return response

    def form_invalid(self, form: AddForm) -> HttpResponse:
        """Return the page with what was wrong."""
        response: HttpResponse = super().form_invalid(form)
        response.status_code = 400
        return response


class RemoveSecondFactor(DeactivateTOTPView):
    """The page that asks whether to remove it."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/second-factor-remove.html"

    def form_valid(self, form: RemoveForm) -> HttpResponse:
        """Remove it, on record."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            record_own(self.request.user, ActKind.TOTP_REMOVED)
        self.request.session["account_news"] = "You now sign in without a one-time code."
        return response

    def get_success_url(self) -> str:
        """Return the page of one's account."""
        return resolve_url("account")


class RecoveryCodes(ViewRecoveryCodesView):
    """The page that shows the recovery codes, once."""

    http_method_names = ("get",)
    template_name = "firmtrack/recovery-codes.html"


class NewRecoveryCodes(GenerateRecoveryCodesView):
    """The page that makes new recovery codes, by which the earlier ones are no good any more."""

    http_method_names = ("get", "head", "post")
    template_name = "firmtrack/recovery-codes-new.html"
