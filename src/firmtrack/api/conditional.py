"""Conditional requests: whoever holds an answer as it is now is told so, and nothing else."""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from http import HTTPStatus
from typing import Generic, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags
from msgspec import Struct

from firmtrack.api.responses import JSON, moment_header
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.as_of import Settled
from firmtrack.presentation import documents

_Found = TypeVar("_Found")

_TAG_OCTETS = 16
_ANY = "*"
KEPT_BY_WHO_ASKED = "private, no-cache"
"""What may be done with an answer that has a version: whoever asked may keep it, and asks again."""


class Conditional(Generic[_Found]):
    """The answer to one request, rendered once, and whether whoever asks holds it already.

    Its tag is made of all octets of the answer, and so of whatever they say: facts, words, what the
    clock alone has changed. It is keyed by the viewer and by a secret: to nobody else, and to who
    has not been shown the answer, it says anything. It is weak, since the same answer may leave
    compressed in several ways.
    """

    def __init__(
        self,
        request: HttpRequest,
        viewer: Viewer,
        past: Settled | None,
        document: Callable[[_Found], Struct],
    ) -> None:
        self._held = _tags_in(request)
        self._viewer = viewer
        self._past = past
        self._document = document
        self._body, self._tag = b"", ""

    def is_held(self, found: _Found) -> bool:
        """Return whether whoever asks has been shown just this: they know its tag.

        ``If-None-Match: *`` knows none: its answer says that there is something, and is audited.
        """
        self._render(found)
        return self._tag in self._held

    def response_of(self, found: _Found) -> HttpResponse:
        """Return the answer, or that it has not changed."""
        if not self._tag:
            self._render(found)
        if self._tag in self._held or _ANY in self._held:
            response = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
            del response.headers["Content-Type"]
        else:
            response = HttpResponse(self._body, content_type=JSON)
        for name, value in (moment_header(self._past) | self._headers).items():
            response.headers[name] = value
        return response

    @property
    def _headers(self) -> dict[str, str]:
        return {
            "ETag": f"W/{self._tag}",
            "Cache-Control": KEPT_BY_WHO_ASKED,
            "Vary": "Authorization, Accept-Encoding, Prefer",
        }

    def _render(self, found: _Found) -> None:
        self._body = documents.encode(self._document(found))
        self._tag = _tag_of(self._viewer, self._past, self._body)


def _tags_in(request: HttpRequest) -> frozenset[str]:
    """Return the tags that the header If-None-Match names, for a weak comparison (RFC 9110)."""
    said = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return frozenset(tag.removeprefix("W/") for tag in said)


def _tag_of(viewer: Viewer, past: Settled | None, body: bytes) -> str:
    digest = blake2b(digest_size=_TAG_OCTETS, key=_key(settings.SECRET_KEY))
    digest.update(f"{viewer.name}\0{viewer.party}\0{past}\0".encode())
    digest.update(body)
    return f'"{digest.hexdigest()}"'


@cache
def _key(secret: str) -> bytes:
    return blake2b(secret.encode(), digest_size=32, person=b"entity tags").digest()
