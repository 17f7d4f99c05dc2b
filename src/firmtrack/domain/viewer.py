"""Who asks: every read takes a viewer, and shows it only what is its own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from firmtrack.domain.identifiers import Eui64, RequestId


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone who may see the requests of some User IDs, or, as DCC's staff do, of all.

    ``name`` is how the audit names whoever asks, and ``party`` whose they are, None for an
    operator. ``sees_others_updates``: of a device whose Responsible Supplier it is, it also sees
    how far other parties' updates are, but not whose.
    """

    name: str
    user_ids: frozenset[Eui64]
    sees_all: bool = False
    sees_others_updates: bool = False
    party: str | None = None

    @classmethod
    def of_user_ids(
        cls,
        name: str,
        user_ids: Iterable[Eui64],
        *,
        sees_others_updates: bool = False,
        party: str | None = None,
    ) -> Self:
        """Return a viewer that sees the requests that these User IDs originated."""
        return cls(name, frozenset(user_ids), sees_others_updates=sees_others_updates, party=party)

    @classmethod
    def of_dcc(cls, name: str, *, party: str | None = None) -> Self:
        """Return a viewer that sees every request."""
        return cls(name, frozenset(), sees_all=True, party=party)

    def may_see(self, request_id: RequestId) -> bool:
        """Return whether the request is this viewer's to see."""
        return self.is_party_to(request_id.originator)

    def is_party_to(self, user_id: Eui64 | None) -> bool:
        """Return whether a message that ``user_id`` sent, or was sent, is this viewer's."""
        return self.sees_all or user_id in self.user_ids
