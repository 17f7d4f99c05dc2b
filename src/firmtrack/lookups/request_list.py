"""The look-up of the viewer's requests, newest first, and how each stands."""

from dataclasses import replace

from firmtrack.accounts.parties import suppliers
from firmtrack.answers.performance import start_of
from firmtrack.answers.request_lists import RequestFilter, RequestList, RequestPlace
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.known_from import Kind, known_from
from firmtrack.store.audit import record_lookup
from firmtrack.store.reports import request_lists


def list_requests(
    viewer: Viewer,
    wanted: RequestFilter,
    *,
    limit: int,
    below: RequestPlace | None = None,
    above: RequestPlace | None = None,
) -> RequestList:
    """Return up to ``limit`` of the viewer's wanted requests, newest first; DCC's staff see all.

    Those next ``below`` a place, or next ``above`` it, or the newest. Who sees those of all parties
    is told whose each is; and everyone, from when on updates are kept.
    """
    found = request_lists.list_requests(viewer, wanted, limit=limit, below=below, above=above)
    if viewer.sees_all and found.items:
        names = suppliers()
        items = [replace(each, party=names.get(each.request_id.originator)) for each in found.items]
        found = replace(found, items=items)
    record_lookup(viewer, "service_requests", wanted.term, len(found.items))
    kept_from = known_from(Kind.FACTS)
    first = wanted.submitted_from
    if kept_from is None or (first is not None and start_of(first) >= kept_from):
        return found
    return replace(found, kept_from=kept_from)
