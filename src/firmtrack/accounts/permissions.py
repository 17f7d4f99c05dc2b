"""What people may do besides looking up: one table of permissions, by role."""

from collections.abc import Mapping
from enum import StrEnum

from firmtrack.accounts.kinds import PartyKind, Role, TokenScope


class Permission(StrEnum):
    """Something that not everyone who signs in may do. It is always of their own party."""

    MANAGE_NOTICES = "manage_notices"
    """Add, change, test and remove endpoints, and have notices sent again."""
    NOTE_CAUSES = "note_causes"
    """Note something about what failures have in common."""
    MANAGE_PEOPLE = "manage_people"
    """Invite people, disable them, change their role, end their sessions."""
    MANAGE_TOKENS = "manage_tokens"
    """Make and revoke API tokens."""
    READ_AUDIT = "read_audit"
    """See what their party's people and tokens looked up and did."""
    READ_EVERY_AUDIT = "read_every_audit"
    """See that of all parties."""


_ADMINISTRATION = frozenset(
    {
        Permission.MANAGE_NOTICES,
        Permission.NOTE_CAUSES,
        Permission.MANAGE_PEOPLE,
        Permission.MANAGE_TOKENS,
        Permission.READ_AUDIT,
    }
)

PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: frozenset(),
    Role.PARTY_ADMINISTRATOR: _ADMINISTRATION,
    Role.DCC_DESK: frozenset(),
    Role.DCC_ADMINISTRATOR: _ADMINISTRATION | {Permission.READ_EVERY_AUDIT},
}

_OF_SUPPLIERS = (Role.VIEWER, Role.PARTY_ADMINISTRATOR)
ROLES: Mapping[PartyKind, tuple[Role, Role]] = {
    PartyKind.LARGE_SUPPLIER: _OF_SUPPLIERS,
    PartyKind.SMALL_SUPPLIER: _OF_SUPPLIERS,
    PartyKind.DCC: (Role.DCC_DESK, Role.DCC_ADMINISTRATOR),
}
"""The roles of a party's people, by its kind: the usual one, and its administrators'."""


_OF_PARTIES = (TokenScope.READ, TokenScope.INTAKE)
SCOPES: Mapping[PartyKind, tuple[TokenScope, ...]] = {
    PartyKind.LARGE_SUPPLIER: _OF_PARTIES,
    PartyKind.SMALL_SUPPLIER: _OF_PARTIES,
    PartyKind.DCC: tuple(TokenScope),
}
"""What tokens a party's administrators may make, by its kind. An operator may make any."""

ADMINISTRATORS = frozenset(
    role for role, permitted in PERMISSIONS.items() if Permission.MANAGE_PEOPLE in permitted
)
"""The roles without one of which a party has nobody to look after its people."""


def may(role: Role, permission: Permission) -> bool:
    """Return whether people of this role may do that."""
    return permission in PERMISSIONS[role]


def is_demotion(before: Role, after: Role) -> bool:
    """Return whether somebody who had one role may do less in the other."""
    return not PERMISSIONS[before] <= PERMISSIONS[after]
