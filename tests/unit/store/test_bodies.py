from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.duis.writer import write
from firmtrack.intake.archives import LARGEST_MESSAGE_BYTES
from firmtrack.store.bodies import LARGEST_BODY_BYTES, UnreadableBody, pack, unpack, zstd
from tests.unit.duis.every_sample import EVERYTHING, RECORDED
from tests.unit.intake.stage_report_bodies import octets

DELIVERED = write(RECORDED["delivered to hub"])
# The same as stored by the first edition.
DELIVERED_IN_EDITION_1 = bytes.fromhex(
    "01d5964b0e843008864f8401fb325d98f838c2c4c5dcff2083458c926e343171966d5afa03858fb5a875f13c4ee451ee"
    "48a61fee88b0fb24f4c889a37650baf534157e031ee800fd0743c698317d4fd639847fc412d418d9d8297689ebb7f877"
    "09389c9279046ac179081152076c7f9039545bfc09308639f5fb22c41cade109a975c338cd45b83263a962aa0c035b3e"
    "29f39c81aef121b2d792d65712ecf89bfb1f"
)
DIGESTS = {
    1: "cf9878cfb844369ff7bddf90096abc704bc8dac9042d9c62d3884b5ad4d40626",
    2: "97823d2e68c5d47a17ae7755945c27e4f903f8293577060b937818f5086bf21e",
}


@given(st.binary(max_size=5_000))
def test_any_octets_come_back_as_they_were(body: bytes) -> None:
    assert unpack(pack(body)) == body


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_document_comes_back_as_it_was_and_takes_less_than_half(name: str) -> None:
    body = write(EVERYTHING[name])

    assert unpack(pack(body)) == body
    assert len(pack(body)) < len(body) / 2


def test_a_stage_report_takes_less_than_half() -> None:
    assert len(pack(octets())) < len(octets()) / 2


def test_what_the_first_edition_stored_is_read() -> None:
    assert unpack(DELIVERED_IN_EDITION_1) == DELIVERED


@pytest.mark.parametrize("edition", DIGESTS)
def test_a_dictionary_with_which_bodies_were_stored_never_changes(edition: int) -> None:
    dictionary = files("firmtrack.store.bodies").joinpath(f"edition-{edition}.dictionary")

    assert sha256(dictionary.read_bytes()).hexdigest() == DIGESTS[edition]


def test_what_is_stored_says_its_edition() -> None:
    assert pack(b"")[:1] == b"\x02"


@pytest.mark.parametrize("stored", [b"", b"\x00", b"\x03" + pack(DELIVERED)[1:], DELIVERED])
def test_another_edition_is_refused_by_name(stored: bytes) -> None:
    with pytest.raises(UnreadableBody, match=r"edition, (none|00|03|3c), is not known"):
        unpack(stored)


@pytest.mark.parametrize("stored", [pack(DELIVERED), DELIVERED_IN_EDITION_1])
def test_a_body_that_is_cut_short_or_followed_by_something_is_refused(stored: bytes) -> None:
    for length in range(1, len(stored)):
        with pytest.raises(UnreadableBody, match="damaged"):
            unpack(stored[:length])
    with pytest.raises(UnreadableBody, match="damaged"):
        unpack(stored + b"\0")


@given(place=st.integers(min_value=1), octet=st.integers(0, 255), edition=st.sampled_from([1, 2]))
def test_a_damaged_body_is_refused_or_another_but_breaks_nothing(
    place: int, octet: int, edition: int
) -> None:
    stored = bytearray(pack(DELIVERED) if edition == 2 else DELIVERED_IN_EDITION_1)
    stored[1 + place % (len(stored) - 1)] = octet

    with suppress(UnreadableBody):
        assert len(unpack(bytes(stored))) <= LARGEST_BODY_BYTES


def test_the_largest_message_is_kept_whole() -> None:
    assert LARGEST_BODY_BYTES == LARGEST_MESSAGE_BYTES
    assert unpack(pack(bytes(LARGEST_BODY_BYTES))) == bytes(LARGEST_BODY_BYTES)


def test_a_body_that_unpacks_to_more_is_refused_before_it_does() -> None:
    zeros = bytes(LARGEST_BODY_BYTES + 1)

    with pytest.raises(AssertionError):
        pack(zeros)
    with pytest.raises(UnreadableBody, match=f"over {LARGEST_BODY_BYTES} octets"):
        unpack(b"\x02" + zstd.compress(zeros, 3))


def test_many_threads_pack_at_once() -> None:
    bodies = [write(document) for document in EVERYTHING.values()] * 20
    packed = [pack(body) for body in bodies]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(pack, bodies)) == packed
