"""The frame around a GBCS message."""

import pytest

from firmtrack.domain.identifiers import Eui64
from firmtrack.gbcs.frame import Cra, MalformedGbcs, Supplementary, read_frame
from tests.unit.gbcs import encoders as enc

each_frame = pytest.mark.parametrize("octets", enc.FRAMES.values(), ids=enc.FRAMES.keys())


def test_a_frame_says_who_sends_what_to_whom() -> None:
    frame = read_frame(enc.signed(enc.grouped(0x00CE, b"\x01\x02", counter=2**64 - 1)))
    assert frame.message_code == 0x00CE
    assert frame.cra is Cra.ALERT
    assert frame.originator_counter == 2**64 - 1
    assert frame.originator == Eui64.from_octets(enc.ESME)
    assert frame.recipient == Eui64.from_octets(enc.SUPPLIER)
    assert frame.date_time is None
    assert frame.supplementary is None
    assert frame.content == b"\x01\x02"


@pytest.mark.parametrize("cra", list(Cra))
def test_the_cra_flag_tells_commands_responses_and_alerts_apart(cra: Cra) -> None:
    assert read_frame(enc.signed(enc.grouped(0x0012, b"", cra=int(cra)))).cra is cra


@pytest.mark.parametrize("flag", [0, 4, 0xFF])
def test_no_other_cra_flag_is_known(flag: int) -> None:
    with pytest.raises(MalformedGbcs, match="CRA flag"):
        read_frame(enc.signed(enc.grouped(0x0012, b"", cra=flag)))


@pytest.mark.parametrize("size", [0, 1, 127, 128, 255, 256, 65_535])
def test_content_of_any_legal_length_is_whole(size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    assert read_frame(enc.signed(enc.grouped(0x1234, content))).content == content


@pytest.mark.parametrize("size", ["8105", "820005", "8200ff", "80", "83000005", "8400000005", "ff"])
def test_a_length_in_another_form_than_the_shortest_is_refused(size: str) -> None:
    group = enc.grouped(0x1234, b"")[:-1] + bytes.fromhex(size) + bytes(5)
    with pytest.raises(MalformedGbcs, match="length of the content"):
        read_frame(enc.signed(group))


def test_a_length_beyond_two_octets_is_refused() -> None:
    group = enc.grouped(0x1234, b"")[:-1] + b"\x83\x01\x00\x00" + bytes(0x10000)
    with pytest.raises(MalformedGbcs, match="length of the content begins with 83"):
        read_frame(enc.signed(group))


def test_a_date_time_in_the_header_is_kept() -> None:
    octets = enc.signed(enc.grouped(0x0012, b"", date_time=enc.DLMS_TIME))
    assert read_frame(octets).date_time == enc.DLMS_TIME


def test_a_date_time_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedGbcs, match="date-time has 11 octets"):
        read_frame(enc.signed(enc.grouped(0x0012, b"", date_time=bytes(11))))


def test_a_signature_is_kept_with_exactly_the_octets_that_it_covers() -> None:
    group = enc.grouped(0x00CE, bytes(200), date_time=enc.DLMS_TIME)
    frame = read_frame(enc.signed(group))
    assert frame.signature == enc.SIGNATURE
    assert frame.mac is None
    assert frame.signed_octets == group[1:]


def test_a_mac_takes_the_place_of_a_signature() -> None:
    group = enc.grouped(0x0059, b"\xda", cra=enc.RESPONSE)
    frame = read_frame(enc.macced(group))
    assert frame.signature is None
    assert frame.mac == enc.MAC
    assert frame.signed_octets == group[1:]


def test_a_message_with_a_mac_header_may_be_signed_and_macced() -> None:
    group = enc.grouped(0x0012, b"\x05\x00", cra=enc.COMMAND)
    frame = read_frame(enc.with_mac_header(enc.signed(group) + enc.MAC))
    assert (frame.signature, frame.mac) == (enc.SIGNATURE, enc.MAC)
    assert frame.signed_octets == group[1:]


def test_a_message_with_a_mac_header_may_be_signed_alone() -> None:
    frame = read_frame(enc.with_mac_header(enc.signed(enc.grouped(0x0012, b""))))
    assert (frame.signature, frame.mac) == (enc.SIGNATURE, None)


def test_a_mac_may_stand_without_a_mac_header() -> None:
    frame = read_frame(enc.grouped(0x0059, b"") + b"\x00" + enc.MAC)
    assert (frame.signature, frame.mac) == (None, enc.MAC)


def test_a_mac_does_not_follow_a_signature_without_a_mac_header() -> None:
    with pytest.raises(MalformedGbcs, match="12 octets follow the message"):
        read_frame(enc.signed(enc.grouped(0x0012, b"")) + enc.MAC)


