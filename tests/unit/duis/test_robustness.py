"""Whatever octets come, reading gives an answer or a typed rejection."""

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrack.domain.facts import Message
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import DuisRejected
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.writer import write
from tests.examples import examples
from tests.unit.duis.conftest import Sign
from tests.unit.duis.every_sample import EVERYTHING
from tests.unit.duis.samples import DCC, NOW

_UNSIGNED = [write(document) for document in EVERYTHING.values()]
_FRAGMENTS = [
    b"<",
    b">",
    b"&",
    b'"',
    b"<!---->",
    b"<?p?>",
    b"<![CDATA[",
    b"]]>",
    b"<!DOCTYPE a>",
    b"&#xD;",
    b"&lt;",
    b"<sr:Header>",
    b"</sr:Body>",
    b"xmlns='x'",
    b"\xef\xbb\xbf",
    b"\xff",
    b"\x00",
    b",",
    b"=",
    b"99999999999999999999",
    b" ",
    "é".encode(),
]


_PIECES = [body[i : i + 60] for body in _UNSIGNED for i in range(0, min(len(body), 1_500), 30)]


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    body = draw(st.sampled_from(_UNSIGNED))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(body)))
        end = min(len(body), start + draw(st.sampled_from([0, 0, 1, 2, 5, 23, 100])))
        fragment = draw(
            st.one_of(
                st.sampled_from(_FRAGMENTS),
                st.binary(max_size=4),
                st.sampled_from(_PIECES),
            )
        )
        body = body[:start] + fragment + body[end:]
    return body


def _read(body: bytes, trust: TrustStore | None = None) -> None:
    """Read ``body`` and hold the answer to its promise; a DuisRejected is an answer too."""
    with contextlib.suppress(DuisRejected):
        answer = read(body, trust=trust, dcc_ids=frozenset({DCC}), received_at=NOW)
        assert isinstance(answer, Message | NotAboutFirmware)
        if isinstance(answer, Message):
            assert len(answer.digest) == 32
            devices = [event.device_id for event in answer.events]
            assert len(devices) == len(set(devices))
            assert all(event.occurred_at.tzinfo is not None for event in answer.events)


@given(_mutated())
@settings(max_examples=examples(400), deadline=None)
def test_a_mutated_document_gives_an_answer_or_a_rejection(body: bytes) -> None:
    _read(body)


@given(st.binary(max_size=300))
def test_random_octets_give_a_rejection(body: bytes) -> None:
    with pytest.raises(DuisRejected):
        read(body, dcc_ids=frozenset())


@pytest.mark.parametrize("name", EVERYTHING)
def test_no_single_changed_octet_of_a_signed_document_is_believed(
    name: str, sign: Sign, trust: TrustStore
) -> None:
    body = sign(EVERYTHING[name])
    signed = body[: body.index(b"<ds:SignatureValue>")]
    generator = random.Random(name)
    for _ in range(40):
        position = generator.randrange(len(signed))
        octet = bytes([body[position] ^ generator.randrange(1, 256)])
        with pytest.raises(DuisRejected):
            read(
                body[:position] + octet + body[position + 1 :],
                trust=trust,
                dcc_ids=frozenset({DCC}),
                received_at=NOW,
            )


@pytest.mark.parametrize("name", EVERYTHING)
def test_every_truncation_is_refused(name: str) -> None:
    body = write(EVERYTHING[name])
    for end in range(0, len(body), max(1, len(body) // 60)):
        with pytest.raises(DuisRejected):
            read(body[:end], dcc_ids=frozenset({DCC}))
