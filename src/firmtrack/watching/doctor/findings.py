"""What a check finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How a thing that was looked at is."""

    OK = "ok"
    WARN = "warn"
    """It works, but somebody should do something."""
    FAIL = "fail"
    """It does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, in one sentence, and what to do about it, empty if nothing."""

    level: Level
    sentence: str
    advice: str = ""


def ok(sentence: str) -> Finding:
    """Return that all is well."""
    return Finding(Level.OK, sentence)


def warn(sentence: str, advice: str) -> Finding:
    """Return that something should be done."""
    return Finding(Level.WARN, sentence, advice)


def fail(sentence: str, advice: str) -> Finding:
    """Return that something does not work."""
    return Finding(Level.FAIL, sentence, advice)
