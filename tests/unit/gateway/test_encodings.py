"""How answers are compressed: by what the client takes, whole, in memory that does not grow."""

import gzip
import random
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.gateway.encodings import LEAST_BYTES, Headers, coding_for, encoder_for, zstd

_OFFERED = ("zstd", "gzip")
_UNPACKED: dict[bytes, Callable[[bytes], bytes]] = {
    b"gzip": gzip.decompress,
    b"zstd": zstd.decompress,
}
_LONG = [(b"content-type", b"application/json"), (b"content-length", b"5000")]


def asked(accepted: str = "gzip, zstd", method: str = "GET") -> dict[str, object]:
    return {"REQUEST_METHOD": method, "HTTP_ACCEPT_ENCODING": accepted}


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("identity", None),
        ("br", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip;q=1.0, zstd;q=0.9", "gzip"),
        ("gzip ; q=0.5 , zstd ; q = 0.8", "zstd"),
        ("gzip;q=0", None),
        ("gzip;q=0, *", "zstd"),
        ("zstd;q=0, *;q=0.1", "gzip"),
        ("*;q=0", None),
        ("gzip;q=0.5, identity", None),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.001", "gzip"),
        ("gzip;q=nan, zstd;q=-1", None),
        ("gzip;q=2", "gzip"),
        ("gzip;level=9", None),
        (", ,;,gzip", "gzip"),
        ("gzip;q=٣", None),
    ],
)
def test_the_coding_is_the_one_that_the_client_wants_most(
    accepted: str, coding: str | None
) -> None:
    assert coding_for(accepted, _OFFERED) == coding


@given(accepted=st.text(alphabet="gzipstd*qidenty;=,. 01é\0", max_size=60))
def test_whatever_a_client_accepts_is_read(accepted: str) -> None:
    assert coding_for(accepted, _OFFERED) in {None, *_OFFERED}


@given(blocks=st.lists(st.binary(max_size=3000), max_size=8))
@pytest.mark.parametrize("media_type", [b"text/csv; charset=utf-8", b"text/html"])
@pytest.mark.parametrize("accepted", ["gzip", "zstd, gzip;q=0.1"])
def test_what_is_unpacked_is_what_was_answered(
    blocks: list[bytes], media_type: bytes, accepted: str
) -> None:
    headers: Headers = [(b"content-type", media_type)]
    encoder = encoder_for(asked(accepted), 200, headers)

    assert encoder is not None
    packed = b"".join(encoder.blocks(blocks))
    assert _UNPACKED[dict(headers)[b"content-encoding"]](packed) == b"".join(blocks)


@pytest.mark.parametrize("accepted", ["gzip", "zstd"])
def test_of_a_stream_little_is_kept_back(accepted: str) -> None:
    taken = 0

    def noise() -> Iterator[bytes]:
        nonlocal taken
        chance = random.Random(1)
        for _ in range(400):
            taken += 1
            yield chance.randbytes(64 * 1024)

    encoder = encoder_for(asked(accepted), 200, [(b"content-type", b"text/csv")])
    assert encoder is not None
    sent = 0
    for block in encoder.blocks(noise()):
        assert len(block) < 1 << 20
        sent += len(block)
        assert taken * 64 * 1024 - sent < 1 << 20


def test_who_may_get_another_answer_is_told_so_and_the_length_is_that_of_what_is_sent() -> None:
    headers = [*_LONG, (b"etag", b'"1"'), (b"vary", b"Cookie")]

    assert encoder_for(asked(), 200, headers) is not None
    assert headers == [
        (b"content-type", b"application/json"),
        (b"etag", b'W/"1"'),
        (b"vary", b"Cookie, Accept-Encoding"),
        (b"content-encoding", b"zstd"),
    ]


@pytest.mark.parametrize("accepted", ["", "br"])
def test_who_takes_no_coding_gets_it_as_it_is(accepted: str) -> None:
    headers = [*_LONG, (b"etag", b'"1"')]

    assert encoder_for(asked(accepted), 200, headers) is None
    assert headers == [*_LONG, (b"etag", b'"1"'), (b"vary", b"Accept-Encoding")]


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-type", b"font/woff2"), (b"content-length", b"5000")],
        [(b"content-type", b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")],
        [(b"content-length", b"5000")],
        [*_LONG, (b"content-encoding", b"gzip")],
    ],
)
def test_what_is_no_text_or_is_packed_already_goes_as_it_is(headers: Headers) -> None:
    before = list(headers)

    assert encoder_for(asked(), 200, headers) is None
    assert headers == before


@pytest.mark.parametrize("status", [206, 302, 405, 500])
def test_what_is_no_whole_answer_goes_as_it_is(status: int) -> None:
    assert encoder_for(asked(), status, list(_LONG)) is None


def test_what_is_short_goes_as_it_is() -> None:
    short = (b"content-length", str(LEAST_BYTES - 1).encode())

    assert encoder_for(asked(), 200, [_LONG[0], short]) is None


def test_the_length_of_a_page_tells_nothing_exact() -> None:
    page = [(b"content-type", b"text/html; charset=utf-8"), (b"content-length", b"5000")]

    lengths = set()
    for _ in range(200):
        headers = list(page)
        encoder = encoder_for(asked("gzip, zstd"), 200, headers)
        assert encoder is not None
        assert dict(headers)[b"content-encoding"] == b"gzip"
        lengths.add(len(b"".join(encoder.blocks([b"<p>" * 2000]))))
    assert len(lengths) > 50


def test_what_a_form_is_answered_with_is_not_packed() -> None:
    page = [(b"content-type", b"text/html"), (b"content-length", b"5000")]

    assert encoder_for(asked(method="POST"), 200, page) is None
    assert encoder_for(asked(method="POST"), 200, list(_LONG)) is not None
