"""Certificates for tests: as DCC's in what Firmtrack reads of them, made anew, trusted by no one.

A certificate is signed with its own key: Firmtrack trusts what stands in its trust store and
builds no chains, so a certificate authority would prove nothing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.signing import Signer

ISSUER_NAME = "OU=07, CN=Z1"
_ISSUER = x509.Name(
    [
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "07"),
        x509.NameAttribute(NameOID.COMMON_NAME, "Z1"),
    ]
)
VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_TO = datetime(2035, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Identity:
    """A party's certificate and the signer that belongs to it."""

    certificate: x509.Certificate
    signer: Signer

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def make_identity(
    eui: Eui64 | None,
    serial_number: int,
    *,
    role: str = "02",
    curve: ec.EllipticCurve | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
    may_sign: bool | None = None,
    valid_to: datetime = VALID_TO,
) -> Identity:
    """Return a new identity; the subject is ``OU=role`` and, if given, the EUI.

    ``may_sign`` gives the certificate a key usage: for signatures, or for key agreement alone.
    """
    key = key or ec.generate_private_key(curve or ec.SECP256R1())
    subject: list[x509.NameAttribute[str] | x509.NameAttribute[bytes]] = [
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role)
    ]
    if eui is not None:
        subject.append(
            x509.NameAttribute(
                NameOID.X500_UNIQUE_IDENTIFIER,
                # A BIT STRING's content begins with the number of its unused bits.
                b"\0" + eui.to_bytes(8, "big"),
                _ASN1Type.BitString,
            )
        )
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(subject))
        .issuer_name(_ISSUER)
        .public_key(key.public_key())
        .serial_number(serial_number)
        .not_valid_before(VALID_FROM)
        .not_valid_after(valid_to)
    )
    if may_sign is not None:
        builder = builder.add_extension(_key_usage(may_sign=may_sign), critical=True)
    certificate = builder.sign(key, SHA256())
    return Identity(certificate, Signer(key, ISSUER_NAME, serial_number))


def _key_usage(*, may_sign: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=may_sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not may_sign,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def write_trust_store(directory: Path, *identities: Identity) -> Path:
    """Write one PEM file an identity into ``directory``; return the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for identity in identities:
        (directory / f"{identity.certificate.serial_number}.pem").write_bytes(identity.pem)
    return directory
