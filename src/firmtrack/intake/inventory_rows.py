"""Rows of an inventory file, CSV or JSON lines, to what they state of devices, checked.

The columns are the API's names of an inventory's fields, ``device_id``, and ``learnt_at``: when
DCC's inventory said so. A line is a row, so that one bad row harms no other.
"""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64, MalformedIdentifier, parse_firmware_version
from firmtrack.domain.inventory import EUI_FACTS, IMPORTED_FACTS
from firmtrack.duis.inventories import FACT_CHOICES, FACT_MAX_CHARACTERS
from firmtrack.errors import FirmtrackError
from firmtrack.intake.bounded_lines import Line

_SHOWN_CHARACTERS = 64


class Row(NamedTuple):
    """A good row, and the number of its line."""

    line: int
    facts: DeviceFacts


@dataclass(frozen=True, slots=True)
class BadRow:
    """What is wrong in a line; ``column`` is None if it is the line as a whole."""

    line: int
    column: str | None
    problem: str


class BadHeader(FirmtrackError):
    """The file's first line is not a list of the columns of an inventory."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}, line 1: {detail}")


class _BadValue(Exception):
    """A value is not of its column's form; the message says what it should be."""


def _one_of(choices: Collection[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise _BadValue(f"is none of {', '.join(sorted(choices))}")
        return text

    return read


def _text_up_to(characters: int) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > characters:
            raise _BadValue(f"is longer than {characters} characters")
        if not text.isprintable():
            raise _BadValue("is not printable text in UTF-8")
        return text

    return read


def _identifier(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return parse(text)
        except MalformedIdentifier as error:
            raise _BadValue(f"is not {error.kind}") from None

    return read


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise _BadValue("is not a time with its zone, like 2026-03-01T09:00:00Z")


_remembered = lru_cache(maxsize=4_096)

_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "firmware_version": parse_firmware_version,
    **dict.fromkeys(EUI_FACTS, Eui64.parse),
}


def _reader(name: str) -> Callable[[str], Any]:
    """Return what reads a fact. The values of most repeat over and over: they are read once."""
    if name in FACT_CHOICES:
        return _remembered(_one_of(FACT_CHOICES[name]))
    if name in FACT_MAX_CHARACTERS:
        return _remembered(_text_up_to(FACT_MAX_CHARACTERS[name]))
    read = _identifier(_PARSERS[name])
    return read if name == "comms_hub_id" else _remembered(read)


_READERS: Mapping[str, Callable[[str], Any]] = {
    "device_id": _identifier(Eui64.parse),
    "learnt_at": _remembered(_time),
    **{name: _reader(name) for name in IMPORTED_FACTS},
}
COLUMNS = tuple(_READERS)
"""The names of the columns that there are, device_id first."""


def read_rows(name: str, lines: Iterable[Line]) -> Iterator[Row | BadRow]:
    """Yield a row for each line that is not blank, and for a bad one what is wrong with it.

    The file is JSON lines if its first character is a brace, CSV with a header if not. Raises
    BadHeader, which tells the file's name, before the first row.
    """
    stated = iter(lines)
    first = next(stated, None)
    if first is None:
        return
    if first.text.startswith("{"):
        yield from map(_json_row, _not_blank(first, stated))
        return
    columns = _columns(name, first)
    for line in stated:
        if line.text:
            yield _csv_row(columns, line)


def _not_blank(first: Line, others: Iterable[Line]) -> Iterator[Line]:
    yield first
    yield from (line for line in others if line.text)


def _columns(file: str, line: Line) -> list[str]:
    try:
        columns = [name.strip() for name in _cells(line.text)]
    except _BadValue as error:
        raise BadHeader(file, f"it {error}.") from None
    for name in columns:
        if name not in _READERS:
            shown = name[:_SHOWN_CHARACTERS]
            raise BadHeader(file, f"{shown!r} is no column; those are {', '.join(COLUMNS)}.")
        if columns.count(name) > 1:
            raise BadHeader(file, f"{name} stands twice.")
    if "device_id" not in columns:
        raise BadHeader(file, "there is no column device_id.")
    return columns


def _cells(text: str) -> list[str]:
    if '"' not in text:
        return text.split(",")
    try:
        return next(csv.reader([text], strict=True))
    except csv.Error:
        raise _BadValue("is not CSV") from None


def _csv_row(columns: list[str], line: Line) -> Row | BadRow:
    if line.is_too_long:
        return BadRow(line.number, None, "is too long")
    try:
        cells = _cells(line.text)
    except _BadValue as error:
        return BadRow(line.number, None, str(error))
    if len(cells) != len(columns):
        return BadRow(line.number, None, f"has {len(cells)} values, not {len(columns)}")
    return _row(line, zip(columns, cells, strict=True))


def _json_row(line: Line) -> Row | BadRow:
    if line.is_too_long:
        return BadRow(line.number, None, "is too long")
    try:
        value = json.loads(line.text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return BadRow(line.number, None, "is not a JSON object")
    for name, text in value.items():
        if name not in _READERS:
            return BadRow(line.number, name[:_SHOWN_CHARACTERS], "is no column")
        if text is not None and not isinstance(text, str):
            return BadRow(line.number, name, "is neither a text nor null")
    return _row(line, value.items())


def _row(line: Line, cells: Iterable[tuple[str, str | None]]) -> Row | BadRow:
    values: dict[str, Any] = {"learnt_at": None}
    for name, text in cells:
        if text:
            try:
                values[name] = _READERS[name](text)
            except _BadValue as error:
                return BadRow(line.number, name, f"{text[:_SHOWN_CHARACTERS]!r} {error}")
    if "device_id" not in values:
        return BadRow(line.number, "device_id", "is missing")
    # An inventory file says what DCC's own inventory holds.
    values["smi_firmware_version"] = values.get("firmware_version")
    return Row(line.number, DeviceFacts(**values))
