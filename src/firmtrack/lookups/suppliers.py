"""Whose a User ID is, in words: told to DCC's staff alone, who help all of them."""

from collections.abc import Iterable, Mapping

from firmtrack.accounts.parties import names_of_user_ids
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.viewer import Viewer


def supplier_names(viewer: Viewer, user_ids: Iterable[Eui64 | None]) -> Mapping[str, str]:
    """Return the party's name of each of the User IDs that is one's, by the ID's text.

    None of them to a viewer who does not see all: who uses this service is nobody else's business.
    """
    if not viewer.sees_all:
        return {}
    return names_of_user_ids({each for each in user_ids if each is not None})
