"""The look-up of one Service Request: how its distributions stand, a page of them, or all."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from firmtrack.answers.requests import (
    DistributionAnswer,
    DistributionFilter,
    DistributionPage,
    PaceCounts,
    RequestAnswer,
)
from firmtrack.answers.side_parts import UNTOLD, Untold, side_part
from firmtrack.diagnosis.requests import slower_stages
from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId
from firmtrack.domain.stages import CompletionStatus
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.versions import held_by_nobody, version_of
from firmtrack.presentation.files import FileFormat, distributions_file
from firmtrack.store.audit import record_lookup
from firmtrack.store.reading import requests
from firmtrack.store.reading.messages import response_ids_of_request

_Found = TypeVar("_Found")
_NO_ROWS = DistributionPage(items=(), last_device_id=None)
_ANSWERS_TOLD = 5
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRequest:
    """A request as its viewer sees it at ``as_of``, None for now.

    ``paces`` are how many of its distributions wait how long, none if none is in progress;
    ``slower`` is what is said of the request's own pace, nothing of the past. ``version`` changes
    whenever its counts do, and tells nobody else anything; None of the past.
    """

    request: RequestAnswer
    as_of: Settled | None
    paces: PaceCounts | Untold
    slower: Sequence[str]
    version: str | None

    @property
    def is_under_way(self) -> bool:
        """Whether a distribution of the request is in progress."""
        return is_under_way(self.request)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPage:
    """A found request with some of its distributions; only those by pace may be untold.

    ``response_ids`` are DCC's own IDs of its answers to the request, the latest first.
    """

    found: FoundRequest
    distributions: DistributionPage | Untold
    response_ids: tuple[ResponseId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestListing:
    """A found request and its wanted distributions, read as they are asked for.

    By Device ID ascending; ``rows`` of them, of ``wanted`` as they were counted when it began.
    """

    found: FoundRequest
    wanted: int
    rows: int
    distributions: Iterator[DistributionAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """All wanted distributions of a request as a file: ``rows`` of them when it began."""

    rows: int
    blocks: Iterator[bytes]


def find_request(
    viewer: Viewer,
    request_id: RequestId,
    *,
    as_of: Settled | None = None,
    is_held: Callable[[RequestAnswer], bool] = held_by_nobody,
) -> RequestAnswer | None:
    """Return the request, None if it is unknown or someone else's.

    What is found and ``is_held`` by the viewer as it is shows nothing, so it is not audited.
    """
    found = requests.find_request(viewer, request_id, as_of=as_of)
    if found is not None and is_held(found):
        return found
    _audit(viewer, "service_request", request_id, 0 if found is None else 1, as_of)
    return found


def open_request_listing(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int | None = None,
    as_of: Settled | None = None,
) -> RequestListing | None:
    """Return the request and all its wanted distributions, or the first ``limit`` of them.

    Audited before the first of them leaves. None if the request is unknown.
    """
    found = requests.find_request(viewer, request_id, as_of=as_of)
    if found is None:
        _audit(viewer, "service_request", request_id, 0, as_of)
        return None
    count = requests.count_wanted(viewer, found, wanted, as_of=as_of)
    rows = count if limit is None else min(count, limit)
    _audit(viewer, "service_request", request_id, rows, as_of)
    return RequestListing(
        found=_found(viewer, found, as_of),
        wanted=count,
        rows=rows,
        distributions=islice(_all(viewer, request_id, wanted, limit, as_of), limit),
    )


def open_request_page(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int,
    after: Eui64 | None = None,
    before: Eui64 | None = None,
    as_of: Settled | None = None,
) -> RequestPage | None:
    """Return the request and up to ``limit`` of its distributions; None if it is unknown.

    Those above ``after``, or those just below ``before``, which is asked for instead.
    """
    found = requests.find_request(viewer, request_id, as_of=as_of)
    listed: DistributionPage | Untold = _NO_ROWS
    if found is not None:
        listed = _list(viewer, request_id, wanted, limit, after, before, as_of)
    rows = 0 if listed is UNTOLD else len(listed.items)
    _audit(viewer, "service_request", request_id, rows, as_of)
    if found is None:
        return None
    return RequestPage(
        found=_found(viewer, found, as_of),
        distributions=listed,
        response_ids=response_ids_of_request(viewer, request_id, as_of=as_of, limit=_ANSWERS_TOLD),
    )


def refresh_request_page(
    viewer: Viewer, request_id: RequestId, version: str | None
) -> FoundRequest | str | None:
    """Return the request if its counts are no more of this version, or else the version.

    To ask shows nothing, so it is not audited; what has changed is a look-up. None if unknown.
    """
    found = requests.find_request(viewer, request_id)
    current = None if found is None else _version(viewer, found)
    if current is not None and current == version:
        return current
    _audit(viewer, "service_request", request_id, 0 if found is None else 1, None)
    return None if found is None else _found(viewer, found, None)


def list_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    limit: int,
    after: Eui64 | None = None,
    as_of: Settled | None = None,
    is_held: Callable[[DistributionPage], bool] = held_by_nobody,
) -> DistributionPage | Untold | None:
    """Return up to ``limit`` of the request's distributions above ``after``; None if unknown.

    Only what is wanted by pace may be untold. A page that has any, and ``is_held`` by the viewer
    as it is, shows nothing, so it is not audited.
    """
    listed = _list(viewer, request_id, wanted, limit, after, None, as_of)
    if listed is not UNTOLD and listed.items and is_held(listed):
        return listed
    rows = 0 if listed is UNTOLD else len(listed.items)
    _audit(viewer, "distributions", request_id, rows, as_of)
    # An empty page is all that a request answers whose distributions fit no filter, too.
    if rows or requests.find_request(viewer, request_id, as_of=as_of) is not None:
        return listed
    return None


def download_distributions(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    *,
    file_format: FileFormat = FileFormat.CSV,
    as_of: Settled | None = None,
) -> Download | Untold | None:
    """Return a file of the request's wanted distributions, audited before its first row leaves.

    None if the request is unknown. Only what is wanted by pace may be untold.
    """
    found = requests.find_request(viewer, request_id, as_of=as_of)
    if found is None:
        _audit(viewer, f"distributions_{file_format}", request_id, 0, as_of)
        return None
    request = found
    rows = _by_pace(wanted, lambda: requests.count_wanted(viewer, request, wanted, as_of=as_of))
    _audit(viewer, f"distributions_{file_format}", request_id, 0 if rows is UNTOLD else rows, as_of)
    if rows is UNTOLD:
        return UNTOLD
    blocks = distributions_file(viewer, request_id, wanted, file_format, as_of=as_of)
    return Download(rows=rows, blocks=blocks)


def is_under_way(request: RequestAnswer) -> bool:
    """Return whether a distribution of the request is in progress."""
    return CompletionStatus.IN_PROGRESS in request.completion_counts


def _found(viewer: Viewer, request: RequestAnswer, as_of: Settled | None) -> FoundRequest:
    paces: PaceCounts | Untold = {}
    if is_under_way(request):
        paces = side_part(
            "paces", lambda: requests.count_paces(viewer, request.request_id, as_of=as_of)
        )
    slower: Sequence[str] | Untold = ()
    if as_of is None:
        slower = side_part("the request's pace", lambda: slower_stages(viewer, request))
    return FoundRequest(
        request=request,
        as_of=as_of,
        paces=paces,
        slower=() if slower is UNTOLD else slower,
        version=None if as_of else _version(viewer, request),
    )


def _list(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    limit: int,
    after: Eui64 | None,
    before: Eui64 | None,
    as_of: Settled | None,
) -> DistributionPage | Untold:
    return _by_pace(
        wanted,
        lambda: requests.list_distributions(
            viewer, request_id, wanted, limit=limit, after=after, before=before, as_of=as_of
        ),
    )


def _all(
    viewer: Viewer,
    request_id: RequestId,
    wanted: DistributionFilter,
    limit: int | None,
    as_of: Settled | None,
) -> Iterator[DistributionAnswer]:
    at_once = _AT_ONCE if limit is None else min(limit, _AT_ONCE)
    after = None
    while True:
        page = requests.list_distributions(
            viewer, request_id, wanted, limit=at_once, after=after, as_of=as_of
        )
        yield from page.items
        after = page.last_device_id
        if after is None:
            return


def _by_pace(wanted: DistributionFilter, tell: Callable[[], _Found]) -> _Found | Untold:
    """Return what ``tell`` returns; as a side part if a pace is wanted."""
    return tell() if wanted.pace is None else side_part("distributions by pace", tell)


def _version(viewer: Viewer, request: RequestAnswer) -> str:
    counts = (request.status_counts, request.failure_counts, request.statement_count)
    return version_of(viewer, counts)


def _audit(
    viewer: Viewer, kind: str, request_id: RequestId, rows: int, as_of: Settled | None
) -> None:
    record_lookup(viewer, kind, str(request_id), rows, as_of=as_of)
