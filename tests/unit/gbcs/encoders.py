"""GBCS messages and firmware images, put together octet by octet from the specification's tables.

Shares nothing with the readers that it tests.
"""

HUB = bytes.fromhex("00db1234567890a2")
ESME = bytes.fromhex("00db1234567890a0")
GSME = bytes.fromhex("00db1234567890a1")
PPMID = bytes.fromhex("00db1234567890a4")
SUPPLIER = bytes.fromhex("90b3d51f30010000")
DCC = bytes.fromhex("90b3d51f30000002")

HASH = bytes(range(0x40, 0x60))
SIGNATURE = bytes(range(0x80, 0xC0))
MAC = bytes(range(0xE0, 0xEC))
DLMS_TIME = bytes.fromhex("07ea0b16ff0c260932000000")
"""2026-11-22 12:38:09.50, deviation 0, weekday unspecified."""

COMMAND, RESPONSE, ALERT = 1, 2, 3


def length(size: int) -> bytes:
    if size < 0x80:
        return size.to_bytes(1, "big")
    if size < 0x100:
        return b"\x81" + size.to_bytes(1, "big")
    return b"\x82" + size.to_bytes(2, "big")


def grouped(
    code: int,
    content: bytes,
    *,
    cra: int = ALERT,
    counter: int = 2000,
    originator: bytes = ESME,
    recipient: bytes = SUPPLIER,
    date_time: bytes = b"",
    supplementary: bytes = b"",
) -> bytes:
    """All that a signature covers, and the DF before it."""
    other = code.to_bytes(2, "big") + supplementary
    return b"".join(
        (
            b"\xdf\x09",
            cra.to_bytes(1, "big"),
            counter.to_bytes(8, "big"),
            b"\x08" + originator,
            b"\x08" + recipient,
            length(len(date_time)) + date_time,
            length(len(other)) + other,
            length(len(content)) + content,
        )
    )


def signed(group: bytes) -> bytes:
    return group + b"\x40" + SIGNATURE


def macced(group: bytes) -> bytes:
    return with_mac_header(group + b"\x00" + MAC)


def with_mac_header(rest: bytes) -> bytes:
    body = b"\x11\x00\x00\x00\x00" + rest
    return b"\xdd" + bytes(6) + length(len(body)) + body


def dlms_receipt(
    alert_code: int = 0x8F72, time: bytes = DLMS_TIME, image_hash: bytes = HASH
) -> bytes:
    return (
        bytes.fromhex("0f200007d000020312")
        + alert_code.to_bytes(2, "big")
        + b"\x09\x0c"
        + time
        + b"\x09\x20"
        + image_hash
    )


def gbz_receipt(
    alert_code: int = 0x8F72, seconds: int = 848_666_289, image_hash: bytes = HASH
) -> bytes:
    return (
        bytes.fromhex("010901")
        + alert_code.to_bytes(2, "big")
        + seconds.to_bytes(4, "big")
        + b"\x09\x20"
        + image_hash
    )


def der(tag: int, content: bytes) -> bytes:
    return bytes((tag,)) + length(len(content)) + content


def der_integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def transfer_alert(
    alert_code: int = 0x8F8A,
    time: bytes = b"20261122123809Z",
    device: bytes = PPMID,
    version: bytes = b"\x01\x23\xab\xcd",
    result: int = 0,
) -> bytes:
    return der(
        0x30,
        der_integer(alert_code)
        + der(0x18, time)
        + der(0x04, device)
        + der(0x04, version)
        + der_integer(result),
    )


def ppmid_activation_alert(
    alert_code: int = 0x8F8B,
    time: bytes = b"20261122123809Z",
    version: bytes = b"\x01\x23\xab\xcd",
    result: int = 0,
) -> bytes:
    return der(
        0x30,
        der_integer(alert_code) + der(0x18, time) + der(0x04, version) + der_integer(result),
    )


VERSION = b"\x01\x23\xab\xcd"
NOT_CARRIED_OUT = b"\x05\x00"


def activation_outcome(result: int = 0, version: bytes = VERSION) -> bytes:
    return der(0x30, der_integer(result) + der(0x04, version))


def future_dated_alert(
    alert_code: int = 0x8F66,
    time: bytes = b"20261122123809Z",
    counter: int = 1001,
    outcome: bytes | None = None,
) -> bytes:
    return der(
        0x30,
        der_integer(alert_code)
        + der(0x18, time)
        + der_integer(counter)
        + (activation_outcome() if outcome is None else outcome),
    )