@pytest.mark.parametrize("size", [b"\x01", b"\x3f", b"\x41", b"\x81\x40"])
def test_a_signature_has_64_octets(size: bytes) -> None:
    with pytest.raises(MalformedGbcs, match="signature"):
        read_frame(enc.grouped(0x0012, b"") + size + bytes(65))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (enc.SUPPLIER, Supplementary(remote_party=Eui64.from_octets(enc.SUPPLIER))),
        (
            enc.SUPPLEMENTARY_PARTY,
            Supplementary(remote_party=Eui64.from_octets(enc.SUPPLIER), remote_party_counter=1000),
        ),
        (
            enc.SUPPLEMENTARY_PARTY + (7).to_bytes(8, "big"),
            Supplementary(
                remote_party=Eui64.from_octets(enc.SUPPLIER),
                remote_party_counter=1000,
                originator_counter=7,
            ),
        ),
        (
            enc.SUPPLEMENTARY_PARTY + bytes(400),
            Supplementary(
                remote_party=Eui64.from_octets(enc.SUPPLIER),
                remote_party_counter=1000,
                remote_party_certificate=bytes(400),
            ),
        ),
    ],
)
def test_other_information_may_name_the_party_that_a_message_is_for(
    octets: bytes, expected: Supplementary
) -> None:
    frame = read_frame(enc.macced(enc.grouped(0x0129, b"\x05\x00", supplementary=octets)))
    assert frame.message_code == 0x0129
    assert frame.supplementary == expected
    assert frame.content == b"\x05\x00"


@pytest.mark.parametrize("size", [1, 7, 9, 15, 17, 23])
def test_other_information_cut_within_a_field_is_refused(size: int) -> None:
    with pytest.raises(MalformedGbcs, match="supplementary"):
        read_frame(enc.signed(enc.grouped(0x0129, b"", supplementary=bytes(size))))


@pytest.mark.parametrize("other", [b"\x00", b"\x01\x12"])
def test_other_information_holds_a_message_code(other: bytes) -> None:
    group = enc.grouped(0x0129, b"")[:-4] + other + b"\x00"
    with pytest.raises(MalformedGbcs, match="message code"):
        read_frame(enc.signed(group))


@pytest.mark.parametrize("position", [0, 1, 11, 20])
def test_the_grouping_headers_constants_must_be_right(position: int) -> None:
    octets = bytearray(enc.ESME_VERIFIED)
    octets[position] ^= 0x01
    with pytest.raises(MalformedGbcs, match="Grouping Header"):
        read_frame(bytes(octets))


@pytest.mark.parametrize("position", [*range(1, 7), *range(8, 13)])
def test_the_mac_headers_constants_must_be_right(position: int) -> None:
    octets = bytearray(enc.macced(enc.grouped(0x0059, b"")))
    octets[position] ^= 0x01
    with pytest.raises(MalformedGbcs, match=r"(MAC|security) (H|h)eader begins with"):
        read_frame(bytes(octets))


@pytest.mark.parametrize("wrong_by", [-1, 1])
def test_the_mac_header_states_the_length_of_all_that_follows(wrong_by: int) -> None:
    octets = bytearray(enc.macced(enc.grouped(0x0059, b"")))
    octets[7] += wrong_by
    with pytest.raises(MalformedGbcs, match="announces"):
        read_frame(bytes(octets))


def test_no_octets_are_no_message() -> None:
    with pytest.raises(MalformedGbcs, match="needs 29 octets where 0 are left"):
        read_frame(b"")


@each_frame
def test_every_frame_reads(octets: bytes) -> None:
    frame = read_frame(octets)
    assert frame.signature == (enc.SIGNATURE if enc.SIGNATURE in octets else None)
    assert frame.mac == (enc.MAC if octets.endswith(enc.MAC) else None)


@each_frame
def test_no_part_of_a_frame_is_taken_for_one(octets: bytes) -> None:
    for size in range(len(octets)):
        with pytest.raises(MalformedGbcs):
            read_frame(octets[:size])


@each_frame
@pytest.mark.parametrize(
    "extra", [b"\x00", b"\x40", bytes(12), bytes(64), bytes(65), bytes(100_000)]
)
def test_octets_after_a_frame_are_refused(octets: bytes, extra: bytes) -> None:
    with pytest.raises(MalformedGbcs):
        read_frame(octets + extra)


def test_a_refusal_says_why() -> None:
    with pytest.raises(MalformedGbcs) as refusal:
        read_frame(enc.ESME_VERIFIED[:40])
    assert refusal.value.reason == "the content needs 59 octets where 6 are left"
    assert str(refusal.value) == f"Not a GBCS message: {refusal.value.reason}."
