"""The table of what is fuzzed."""

from collections.abc import Callable, Mapping

from tests.fuzz import archives, duis, gbcs
from tests.fuzz.promise import Target

TARGETS: Mapping[str, Callable[[], Target]] = {
    "duis": duis.target,
    "gbcs": gbcs.target,
    "archives": archives.target,
}
