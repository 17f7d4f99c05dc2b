"""The kinds of party, the roles of people and the scopes of tokens; importable without Django."""

from enum import StrEnum


class PartyKind(StrEnum):
    """What a party is, which decides what it sees."""

    LARGE_SUPPLIER = "large_supplier"
    SMALL_SUPPLIER = "small_supplier"
    DCC = "dcc"


class Role(StrEnum):
    """What a person is in their party, which decides what they may do there."""

    VIEWER = "viewer"
    PARTY_ADMINISTRATOR = "party_administrator"
    DCC_DESK = "dcc_desk"
    DCC_ADMINISTRATOR = "dcc_administrator"


class TokenScope(StrEnum):
    """What an API token may be used for."""

    READ = "read"
    """Look up requests and devices."""
    INTAKE = "intake"
    """Submit messages."""
    METRICS = "metrics"
    """Read how the server fares."""
