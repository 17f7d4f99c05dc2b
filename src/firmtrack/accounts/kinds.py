"""The kinds of party and the scopes of tokens; importable without Django."""

from enum import StrEnum


class PartyKind(StrEnum):
    """What a party is, which decides what it sees."""

    LARGE_SUPPLIER = "large_supplier"
    SMALL_SUPPLIER = "small_supplier"
    DCC = "dcc"


class TokenScope(StrEnum):
    """What an API token may be used for."""

    READ = "read"
    """Look up requests and devices."""
    INTAKE = "intake"
    """Submit messages."""
    METRICS = "metrics"
    """Read how the server fares."""
