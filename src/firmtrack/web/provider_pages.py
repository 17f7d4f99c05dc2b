"""The pages around signing in by one's organisation: which it is, going there, coming back.

No page lists the organisations: who knows the name of theirs finds it. A form may lead to our own
pages only (the policy of all pages says so), so the way to a provider is a link.
"""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_http_methods, require_safe
from requests import RequestException

from firmtrack.accounts.models import Provider
from firmtrack.accounts.sealing import SealBroken
from firmtrack.web.providers import AWAY, FAILED, PartyAdapter, refusal_page

_UNKNOWN = "Enter the name that your organisation was given for signing in"


@require_http_methods(["GET", "HEAD", "POST"])
def organisation(request: HttpRequest) -> HttpResponse:
    """Return the page that asks which organisation; once it is known, lead to its page."""
    name = request.POST.get("name", "").strip().lower()
    errors = {}
    if request.method == "POST":
        if _exists(name):
            return redirect(_with_next(request, reverse("provider", args=[name])))
        errors = {"name": [_UNKNOWN]}
    context = {"errors": errors, "name": name, "next_page": get_next_redirect_url(request)}
    status = 400 if errors else 200
    return render(request, "firmtrack/sign-in-organisation.html", context, status=status)


@require_safe
def provider(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the page of an organisation's way in, which can be bookmarked."""
    if not _exists(slug):
        raise Http404
    begin_address = _with_next(request, reverse("provider-begin", args=[slug]))
    return render(request, "firmtrack/sign-in-provider.html", {"begin_address": begin_address})


@require_GET
def begin(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead to the organisation's provider."""
    if request.user.is_authenticated:
        return redirect(get_next_redirect_url(request) or "firmware-distribution")
    try:
        found = get_adapter(request).get_provider(request, slug)
        next_page = get_next_redirect_url(request)
        response: HttpResponse = found.redirect(request, "login", next_page)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (OAuth2Error, SealBroken):
        return refusal_page(request, FAILED)
    except RequestException:
        return refusal_page(request, AWAY)
    return response


@require_GET
def come_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Sign in whom the provider says it is, and lead on."""
    try:
        response: HttpResponse = _Return.adapter_view(PartyAdapter(request, provider_id))(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (OAuth2Error, SealBroken):
        return refusal_page(request, FAILED)
    except RequestException:
        return refusal_page(request, AWAY)
    return response


class _Return(OAuth2CallbackView):
    def _get_state(self, request: HttpRequest, provider: Any) -> Any:
        """Return what was kept when it began, and the answer if that was nothing."""
        state, response = super()._get_state(request, provider)
        if state is not None:
            self.adapter.nonce = state.get("nonce")
        # RFC 9207: who answers says who it is.
        told = request.GET.get("iss")
        if told is not None and told != provider.app.settings["server_url"]:
            raise OAuth2Error("another issuer answered")
        return state, response


def _exists(slug: str) -> bool:
    return "\0" not in slug and Provider.objects.filter(slug=slug).exists()


def _with_next(request: HttpRequest, address: str) -> str:
    next_page = get_next_redirect_url(request)
    return f"{address}?{urlencode({'next': next_page})}" if next_page else address
