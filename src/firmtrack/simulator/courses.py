"""Values that change in the course of time, such as the firmware version that a device runs."""

from datetime import datetime
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Course(Generic[Value]):
    """A value as it was, is and will be; its changes may be told in any order.

    Nearly all the courses of a world never change: these cost no more than their value.
    """

    __slots__ = ("_changes", "_first")

    def __init__(self, first: Value) -> None:
        self._first = first
        self._changes: tuple[tuple[datetime, Value], ...] = ()

    def change(self, at: datetime, value: Value) -> None:
        """Let it be ``value`` from ``at`` until the next change."""
        changes = (*self._changes, (at, value))
        self._changes = tuple(sorted(changes, key=lambda change: change[0]))

    def as_of(self, moment: datetime) -> Value:
        """Return what it is at ``moment``."""
        past = (value for at, value in reversed(self._changes) if at <= moment)
        return next(past, self._first)

    @property
    def last(self) -> Value:
        """What it is after all its changes."""
        return self._changes[-1][1] if self._changes else self._first
