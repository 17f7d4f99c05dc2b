"""Reads an element's children by name: once each, as texts and values, never by search."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Self, TypeVar

from lxml import etree

from firmtrack.domain.identifiers import (
    Eui64,
    FirmwareVersion,
    MalformedIdentifier,
    RequestId,
    ResponseId,
    parse_firmware_version,
)
from firmtrack.duis.rejections import (
    BadValue,
    MissingElement,
    UnexpectedElement,
    UnknownEnumeration,
)
from firmtrack.duis.values import read_base64, read_date_time, read_device_ids
from firmtrack.duis.vocabulary import SR, XML_SPACE

_Value = TypeVar("_Value")
_HEXADECIMAL = re.compile(r"[0-9A-Fa-f]*+", re.ASCII)
_UNSIGNED_INT = re.compile(r"\+?0{0,64}[0-9]{1,10}", re.ASCII)
_UNSIGNED_INT_MAX = 2**32 - 1
# DUIS 5.4 has 1,028 names of elements; the longest has 55 characters.
_MOST_NAMES = 2_000
_LONGEST_NAME = 64


class _LocalNames(dict[object, str]):
    """The local names of tags, those met first remembered: a document has few, and often again."""

    def __missing__(self, tag: object) -> str:
        # The tag of a processing instruction is a function.
        if not isinstance(tag, str) or not tag.startswith(SR):
            raise UnexpectedElement(f"{tag!r} is no element of DUIS.")
        name = tag[len(SR) :]
        # Documents can be hostile.
        if len(self) < _MOST_NAMES and len(name) <= _LONGEST_NAME:
            self[tag] = name
        return name


_NAMES = _LocalNames()


def name_of(element: etree._Element) -> str:
    """Return the local name of a DUIS element. Raises UnexpectedElement for anything else."""
    return _NAMES[element.tag]


def text_of(element: etree._Element) -> str:
    """Return all of an element's text.

    Raises UnexpectedElement if anything but text stands in it: it would cut the text in two.
    """
    if len(element):
        raise UnexpectedElement(f"{name_of(element)} must hold text alone.")
    return element.text or ""


def only_child(element: etree._Element) -> etree._Element:
    """Return the one child of ``element``. Raises MissingElement, UnexpectedElement."""
    if not len(element):
        raise MissingElement(f"{name_of(element)} is empty.")
    if len(element) > 1:
        raise UnexpectedElement(f"{name_of(element)} must hold one element.")
    return element[0]


def _unsigned_int(text: str) -> int:
    if _UNSIGNED_INT.fullmatch(text) is None or int(text) > _UNSIGNED_INT_MAX:
        raise ValueError("not an unsigned 32-bit number")
    return int(text)


class Children:
    """The children of one element by name.

    Every method that takes a name raises BadValue if that child's text is not of the form, and,
    but for those that say otherwise, MissingElement if there is no such child.
    """

    __slots__ = ("_by_name", "_parent")

    def __init__(self, element: etree._Element) -> None:
        """Take in the children. Raises UnexpectedElement if a name stands there twice."""
        self._parent = element
        by_name: dict[str, etree._Element] = {}
        for child in element:
            name = _NAMES[child.tag]
            if name in by_name:
                raise UnexpectedElement(f"{name} stands twice in {name_of(element)}.")
            by_name[name] = child
        self._by_name = by_name

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def element(self, name: str) -> etree._Element:
        """Return the child."""
        try:
            return self._by_name[name]
        except KeyError:
            raise MissingElement(f"{name} in {name_of(self._parent)}.") from None

    def only(self, *names: str) -> str:
        """Return which one of ``names``, an xs:choice, is there.

        Raises MissingElement without any, UnexpectedElement with more.
        """
        found = [name for name in names if name in self._by_name]
        if not found:
            raise MissingElement(f"{' or '.join(names)} in {name_of(self._parent)}.")
        if len(found) > 1:
            raise UnexpectedElement(f"{found[1]} beside {found[0]}.")
        return found[0]

    def children(self, name: str) -> Self:
        """Return the child's children."""
        return type(self)(self.element(name))

    def text(self, name: str) -> str:
        """Return the child's text, white space and all."""
        return text_of(self.element(name))

    def optional_text(self, name: str, max_characters: int) -> str | None:
        """Return the child's text, of ``max_characters`` at most, None without the child."""
        if name not in self._by_name:
            return None
        text = self.text(name)
        if len(text) > max_characters:
            raise BadValue(f"{name} has over {max_characters} characters.")
        return text

    def eui(self, name: str) -> Eui64:
        """Return the child's EUI-64."""
        return self._value(name, Eui64.parse)

    def request_id(self, name: str) -> RequestId:
        """Return the child's Request ID."""
        return self._value(name, RequestId.parse)

    def optional_request_id(self, name: str) -> RequestId | None:
        """Return the child's Request ID, None without the child."""
        return self.request_id(name) if name in self._by_name else None

    def response_id(self, name: str) -> ResponseId:
        """Return the child's Response ID."""
        return self._value(name, ResponseId.parse)

    def optional_response_id(self, name: str) -> ResponseId | None:
        """Return the child's Response ID, None without the child."""
        return self.response_id(name) if name in self._by_name else None

    def time(self, name: str) -> datetime:
        """Return the child's xs:dateTime in UTC."""
        return self._value(name, read_date_time)

    def optional_time(self, name: str) -> datetime | None:
        """Return the child's xs:dateTime in UTC, None without the child."""
        return self.time(name) if name in self._by_name else None

    def optional_unsigned_int(self, name: str) -> int | None:
        """Return the child's xs:unsignedInt, None without the child."""
        return self._value(name, _unsigned_int) if name in self._by_name else None

    def firmware_version(self, name: str) -> FirmwareVersion:
        """Return the child's firmware version."""
        text = self.text(name)
        try:
            return parse_firmware_version(text)
        except MalformedIdentifier as error:
            raise BadValue(f"{name}: {error}") from None

    def optional_firmware_version(self, name: str) -> FirmwareVersion | None:
        """Return the child's firmware version, None without the child."""
        return self.firmware_version(name) if name in self._by_name else None

    def device_ids(self, name: str) -> tuple[Eui64, ...]:
        """Return the devices of the child's list, each once, in its order."""
        try:
            return read_device_ids(self.text(name))
        except ValueError as error:
            raise BadValue(f"{name}: {error}.") from None

    def octets(self, name: str) -> bytes:
        """Return what the child's base64 text writes."""
        try:
            return read_base64(self.text(name))
        except ValueError as error:
            raise BadValue(f"{name}: {error}.") from None

    def hex_octets(self, name: str, size_bytes: int) -> bytes:
        """Return what the child's xs:hexBinary text of exactly ``size_bytes`` octets writes."""
        text = self.text(name).strip(XML_SPACE)
        # bytes.fromhex takes spaces, and letters beyond ASCII fail it in another way.
        if len(text) != 2 * size_bytes or _HEXADECIMAL.fullmatch(text) is None:
            raise BadValue(f"{name}: not {size_bytes} octets in hexadecimal.")
        return bytes.fromhex(text)

    def choice(self, name: str, choices: Mapping[str, _Value]) -> _Value:
        """Return the value of ``choices`` that the child's text names.

        Raises UnknownEnumeration if it names none.
        """
        text = self.text(name)
        try:
            return choices[text]
        except KeyError:
            raise UnknownEnumeration(f"{name}: {text[:64]!r}.") from None

    def _value(self, name: str, read: Callable[[str], _Value]) -> _Value:
        """Return what ``read`` makes of the child's text, the white space around it taken off.

        These are the schema's types whose white space collapses.
        """
        text = self.text(name).strip(XML_SPACE)
        try:
            return read(text)
        except (MalformedIdentifier, ValueError) as error:
            raise BadValue(f"{name}: {error}") from None
