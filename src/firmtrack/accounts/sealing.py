"""Secrets that have to be read again, encrypted under the secret key: one-time codes, providers."""

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from firmtrack.errors import FirmtrackError


class SealBroken(FirmtrackError):
    """A secret was stored under another FIRMTRACK_SECRET_KEY: it is to be given anew."""


def sealed(secret: str) -> str:
    """Return the secret as it is stored."""
    return _fernet(settings.SECRET_KEY).encrypt(secret.encode()).decode()


def unsealed(stored: str) -> str:
    """Return the secret that was stored. Raises SealBroken."""
    try:
        return _fernet(settings.SECRET_KEY).decrypt(stored.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


@cache
def _fernet(secret_key: str) -> Fernet:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"firmtrack account secrets")
    return Fernet(urlsafe_b64encode(derivation.derive(secret_key.encode())))
