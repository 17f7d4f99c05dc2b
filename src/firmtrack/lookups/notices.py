"""The look-ups of notices: what a party was sent, and where."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from firmtrack.answers.notices import EndpointAnswer, NoticePage
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.known_from import Kind, known_from
from firmtrack.notices import queries
from firmtrack.notices.signs_of_life import are_held_up
from firmtrack.store.audit import record_lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticesPage:
    """Some notices, newest first, with the endpoints that the viewer sees and those it manages.

    ``are_held_up`` is whether any wait, and nothing runs that would send them. ``kept_from`` is
    from when on all are kept, None if none ever went.
    """

    notices: NoticePage
    endpoints: list[EndpointAnswer]
    own: list[EndpointAnswer]
    are_held_up: bool
    kept_from: datetime | None


def list_notices(
    viewer: Viewer, *, limit: int, state: str | None = None, before: int | None = None
) -> NoticePage:
    """Return up to ``limit`` of the party's notices, newest first, older than ``before``.

    ``state`` is waiting, delivered or dead; None is all.
    """
    page = queries.list_notices(viewer, limit=limit, state=state, before=before)
    record_lookup(viewer, "notices", state or "", len(page.items))
    return page


def open_notices_page(
    viewer: Viewer,
    owner: Viewer,
    *,
    limit: int,
    state: str | None,
    before: int | None,
    incident_id: UUID | None = None,
) -> NoticesPage:
    """Return some notices that ``viewer`` sees, its endpoints, and those that ``owner`` manages.

    Each endpoint's newest notice of an incident stands for all of it, unless the notices of one
    incident or in one state are asked for.
    """
    is_folded = state is None and incident_id is None
    page = queries.list_notices(
        viewer,
        limit=limit,
        state=state,
        before=before,
        incident_id=incident_id,
        is_folded=is_folded,
    )
    about = state or ("" if incident_id is None else f"incident {incident_id}")
    record_lookup(viewer, "notices", about, len(page.items))
    endpoints = queries.list_endpoints(viewer)
    own = queries.list_endpoints(owner) if viewer.sees_all else endpoints
    return NoticesPage(
        notices=page,
        endpoints=endpoints,
        own=own,
        are_held_up=are_held_up(viewer),
        kept_from=notices_known_from(),
    )


def notices_known_from() -> datetime | None:
    """Return from when on notices are all kept, None if none ever went."""
    return known_from(Kind.NOTICES)


def find_endpoint(viewer: Viewer, endpoint_id: int) -> EndpointAnswer | None:
    """Return one endpoint of the party's, None if it is unknown, removed, or someone else's."""
    found = queries.find_endpoint(viewer, endpoint_id)
    record_lookup(viewer, "endpoint", str(endpoint_id), 0 if found is None else 1)
    return found


def list_endpoints(viewer: Viewer) -> list[EndpointAnswer]:
    """Return the endpoints of the viewer's party, removed ones left out, in order of making."""
    found = queries.list_endpoints(viewer)
    record_lookup(viewer, "endpoints", "", len(found))
    return found
