"""The words for accounts that pages share: roles, what they may do, states, scopes."""

from collections.abc import Mapping

from firmtrack.accounts.kinds import Role, TokenScope
from firmtrack.accounts.people import PersonState
from firmtrack.accounts.permissions import Permission

ROLE_NAMES: Mapping[Role, str] = {
    Role.VIEWER: "Viewer",
    Role.PARTY_ADMINISTRATOR: "Party administrator",
    Role.DCC_DESK: "DCC desk",
    Role.DCC_ADMINISTRATOR: "DCC administrator",
}

PERMISSION_NAMES: Mapping[Permission, str] = {
    Permission.MANAGE_NOTICES: "Choose where notices go, and have them sent again",
    Permission.NOTE_CAUSES: "Note something about a cause",
    Permission.MANAGE_PEOPLE: "Invite people, disable them, change their role",
    Permission.MANAGE_TOKENS: "Make and revoke API tokens",
    Permission.READ_AUDIT: "Read the organisation’s audit",
    Permission.READ_EVERY_AUDIT: "Read the audit of all organisations",
}

STATE_NAMES: Mapping[PersonState, str] = {
    PersonState.ACTIVE: "Active",
    PersonState.INVITED: "Invited",
    PersonState.DISABLED: "Disabled",
}

SCOPE_NAMES: Mapping[TokenScope, str] = {
    TokenScope.READ: "Look up requests and devices",
    TokenScope.INTAKE: "Hand in messages",
    TokenScope.METRICS: "Read how the server fares",
}
