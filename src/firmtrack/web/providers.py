"""Signing in by a party's own OpenID Connect provider: django-allauth's, held to this party."""

import hmac
import secrets
from collections.abc import Mapping
from io import BytesIO
from threading import BoundedSemaphore
from typing import Any, Final

import jwt
import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from requests.adapters import BaseAdapter

from firmtrack.accounts.models import Provider
from firmtrack.accounts.providers import LARGEST_SUBJECT, Refusal, Refused, admitted
from firmtrack.accounts.sealing import unsealed
from firmtrack.accounts.sign_ins import record_attempt
from firmtrack.notices.addresses import UnfitAddress, check_address
from firmtrack.notices.calling import Caller, FetchFailed
from firmtrack.store.acts import ActKind

CALL_SECONDS: Final = 5.0
"""No call to a provider lasts longer."""

_MOST_BYTES = 1 << 20
# However long a provider takes, and however often it is asked for, other threads answer others.
_CALLS_AT_ONCE = 2
_calls = BoundedSemaphore(_CALLS_AT_ONCE)

_CONFIGURATION_SECONDS = 600
_CLOCK_SECONDS = 60
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
# A signature by the provider's key; none by a secret that both sides have.
_ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
_NONCE_BYTES = 24

AWAY, CANCELLED, FAILED, UNVERIFIED, NO_ACCESS = (
    "away", "cancelled", "failed", "unverified", "no_access",
)  # fmt: skip
_STATUS = {AWAY: 503, CANCELLED: 400, FAILED: 403, UNVERIFIED: 403, NO_ACCESS: 403}


def refusal_page(request: HttpRequest, problem: str) -> HttpResponse:
    """Return the page that says that one was not signed in."""
    context = {"problem": problem}
    return render(request, "firmtrack/sign-in-refused.html", context, status=_STATUS[problem])


class ProviderAdapter(DefaultSocialAccountAdapter):
    """The providers are those of our parties, and whom they let in is decided by the accounts."""

    def get_requests_session(self) -> requests.Session:
        """Return what providers are called with: judged addresses, in time, no redirects."""
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        for scheme in ("https://", "http://"):
            session.mount(scheme, _Transport())
        return session

    def list_apps(
        self, _request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the provider of this name, as django-allauth describes one."""
        del client_id  # the name says enough
        if provider is None or "\0" in provider:
            return []
        return [_app_of(each) for each in Provider.objects.filter(slug=provider)]

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> "PartyProvider":
        """Return the provider of this name. Raises SocialApp.DoesNotExist."""
        return PartyProvider(request, app=self.get_app(request, provider, client_id))

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Return that nobody makes an account for themselves."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Have the person signed in whom the provider's word lets in, or nobody."""
        slug = sociallogin.account.provider
        provider = Provider.objects.select_related("party").get(slug=slug)
        subject = sociallogin.account.uid
        try:
            sociallogin.user = admitted(provider, subject, sociallogin.firmtrack_claims)
        except Refused as refused:
            detail = f"provider {slug}: {refused.refusal}"
            party = provider.party.name
            record_attempt(refused.email, ActKind.SIGN_IN_FAILED, detail, party=party)
            is_unverified = refused.refusal is Refusal.EMAIL_UNVERIFIED
            problem = UNVERIFIED if is_unverified else NO_ACCESS
            raise ImmediateHttpResponse(refusal_page(request, problem)) from None
        sociallogin.account = sociallogin.user.socialaccount_set.get(provider=slug, uid=subject)

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: "PartyProvider",
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: Mapping[str, Any] | None = None,
    ) -> None:
        """Raise ImmediateHttpResponse with the page that says so; it is on record, too."""
        del extra_context
        problem = FAILED
        if isinstance(exception, requests.RequestException):
            problem = AWAY
        elif error == AuthError.CANCELLED:
            problem = CANCELLED
        row = Provider.objects.select_related("party").filter(slug=provider.app.provider_id).first()
        party = None if row is None else row.party.name
        detail = f"provider {provider.app.provider_id}: {problem}"
        record_attempt("", ActKind.SIGN_IN_FAILED, detail, party=party)
        raise ImmediateHttpResponse(refusal_page(request, problem))


class PartyAdapter(OpenIDConnectOAuth2Adapter):
    """One sign-in by a provider. ``nonce`` is what it was asked to repeat."""

    nonce: str | None = None

    def get_provider(self) -> "PartyProvider":
        """Return the provider. Raises SocialApp.DoesNotExist."""
        if not hasattr(self, "_provider"):
            self._provider = get_adapter(self.request).get_provider(self.request, self.provider_id)
        provider: PartyProvider = self._provider
        return provider

    @property
    def openid_config(self) -> Mapping[str, Any]:
        """What the provider says of itself. Raises OAuth2Error, requests.RequestException."""
        return _configuration(self.get_provider().app.settings["server_url"])

    def parse_token(self, data: Mapping[str, Any]) -> SocialToken:
        """Return the access token: it is used at once or never, so its end does not matter."""
        return SocialToken(token=str(data["access_token"]))

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **answer: Any
    ) -> SocialLogin:
        """Return whom the provider says it is. Raises OAuth2Error, requests.RequestException."""
        id_token = answer["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("there is no ID token")
        claims = self._verified(id_token, app.client_id)
        provider = self.get_provider()
        wanted = {app.settings["role_claim"], app.settings["email_claim"]}
        if not wanted <= set(claims) and "userinfo_endpoint" in self.openid_config:
            told = self._fetch_user_info(token.token)
            if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
                raise OAuth2Error("the user information is somebody else's")
            claims = told | claims
        login = provider.sociallogin_from_response(request, {"id_token": {"sub": claims["sub"]}})
        login.firmtrack_claims = claims
        return login

    def _verified(self, id_token: str, client_id: str) -> dict[str, Any]:
        """Return the claims of an ID token: OpenID Connect Core 1.0, 3.1.3.7."""
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.openid_config["jwks_uri"])
            answer.raise_for_status()
            key_set = answer.json()
        try:
            claims = _decoded(id_token, key_set, client_id, self.openid_config["issuer"])
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise OAuth2Error("the ID token is not good") from error
        nonce = claims.get("nonce")
        if not self.nonce or not hmac.compare_digest(str(nonce).encode(), self.nonce.encode()):
            raise OAuth2Error("the ID token answers another question")
        is_ours_alone = claims["aud"] in (client_id, [client_id])
        if claims.get("azp", client_id if is_ours_alone else None) != client_id:
            raise OAuth2Error("the ID token is for another client")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 1 <= len(subject) <= LARGEST_SUBJECT:
            raise OAuth2Error("the subject is too long")
        return claims


