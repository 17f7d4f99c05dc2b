"""What does not fit together, as the API says it."""

from collections.abc import Iterable

from msgspec import Struct

from firmtrack.domain import reconciliation
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.presentation.flags import flag_text


class Flag(Struct, frozen=True):
    """Something that does not fit together, and what to do about it."""

    code: FlagKind
    text: str


def flags(found: Iterable[reconciliation.Flag]) -> list[Flag]:
    """Return the flags in their order."""
    return [Flag(code=each.kind, text=flag_text(each)) for each in found]
