"""Who signs the DCC Alerts that notices are, and with what."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.signing import Signer
from firmtrack.duis.trust import BadTrustStore, eui_of_certificate
from firmtrack.notices.channel import ChannelUnusable


class BadAlertSigner(ChannelUnusable):
    """FIRMTRACK_ALERT_SIGNER is not a PEM file with a P-256 key and its certificate."""

    sentence = "DCC Alerts cannot be signed at the moment: ask Firmtrack’s operator"


class NoAlertSigner(ChannelUnusable):
    """DCC Alerts need a key and a certificate to be signed with: set FIRMTRACK_ALERT_SIGNER."""

    sentence = BadAlertSigner.sentence


@dataclass(frozen=True, slots=True)
class AlertSigner:
    """Who signs alerts, and with what."""

    sender: Eui64
    signer: Signer


def alert_signer() -> AlertSigner:
    """Return who signs. Raises NoAlertSigner, BadAlertSigner."""
    path: Path | None = settings.ENVIRONMENT.alert_signer
    if path is None:
        raise NoAlertSigner
    return _read_signer(path)


@cache
def _read_signer(path: Path) -> AlertSigner:
    try:
        pem = path.read_bytes()
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
        sender = eui_of_certificate(certificate, path)
    except (OSError, ValueError, TypeError, BadTrustStore) as error:
        raise BadAlertSigner from error
    if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise BadAlertSigner
    return AlertSigner(
        sender, Signer(key, certificate.issuer.rfc4514_string(), certificate.serial_number)
    )
