"""Credentials as NATS writes them in a file: a user's token, and the seed of the key that signs.

nats-py reads them by a package of its own; the key is Ed25519, which we have already.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmtrack.errors import FirmtrackError

_PARTS = re.compile(
    r"-+BEGIN NATS USER JWT-+\s+(?P<jwt>\S+)\s+-+END NATS USER JWT-+"
    r".*?-+BEGIN USER NKEY SEED-+\s+(?P<seed>[A-Z2-7]+)\s+-+END USER NKEY SEED-+",
    re.DOTALL,
)
# A seed is two octets of what it is for, 32 of the key, two that check it.
_SEED_BYTES = 36
_KEY = slice(2, 34)


class BadCredentials(FirmtrackError):
    """NATS_CREDS: the file holds no credentials of a NATS user."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A NATS user: the token that names them, and the key that shows that it is theirs."""

    token: bytes
    key: Ed25519PrivateKey

    def user_jwt(self) -> bytes:
        """Return the token."""
        return self.token

    def sign(self, nonce: str) -> bytes:
        """Return the signature of what the server asks, in Base64."""
        return base64.b64encode(self.key.sign(nonce.encode()))


def read_credentials(path: Path) -> Credentials:
    """Return the credentials in a file. Raises BadCredentials."""
    try:
        found = _PARTS.search(path.read_text(encoding="ascii"))
        if found is None:
            raise BadCredentials
        seed = found["seed"]
        octets = base64.b32decode(seed + "=" * (-len(seed) % 8))
    except (OSError, UnicodeDecodeError, binascii.Error):
        raise BadCredentials from None
    if len(octets) != _SEED_BYTES or int.from_bytes(octets[34:], "little") != binascii.crc_hqx(
        octets[:34], 0
    ):
        raise BadCredentials
    return Credentials(found["jwt"].encode(), Ed25519PrivateKey.from_private_bytes(octets[_KEY]))
