"""A party's own endpoints: adding, choosing topics, testing, rotating the secret, removing."""

from collections.abc import Callable, Mapping

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from firmtrack.accounts.models import User
from firmtrack.accounts.permissions import Permission
from firmtrack.accounts.viewers import owner_of
from firmtrack.answers.notices import EndpointAnswer
from firmtrack.domain.topics import TOPICS
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.notices import find_endpoint
from firmtrack.notices import endpoints
from firmtrack.notices.addresses import UnfitAddress
from firmtrack.notices.channel import ChannelUnusable
from firmtrack.notices.channels import channel_named
from firmtrack.presentation.topics import TOPIC_NAMES
from firmtrack.web.news import leave_news, take_news
from firmtrack.web.notices_forms import EndpointForm, TopicsForm
from firmtrack.web.permissions import needs, person_may, person_of

_LARGEST_ID = 2**63 - 1
_ABOUT_SECRET = "Its secret, by which your receiver knows that a call is Firmtrack’s:"  # noqa: S105  # words
_REFUSALS: Mapping[type[Exception], str] = {
    endpoints.NothingToTell: "Your organisation has no User ID, so that there is nothing to tell",
    endpoints.TooManyEndpoints: f"You have {endpoints.MOST_ENDPOINTS} endpoints, which is as many"
    " as an organisation may have: remove one first",
}


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_NOTICES)
def new_endpoint(request: HttpRequest) -> HttpResponse:
    """Return the form of a new endpoint; once it is added, lead to its page."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    made = _add(person_of(request), form) if form.is_valid() else None
    if made is not None:
        sentence = f"Endpoint {made.endpoint_id} was added."
        leave_news(request, sentence, secret=made.secret, about_secret=_ABOUT_SECRET)
        return redirect("endpoint", made.endpoint_id)
    context = {"form": form}
    return render(request, "firmtrack/notices-new.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_NOTICES, to_look=False)
def endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Return an endpoint's page, from which it is managed by whoever may.

    A POST does what its ``action`` names, and leads to where that shows.
    """
    owner, found = _found(request, endpoint_id)
    if request.method == "POST":
        act = _ACTIONS.get(request.POST.get("action", ""))
        if act is None:
            raise BadRequest
        try:
            return act(request, owner, found)
        except endpoints.UnknownEndpoint:
            raise Http404 from None
        except (endpoints.NoSecret, endpoints.NotForTesting):
            raise BadRequest from None
    context = {
        "found": found,
        "topics": [TOPIC_NAMES[topic.name] for topic in TOPICS if topic.name in found.topics],
        "overlap_seconds": endpoints.SECRETS_OVERLAP.total_seconds(),
        "may_manage": person_may(request.user, Permission.MANAGE_NOTICES),
        "news": take_news(request),
    }
    return render(request, "firmtrack/notices-endpoint.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_NOTICES)
def endpoint_topics(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Return the form of an endpoint's topics; once they are chosen, lead to its page."""
    owner, found = _found(request, endpoint_id)
    form = TopicsForm(
        request.POST if request.method == "POST" else None, initial={"topics": found.topics}
    )
    if form.is_valid():
        try:
            endpoints.choose_topics(owner, endpoint_id, form.cleaned_data["topics"])
        except endpoints.UnknownEndpoint:
            raise Http404 from None
        leave_news(request, f"Endpoint {endpoint_id} now hears about what you chose.")
        return redirect("endpoint", endpoint_id)
    context = {"form": form, "found": found}
    return render(request, "firmtrack/notices-topics.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Permission.MANAGE_NOTICES)
def remove_endpoint(request: HttpRequest, endpoint_id: int) -> HttpResponse:
    """Return the page that asks whether to remove an endpoint; once removed, lead to the others."""
    owner, found = _found(request, endpoint_id)
    if request.method != "POST":
        return render(request, "firmtrack/notices-remove.html", {"found": found})
    try:
        endpoints.remove_endpoint(owner, endpoint_id)
    except endpoints.UnknownEndpoint:
        raise Http404 from None
    leave_news(request, f"Endpoint {endpoint_id} was removed.")
    return redirect("notices")


def _found(request: HttpRequest, endpoint_id: int) -> tuple[Viewer, EndpointAnswer]:
    """Return who manages the endpoint, and the endpoint. Raises Http404 if it is not theirs."""
    owner = owner_of(person_of(request))
    found = None if endpoint_id > _LARGEST_ID else find_endpoint(owner, endpoint_id)
    if found is None:
        raise Http404
    return owner, found


def _add(person: User, form: EndpointForm) -> endpoints.NewEndpoint | None:
    """Return the new endpoint; None if it was refused, which the form then says."""
    wanted = form.cleaned_data
    try:
        return endpoints.add_endpoint(
            person.party,
            channel_named(wanted["channel"]),
            wanted["address"],
            wanted["topics"],
            actor=person.email,
        )
    except UnfitAddress as refusal:
        form.add_error("address", f"The address {refusal.problem}")
    except ChannelUnusable as refusal:
        form.add_error(None, refusal.sentence)
    except tuple(_REFUSALS) as refusal:
        form.add_error(None, _REFUSALS[type(refusal)])
    return None


def _status(form: TopicsForm) -> int:
    return 400 if form.errors else 200


def _test(request: HttpRequest, owner: Viewer, found: EndpointAnswer) -> HttpResponse:
    endpoints.test_endpoint(owner, found.endpoint_id)
    sentence = f"A test is to be sent to endpoint {found.endpoint_id}: see what comes of it below."
    leave_news(request, sentence)
    return redirect("notices")


def _rotate(request: HttpRequest, owner: Viewer, found: EndpointAnswer) -> HttpResponse:
    # The button pressed twice would end the secret that the receiver still has: the second time
    # comes from a page that does not know of the first.
    if request.POST.get("seen", "") == str(found.earlier_secret_until or ""):
        secret = endpoints.rotate_secret(owner, found.endpoint_id)
        sentence = f"Endpoint {found.endpoint_id} has a new secret."
        leave_news(request, sentence, secret=secret, about_secret=_ABOUT_SECRET)
    return redirect("endpoint", found.endpoint_id)


def _enable(request: HttpRequest, owner: Viewer, found: EndpointAnswer) -> HttpResponse:
    endpoints.enable_endpoint(owner, found.endpoint_id)
    leave_news(request, f"Endpoint {found.endpoint_id} is on again.")
    return redirect("endpoint", found.endpoint_id)


_ACTIONS: Mapping[str, Callable[[HttpRequest, Viewer, EndpointAnswer], HttpResponse]] = {
    "test": _test,
    "rotate": _rotate,
    "enable": _enable,
}
