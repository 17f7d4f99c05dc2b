"""What the look-up of the audit answers: who looked up or did what, when."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple


class AuditPlace(NamedTuple):
    """Where the audit is read on from: below these numbers of look-ups and of acts."""

    lookup_id: int
    act_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """What of the audit is wanted; None, or nothing, is all.

    ``party`` is for who sees those of all parties, ``who`` a part of a name in whatever case.
    ``kinds`` are look-ups' and acts'. ``since`` is included, ``until`` is not.
    """

    party: str | None = None
    who: str = ""
    kinds: frozenset[str] = field(default_factory=frozenset)
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A look-up or an act.

    ``subject`` is what was looked for, or whom or what the act was done to. ``rows`` are None for
    an act, as is ``as_of`` but for a look-up of the past. ``party`` is whose it is, None for nobody
    but operators and DCC.
    """

    at: datetime
    party: str | None
    who: str
    kind: str
    subject: str
    detail: str
    rows: int | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """Some entries, newest first; ``before`` is where to read on, None at the end.

    ``looked_at`` is how many entries were held against the filter.
    """

    entries: Sequence[AuditEntry]
    before: AuditPlace | None
    looked_at: int