class PartyProvider(OpenIDConnectProvider):
    """A party's provider. Each sign-in has a nonce besides its state and proof key (PKCE)."""

    oauth2_adapter_class = PartyAdapter

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, **more: Any
    ) -> HttpResponse:
        """Return the way to the provider. Raises OAuth2Error, requests.RequestException."""
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        response: HttpResponse = super().redirect(
            request, process, next_url, auth_params={"nonce": nonce}, nonce=nonce, **more
        )
        return response

    def serialize(self) -> dict[str, Any]:
        """Return how the provider is found again, once a one-time code was entered."""
        return {"id": self.app.provider_id}

    def extract_extra_data(self, _data: Mapping[str, Any]) -> dict[str, Any]:
        """Return that nothing of what the provider tells is kept."""
        return {}


class _Transport(BaseAdapter):
    """Carries requests by the caller that judges addresses and ends in time."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Return the answer. Raises requests.ConnectionError."""
        may_be_private = settings.ENVIRONMENT.provider_private_addresses
        url = request.url or ""
        content = request.body or b""
        content = content.encode() if isinstance(content, str) else content
        assert isinstance(content, bytes), "nothing is streamed to a provider"
        headers = {name: str(value) for name, value in request.headers.items()}
        headers = headers | {"Accept-Encoding": "identity"}
        headers.pop("Content-Length", None)
        if not _calls.acquire(blocking=False):
            raise requests.ConnectionError("too many calls to providers are under way")
        caller = Caller(may_be_private=may_be_private, call_seconds=CALL_SECONDS)
        try:
            check_address(url, may_be_private=may_be_private)
            fetched = caller.fetch(
                request.method or "GET", url, headers, content, most_bytes=_MOST_BYTES
            )
        except (UnfitAddress, FetchFailed) as failed:
            raise requests.ConnectionError(str(failed)) from failed
        finally:
            caller.close()
            _calls.release()
        answer = requests.Response()
        answer.status_code, answer.url, answer.request = fetched.status_code, url, request
        answer.headers.update({"Content-Type": "", **fetched.headers})
        answer.raw = BytesIO(fetched.body)
        return answer

    def close(self) -> None:
        """Nothing is kept open."""


def _app_of(provider: Provider) -> SocialApp:
    return SocialApp(
        provider="openid_connect",
        provider_id=provider.slug,
        name=provider.slug,
        client_id=provider.client_id,
        secret=unsealed(provider.client_secret),
        settings={
            "server_url": provider.issuer,
            "oauth_pkce_enabled": True,
            "role_claim": provider.role_claim,
            "email_claim": provider.email_claim,
        },
    )


def _configuration(issuer: str) -> Mapping[str, Any]:
    """Return OpenID Connect Discovery 1.0 of the issuer, which is looked at now and then."""
    key = f"firmtrack.provider.{issuer}"
    known: Mapping[str, Any] | None = cache.get(key)
    if known is not None:
        return known
    with get_adapter().get_requests_session() as session:
        answer = session.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        answer.raise_for_status()
        told = answer.json()
    if not isinstance(told, dict) or told.get("issuer") != issuer:
        raise OAuth2Error("the provider says that it is another issuer")
    may_be_private = settings.ENVIRONMENT.provider_private_addresses
    try:
        for name in _ENDPOINTS:
            check_address(str(told.get(name)), may_be_private=may_be_private)
    except UnfitAddress as unfit:
        raise OAuth2Error(f"{name}: {unfit.problem}") from unfit
    cache.set(key, told, timeout=_CONFIGURATION_SECONDS)
    return told


def _decoded(id_token: str, key_set: dict[str, Any], client_id: str, issuer: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(id_token)
    named = header.get("kid")
    keys = [
        key
        for key in jwt.PyJWKSet.from_dict(key_set).keys
        if named in (None, key.key_id) and key.public_key_use in (None, "sig")
    ]
    if header.get("alg") not in _ALGORITHMS or len(keys) != 1:
        raise OAuth2Error("the ID token is signed by no key that the provider shows")
    claims: dict[str, Any] = jwt.decode(
        id_token,
        keys[0],
        algorithms=[header["alg"]],
        audience=client_id,
        issuer=issuer,
        leeway=_CLOCK_SECONDS,
        options={"require": ["exp", "iat", "iss", "aud", "sub"]},
    )
    return claims
