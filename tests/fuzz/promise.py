"""What every reader promises of any octets: an answer or a typed rejection, and soon."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

SECONDS_FOR_100_KB = 1.0
_WORD = 0xFFFF_FFFF_FFFF_FFFF
_Thing = TypeVar("_Thing")


class PromiseBroken(AssertionError):
    """A reader did not keep its promise."""


class Chance:
    """Choices that a seed decides: xorshift64*. A Random takes longer to make than to use."""

    def __init__(self, seed: int) -> None:
        self._state = (seed * 0x9E37_79B9_7F4A_7C15 + 1) & _WORD or 1

    def below(self, limit: int) -> int:
        """Return a number from 0 to ``limit`` - 1; ``limit`` is at least 1."""
        state = self._state
        state ^= state >> 12
        state = (state ^ state << 25) & _WORD
        state ^= state >> 27
        self._state = state
        return ((state * 0x2545_F491_4F6C_DD1D & _WORD) >> 33) % limit

    def one_of(self, things: Sequence[_Thing]) -> _Thing:
        """Return one of the things."""
        return things[self.below(len(things))]


Mutate: TypeAlias = Callable[[bytes, Chance], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads octets from outside.

    ``check`` returns whether the octets say anything; it raises PromiseBroken, or whatever the
    reader raises and must not. ``mutate`` returns other octets, which are still of the form that
    is read, or nearly so. Of more than ``most_bytes`` octets none are tried.
    """

    name: str
    seeds: tuple[bytes, ...]
    check: Callable[[bytes], bool]
    mutate: Mutate
    most_bytes: int


def checked(target: Target, octets: bytes) -> bool:
    """Check the octets, and that it did not take too long: 1 s of this thread for 100 kB.

    Returns whether they say anything.
    """
    began_at = time.thread_time()
    says_something = target.check(octets)
    seconds = time.thread_time() - began_at
    allowed = SECONDS_FOR_100_KB * max(1.0, len(octets) / 100_000)
    if seconds > allowed:
        raise PromiseBroken(f"it took too long: {len(octets)} octets {seconds:.2f} s")
    return says_something


def with_octets_changed(octets: bytes, chance: Chance) -> bytes:
    """Return the octets with one to four places changed, cut out, doubled or put in."""
    changed = bytearray(octets)
    for _ in range(1 + chance.below(4)):
        start = chance.below(len(changed) + 1)
        stop = min(len(changed), start + chance.one_of((0, 1, 1, 2, 4, 8, 32)))
        put_in = chance.one_of(
            (
                b"",
                bytes((chance.below(256),)),
                bytes((chance.below(256), chance.below(256))),
                b"\xff\xff\xff\xff",
                b"\x7f\xff\xff\xff",
                bytes(4),
                bytes(changed[start:stop]) * 2,
            )
        )
        changed[start:stop] = put_in
    return bytes(changed)
