"""The addresses of signing in and of one's account; those that django-allauth leads to by name."""

from django.urls import path

from firmtrack.web import account, passwords, provider_pages, second_factor, sign_in

_sign_in, _sign_out = sign_in.SignIn.as_view(), sign_in.SignOut.as_view()

urlpatterns = [
    path("sign-in", _sign_in, name="sign-in"),
    path("sign-in", _sign_in, name="account_login"),
    path("sign-out", _sign_out, name="sign-out"),
    path("sign-out", _sign_out, name="account_logout"),
    path("sign-in/code", second_factor.SignInCode.as_view(), name="mfa_authenticate"),
    path("sign-in/organisation", provider_pages.organisation, name="organisation"),
    path("sign-in/organisation/<str:slug>", provider_pages.provider, name="provider"),
    path("sign-in/organisation/<str:slug>/begin", provider_pages.begin, name="provider-begin"),
    path(
        "sign-in/organisation/<str:provider_id>/return",
        provider_pages.come_back,
        name="openid_connect_callback",
    ),
    path(
        "password/forgotten",
        passwords.ForgottenPassword.as_view(),
        name="account_reset_password",
    ),
    path("password/sent", passwords.LinkSent.as_view(), name="account_reset_password_done"),
    path(
        "password/choose/<str:uidb36>/<str:key>",
        passwords.NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "password/chosen",
        passwords.PasswordChosen.as_view(),
        name="account_reset_password_from_key_done",
    ),
    path("account", account.account, name="account"),
    path("account/confirm", account.Confirm.as_view(), name="account_reauthenticate"),
    path("account/confirm-code", second_factor.ConfirmByCode.as_view(), name="mfa_reauthenticate"),
    path("account/password", passwords.ChangePassword.as_view(), name="account_change_password"),
    path("account/second-factor", account.second_factor, name="mfa_index"),
    path(
        "account/second-factor/add",
        second_factor.AddSecondFactor.as_view(),
        name="mfa_activate_totp",
    ),
    path(
        "account/second-factor/remove",
        second_factor.RemoveSecondFactor.as_view(),
        name="mfa_deactivate_totp",
    ),
    path(
        "account/recovery-codes",
        second_factor.RecoveryCodes.as_view(),
        name="mfa_view_recovery_codes",
    ),
    path(
        "account/recovery-codes/new",
        second_factor.NewRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
]
