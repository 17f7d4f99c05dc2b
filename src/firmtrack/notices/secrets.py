"""The secrets that webhooks are signed with: shown once, and stored encrypted."""

import secrets
from base64 import b64encode, urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from firmtrack.errors import FirmtrackError

_SECRET_BYTES = 32
_PREFIX = "whsec_"


class SecretUnreadable(FirmtrackError):
    """The endpoint's secret was stored under another FIRMTRACK_SECRET_KEY: rotate it."""


def new_secret() -> str:
    """Return a fresh secret as Standard Webhooks writes it: ``whsec_`` and base64."""
    return _PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def sealed(secret: str) -> bytes:
    """Return the secret as it is stored."""
    return _fernet(settings.SECRET_KEY).encrypt(secret.encode())


def unsealed(stored: bytes) -> str:
    """Return the secret that was stored. Raises SecretUnreadable."""
    try:
        return _fernet(settings.SECRET_KEY).decrypt(stored).decode()
    except InvalidToken:
        raise SecretUnreadable from None


@cache
def _fernet(secret_key: str) -> Fernet:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"firmtrack notice secrets")
    return Fernet(urlsafe_b64encode(derivation.derive(secret_key.encode())))
