"""The fixed cast's certificates, and a trust store that holds them."""

from collections.abc import Callable

import pytest

from firmtrack.domain.facts import Message
from firmtrack.duis.documents import Document, RequestDocument
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.writer import write
from tests.pki import Identity, make_identity, write_trust_store
from tests.unit.duis.samples import ALPHA, BRAVO, DCC, NOW

Read = Callable[[bytes], Message | NotAboutFirmware]
Sign = Callable[[Document], bytes]


@pytest.fixture(scope="session")
def alpha() -> Identity:
    return make_identity(ALPHA, 0x7001)


@pytest.fixture(scope="session")
def bravo() -> Identity:
    return make_identity(BRAVO, 0x7002)


@pytest.fixture(scope="session")
def dcc() -> Identity:
    return make_identity(DCC, 0x7003)


@pytest.fixture(scope="session")
def trust(
    tmp_path_factory: pytest.TempPathFactory, alpha: Identity, bravo: Identity, dcc: Identity
) -> TrustStore:
    return TrustStore.load(write_trust_store(tmp_path_factory.mktemp("trust"), alpha, bravo, dcc))


@pytest.fixture(scope="session")
def sign(alpha: Identity, dcc: Identity) -> Sign:
    """Writes a document signed by whoever should sign it."""

    def sign(document: Document) -> bytes:
        is_request = isinstance(document, RequestDocument)
        return write(document, signer=(alpha if is_request else dcc).signer)

    return sign


@pytest.fixture(scope="session")
def read_signed(trust: TrustStore) -> Read:
    """Reads octets that must be signed."""
    return lambda body: read(body, trust=trust, dcc_ids=frozenset({DCC}), received_at=NOW)
