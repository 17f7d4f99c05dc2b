"""The look-up of the audit: who looked up or did what. To read it is a look-up as well."""

from collections.abc import Iterator
from datetime import datetime

from firmtrack.answers.audit import AuditEntry, AuditFilter, AuditPage, AuditPlace
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.known_from import Kind, known_from
from firmtrack.store.audit import record_lookup
from firmtrack.store.reading import audit

_PORTION = 2_000


def read_audit(
    viewer: Viewer, wanted: AuditFilter, *, limit: int, before: AuditPlace | None = None
) -> AuditPage:
    """Return up to ``limit`` wanted entries of what the viewer's party did, newest first.

    Whoever sees all sees every party's, and operators'. So much is looked at as is done in a
    moment: a page may be short, or empty, and still be followed by another.
    """
    page = audit.list_audit(viewer, wanted, limit=limit, before=before)
    record_lookup(viewer, "audit", _term(wanted), len(page.entries))
    return page


def find_audit(viewer: Viewer, wanted: AuditFilter, *, limit: int) -> list[AuditEntry]:
    """Return the newest ``limit`` wanted entries, however far back they are."""
    found: list[AuditEntry] = []
    page = read_audit(viewer, wanted, limit=limit)
    found += page.entries
    while page.before is not None and len(found) < limit:
        page = audit.list_audit(viewer, wanted, limit=limit - len(found), before=page.before)
        found += page.entries
    return found


def download_audit(viewer: Viewer, wanted: AuditFilter) -> Iterator[AuditEntry]:
    """Yield all wanted entries, newest first. The first portion is read before this returns.

    Each portion is recorded as a look-up of its own before it leaves.
    """

    def portion(before: AuditPlace | None) -> AuditPage:
        page = audit.list_audit(viewer, wanted, limit=_PORTION, before=before)
        record_lookup(viewer, "audit_csv", _term(wanted), len(page.entries))
        return page

    def entries(page: AuditPage) -> Iterator[AuditEntry]:
        yield from page.entries
        while page.before is not None:
            page = portion(page.before)
            yield from page.entries

    return entries(portion(None))


def audit_known_from() -> datetime | None:
    """Return from when on both look-ups and acts are all kept, None if none ever went."""
    found = [at for kind in (Kind.LOOKUPS, Kind.ACTS) if (at := known_from(kind)) is not None]
    return max(found, default=None)


def _term(wanted: AuditFilter) -> str:
    said = (
        ("party", wanted.party),
        ("who", wanted.who),
        ("kinds", ",".join(sorted(wanted.kinds))),
        ("since", _day(wanted.since)),
        ("until", _day(wanted.until)),
    )
    return " ".join(f"{name}={value}" for name, value in said if value)


def _day(at: datetime | None) -> str:
    return "" if at is None else at.isoformat()