def dlms_version(version: bytes | None = VERSION, result: int = 0) -> bytes:
    data = b"\x00" if version is None else b"\x09" + length(len(version)) + version
    return bytes.fromhex("da200003e8000001") + data + b"\x01\x01" + bytes((result,))


def gbz_component(
    command: bytes, *, control: int = 0x01, cluster: int = 0x0702, size: int | None = None
) -> bytes:
    return (
        bytes((control,))
        + cluster.to_bytes(2, "big")
        + (len(command) if size is None else size).to_bytes(2, "big")
        + command
    )


def zcl_attribute(
    value: bytes,
    *,
    status: int = 0,
    attribute: int = 0x0206,
    frame_control: int = 0x08,
    sequence: int = 0,
    command: int = 0x01,
) -> bytes:
    """A Read Attributes Response for one attribute."""
    return (
        bytes((frame_control, sequence, command))
        + attribute.to_bytes(2, "little")
        + bytes((status,))
        + value
    )


def gbz_version(version: bytes = VERSION) -> bytes:
    value = b"\x41" + length(len(version)) + version
    return bytes.fromhex("010901") + gbz_component(zcl_attribute(value))


def gbz_no_version(status: int = 0xC0) -> bytes:
    return bytes.fromhex("010901") + gbz_component(zcl_attribute(b"", status=status))


def der_version(version: bytes = VERSION, result: int = 0) -> bytes:
    return der(0x30, der(0x04, version) + der_integer(result))


def activation_response(content: bytes, date_time: bytes = DLMS_TIME) -> bytes:
    return signed(grouped(0x0012, content, cra=RESPONSE, counter=1001, date_time=date_time))


ESME_VERIFIED = signed(grouped(0x00CE, dlms_receipt()))
ESME_REFUSED = signed(grouped(0x00CE, dlms_receipt(0x8F1C)))
GSME_VERIFIED = signed(grouped(0x00CF, gbz_receipt(), originator=GSME))
GSME_REFUSED = signed(grouped(0x00CF, gbz_receipt(0x8F1C), originator=GSME))
TRANSFERRED = signed(grouped(0x0128, transfer_alert(), originator=HUB, recipient=DCC))
NOT_TRANSFERRED = signed(
    grouped(0x0128, transfer_alert(0x8F89, result=2), originator=HUB, recipient=DCC)
)
PPMID_ACTIVATED = signed(grouped(0x012B, ppmid_activation_alert(), originator=PPMID, recipient=DCC))
PPMID_NOT_ACTIVATED = signed(
    grouped(0x012B, ppmid_activation_alert(result=1), originator=PPMID, recipient=DCC)
)
ACTIVATED = activation_response(activation_outcome())
NOT_ACTIVATED = activation_response(activation_outcome(2))
SCHEDULED = activation_response(NOT_CARRIED_OUT)
ACTIVATED_LATER = signed(grouped(0x00CA, future_dated_alert()))
NOT_ACTIVATED_LATER = signed(
    grouped(0x00CA, future_dated_alert(0x8F67, outcome=activation_outcome(3)))
)
ESME_VERSION = signed(grouped(0x0059, dlms_version(), cra=RESPONSE))
ESME_NO_VERSION = signed(grouped(0x0059, dlms_version(None, 1), cra=RESPONSE))
GSME_VERSION = signed(grouped(0x0084, gbz_version(), cra=RESPONSE, originator=GSME))
GSME_NO_VERSION = signed(grouped(0x0084, gbz_no_version(), cra=RESPONSE, originator=GSME))
PPMID_VERSION = signed(
    grouped(
        0x0129,
        der_version(),
        cra=RESPONSE,
        originator=PPMID,
        recipient=DCC,
        supplementary=SUPPLIER + (1000).to_bytes(8, "big"),
    )
)
PPMID_NO_VERSION = signed(
    grouped(0x0129, der_version(bytes(4), 1), cra=RESPONSE, originator=PPMID, recipient=DCC)
)

