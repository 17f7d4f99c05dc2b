"""The call that a thread answers: its ID, when it began, and what is to be logged of it."""

import re
import secrets
import time
from contextvars import ContextVar
from dataclasses import dataclass, field

_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_ID_BYTES = 12


@dataclass(slots=True)
class Call:
    """A call: ``facts`` are IDs and counts that its line in the log tells."""

    request_id: str
    began_at: float = field(default_factory=time.perf_counter)
    facts: dict[str, str | int] = field(default_factory=dict)


_current: ContextVar[Call | None] = ContextVar("firmtrack_call", default=None)


def begin(asked: str | None) -> Call:
    """Begin a call in this thread: its ID is the one that was asked for, if that is well formed.

    It is this thread's until the next begins: what it answers may be made after it returned.
    """
    request_id = asked if asked and _WELL_FORMED.fullmatch(asked) else secrets.token_hex(_ID_BYTES)
    call = Call(request_id)
    _current.set(call)
    return call


def current() -> Call | None:
    """Return the call that this thread answers, None if it answers none."""
    return _current.get()


def note(**facts: str | int) -> None:
    """Have the call's line in the log tell these IDs or counts; nothing personal."""
    call = _current.get()
    if call is not None:
        call.facts.update(facts)
