"""The demonstration's own pages: its sign-in page, and those of its receiver of notices.

Of the receiver's one takes calls, one shows a party what arrived.
"""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from firmtrack.demonstration import notes, trying
from firmtrack.demonstration.cast import CAST
from firmtrack.demonstration.receiver import CALLS_KEPT, list_calls, take
from firmtrack.presentation.topics import TOPIC_NAMES
from firmtrack.web import sign_in
from firmtrack.web.status import viewer_in

_NAMES = {f"firmtrack.{topic}.v1": name for topic, name in TOPIC_NAMES.items()}


def receiver_link(_: HttpRequest) -> dict[str, str]:
    """Return, for every template, where the receiver's page is."""
    return {"receiver_address": reverse("demonstration-receiver")}


class SignIn(sign_in.SignIn):
    """The sign-in page with the demonstration's accounts and what to try."""

    template_name = "firmtrack/demonstration-sign-in.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return what the page shows."""
        noted = notes.read()
        cast = {person.email: person for person in CAST}
        tries = [(each, cast[each.email]) for each in trying.of(noted)]
        context = super().get_context_data(**kwargs)
        wanted = context.get("redirect_field_value")
        return context | {
            "cast": CAST,
            "password": noted["password"],
            "tries": tries,
            "wanted": next((each.text for each, _ in tries if each.path == wanted), None),
            "lives": notes.began_at(noted) is not None,
        }


@csrf_exempt
@require_POST
def take_call(request: HttpRequest, party_id: int) -> HttpResponse:
    """Take a webhook that is signed for the party; refuse all others."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return HttpResponse(status=204 if take(party_id, headers, request.body) else 401)


@require_safe
@login_required
def receiver(request: HttpRequest) -> HttpResponse:
    """Return the page of what arrived for the party of who is signed in."""
    viewer = viewer_in(request)
    context = {
        "calls": list_calls(viewer),
        "type_names": _NAMES,
        "kept": CALLS_KEPT,
        "sees_all": viewer.sees_all,
    }
    return render(request, "firmtrack/receiver.html", context)