FIRMWARE_MESSAGES = {
    "ESME 8F72": ESME_VERIFIED,
    "ESME 8F1C": ESME_REFUSED,
    "GSME 8F72": GSME_VERIFIED,
    "GSME 8F1C": GSME_REFUSED,
    "CCS08 8F8A": TRANSFERRED,
    "CCS08 8F89": NOT_TRANSFERRED,
    "CS09 success": PPMID_ACTIVATED,
    "CS09 failure": PPMID_NOT_ACTIVATED,
    "CS06 success": ACTIVATED,
    "CS06 failure": NOT_ACTIVATED,
    "CS06 scheduled": SCHEDULED,
    "future-dated 8F66": ACTIVATED_LATER,
    "future-dated 8F67": NOT_ACTIVATED_LATER,
    "ECS52 success": ESME_VERSION,
    "ECS52 error": ESME_NO_VERSION,
    "GCS38 success": GSME_VERSION,
    "GCS38 error": GSME_NO_VERSION,
    "CS08 success": PPMID_VERSION,
    "CS08 failure": PPMID_NO_VERSION,
}

SUPPLEMENTARY_PARTY = SUPPLIER + (1000).to_bytes(8, "big")
FRAMES = {
    "signed, short content": signed(grouped(0x1234, b"\x05\x00")),
    "signed, no content": signed(grouped(0x1234, b"")),
    "signed, content of 127 octets": signed(grouped(0x1234, bytes(127))),
    "signed, content of 128 octets": signed(grouped(0x1234, bytes(128))),
    "signed, content of 255 octets": signed(grouped(0x1234, bytes(255))),
    "signed, content of 256 octets": signed(grouped(0x1234, bytes(256))),
    "signed, with a date-time": signed(grouped(0x0012, b"\x05\x00", date_time=DLMS_TIME)),
    "signed, with a supplementary party": signed(
        grouped(0x0129, b"\x05\x00", supplementary=SUPPLIER)
    ),
    "MACed": macced(grouped(0x0059, b"\xda", cra=RESPONSE)),
    "MACed, long": macced(grouped(0x0059, bytes(300), cra=RESPONSE)),
    "MACed, with a supplementary party and counter": macced(
        grouped(0x0129, b"\x05\x00", cra=RESPONSE, supplementary=SUPPLEMENTARY_PARTY)
    ),
    "MACed, with an originator counter too": macced(
        grouped(0x0129, b"\x05\x00", cra=RESPONSE, supplementary=SUPPLEMENTARY_PARTY + bytes(8))
    ),
    "MACed, with a certificate too": macced(
        grouped(0x0129, b"\x05\x00", supplementary=SUPPLEMENTARY_PARTY + bytes(400))
    ),
    "signed and MACed": with_mac_header(signed(grouped(0x0012, b"\x05\x00", cra=COMMAND)) + MAC),
}


def image(
    *,
    manufacturer_image: bytes = b"\xa5" * 100,
    credential_version: int | None = None,
    destination: bytes | None = None,
    hardware_versions: tuple[int, int] | None = None,
    header_string: bytes = b"Firmware 7",
    header_extension: bytes = b"",
    trailer: bytes = b"",
    magic: bytes = bytes.fromhex("1ef1ee0b"),
    header_version: int = 0x0100,
    header_size: int | None = None,
    total_size: int | None = None,
) -> bytes:
    """A Zigbee OTA image; the sizes are the true ones unless others are given."""
    field_control = 0
    optional = b""
    if credential_version is not None:
        field_control |= 1
        optional += credential_version.to_bytes(1, "little")
    if destination is not None:
        field_control |= 2
        optional += destination[::-1]
    if hardware_versions is not None:
        field_control |= 4
        optional += b"".join(version.to_bytes(2, "little") for version in hardware_versions)
    optional += header_extension
    true_header_size = 56 + len(optional)
    true_total_size = true_header_size + len(manufacturer_image) + len(trailer)
    return b"".join(
        (
            magic,
            header_version.to_bytes(2, "little"),
            (true_header_size if header_size is None else header_size).to_bytes(2, "little"),
            field_control.to_bytes(2, "little"),
            (0x1234).to_bytes(2, "little"),
            (0x0056).to_bytes(2, "little"),
            (0x0123ABCD).to_bytes(4, "little"),
            (0x0002).to_bytes(2, "little"),
            header_string.ljust(32, b"\x00"),
            (true_total_size if total_size is None else total_size).to_bytes(4, "little"),
            optional,
            manufacturer_image,
            trailer,
        )
    )


TRAILER = b"\x00\x40" + SIGNATURE
