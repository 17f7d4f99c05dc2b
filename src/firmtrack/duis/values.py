"""Texts to values, as the DUIS 5.4 schema's simple types and XML Schema Part 2 define them."""

import binascii
import re
import struct
from datetime import UTC, datetime, timedelta

from firmtrack.domain.identifiers import Eui64

# A possessive group keeps no way back: 50,000 IDs are matched without a record of each.
_EUI = r"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){7}"
_DEVICE_ID_LIST = re.compile(rf"(?:{_EUI},)*+{_EUI}", re.ASCII)
_DATE_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:(Z)|([+-])(\d\d):(\d\d))?",
    re.ASCII,
)
_USUAL_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)
_MAX_ZONE_MINUTES = 14 * 60


def read_device_ids(text: str) -> tuple[Eui64, ...]:
    """Return the devices of a comma-separated list, each once, in the order of the list.

    Raises ValueError. Source: DUIS 5.4 schema, ``DeviceIDList``.
    """
    if _DEVICE_ID_LIST.fullmatch(text) is None:
        raise ValueError("not a comma-separated list of EUI-64s")
    octets = bytes.fromhex(text.replace("-", "").replace(",", ""))
    return tuple(map(Eui64, dict.fromkeys(struct.unpack(f">{len(octets) // 8}Q", octets))))


def read_date_time(text: str) -> datetime:
    """Return an xs:dateTime as an aware time in UTC; without a zone it is in UTC.

    Digits beyond the microsecond are cut off. Raises ValueError, for years over 9999 too.
    Source: XML Schema Part 2, clause 3.2.7: 24:00:00 is the start of the next day, and there are
    no leap seconds.
    """
    if _USUAL_DATE_TIME.fullmatch(text) is not None and text[11:13] != "24":
        return datetime.fromisoformat(text)
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise ValueError("not a date and time")
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    fraction = match[7]
    microsecond = int(fraction[:6].ljust(6, "0")) if fraction else 0
    is_end_of_day = hour == 24
    if is_end_of_day and (minute or second or (fraction or "").strip("0")):
        raise ValueError("a time after 24:00:00")
    time = datetime(
        year, month, day, 0 if is_end_of_day else hour, minute, second, microsecond, tzinfo=UTC
    )
    if is_end_of_day:
        time = _shifted(time, timedelta(days=1))
    if match[9]:
        time = _shifted(time, -_zone_offset(match[9], match[10], match[11]))
    return time


def _zone_offset(sign: str, hours: str, minutes: str) -> timedelta:
    offset = int(hours) * 60 + int(minutes)
    if offset > _MAX_ZONE_MINUTES or int(minutes) > 59:
        raise ValueError("a time zone over 14 hours away")
    return timedelta(minutes=-offset if sign == "-" else offset)


def _shifted(time: datetime, by: timedelta) -> datetime:
    try:
        return time + by
    except OverflowError:
        raise ValueError("a time outside the years 1 to 9999") from None


def read_base64(text: str) -> bytes:
    """Return the octets that an xs:base64Binary text writes; white space in it means nothing.

    Raises ValueError. Source: XML Schema Part 2, clause 3.2.16.
    """
    # Only then, so that the usual 14 MB without white space are not copied.
    if " " in text or "\n" in text or "\r" in text or "\t" in text:
        text = "".join(text.split())
    # What binascii lets pass even when strict: padding where none belongs.
    if not text.isascii() or len(text) % 4 or text.endswith("==="):
        raise ValueError("not base64")
    return binascii.a2b_base64(text, strict_mode=True)
