"""A recorded message on a page of its own, and as a file."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from firmtrack.lookups.known_from import Kind, known_from
from firmtrack.lookups.message import download_message, find_message
from firmtrack.presentation import messages
from firmtrack.presentation.known_from import messages_text
from firmtrack.web.status import viewer_in


@require_safe
@login_required
def message(request: HttpRequest, message_id: str) -> HttpResponse:
    """Return what a message says, decoded, and its text."""
    found_id = _read_id(message_id)
    if found_id is None:
        return _not_found(request, message_id)
    if str(found_id) != message_id:
        return redirect(reverse("message", args=[str(found_id)]), permanent=True)
    found = find_message(viewer_in(request), found_id)
    if found is None:
        return _not_found(request, message_id)
    gbcs = None if found.contents is None else found.contents.gbcs
    context = {
        "found": found,
        "words": messages,
        "facts": messages.facts_of(found)[1:],  # the heading says what it is
        "gbcs": None if gbcs is None else messages.gbcs_facts(gbcs),
        "image": None if found.image is None else messages.image_facts(found.image),
    }
    return render(request, "firmtrack/message.html", context)


@require_safe
@login_required
def message_body(request: HttpRequest, message_id: str) -> HttpResponse:
    """Return all that is kept of a message, as a file."""
    found_id = _read_id(message_id)
    found = None if found_id is None else download_message(viewer_in(request), found_id)
    if found is None:
        return _not_found(request, message_id)
    response = HttpResponse(found.octets, content_type=found.media_type)
    name = f"message-{found_id}.{found.ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _not_found(request: HttpRequest, message_id: str) -> HttpResponse:
    kept_from = known_from(Kind.FACTS)
    context = {
        "term": message_id,
        "not_whole": None if kept_from is None else messages_text(kept_from),
    }
    return render(request, "firmtrack/message-not-found.html", context, status=404)
