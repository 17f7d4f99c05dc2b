"""The trust store: whose signature is believed, by issuer name and serial number."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.names import Name, comparable_name, parse_name
from firmtrack.duis.rejections import SignerUnknown
from firmtrack.errors import FirmtrackError


class BadTrustStore(FirmtrackError):
    """The trust store cannot be used."""

    def __init__(self, path: Path, problem: str) -> None:
        self.path = path
        self.problem = problem
        super().__init__(f"{path}: {problem}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedCertificate:
    """What is used of a certificate: whose it is, its P-256 key (PEM), and when it is valid."""

    eui: Eui64
    public_key: bytes
    valid_from: datetime
    valid_to: datetime

    def is_valid_at(self, time: datetime) -> bool:
        """Return whether ``time``, aware, is within the certificate's validity, ends included."""
        return self.valid_from <= time <= self.valid_to


@dataclass(frozen=True, slots=True)
class TrustStore:
    """Certificates by issuer name and serial number. It can be sent to another process.

    ``checks_validity`` is whether signatures count only within the validity of their certificate:
    off by default, since DCC's own test certificates are partly out of date.
    """

    certificates: dict[tuple[Name, int], TrustedCertificate] = field(default_factory=dict)
    checks_validity: bool = False

    @classmethod
    def load(cls, directory: Path, *, checks_validity: bool = False) -> Self:
        """Return the certificates in all files of ``directory``, PEM, one or more in each.

        Files whose names begin with a dot are passed over. Raises BadTrustStore, naming the file,
        for whatever cannot vouch for a party: not a certificate, no EUI-64, another kind of key.
        """
        if not directory.is_dir():
            raise BadTrustStore(directory, "not a directory")
        certificates: dict[tuple[Name, int], TrustedCertificate] = {}
        for path in sorted(directory.iterdir()):
            if path.name.startswith(".") or not path.is_file():
                continue
            for certificate in _read_file(path):
                key = (comparable_name(certificate.issuer), certificate.serial_number)
                trusted = _trusted(certificate, path)
                if certificates.setdefault(key, trusted) != trusted:
                    raise BadTrustStore(path, "another certificate has its issuer and number")
        if not certificates:
            raise BadTrustStore(directory, "holds no certificate")
        return cls(certificates, checks_validity)

    def find(self, issuer_name: str, serial_number: int) -> TrustedCertificate:
        """Return the certificate with this issuer, written as in RFC 4514, and serial number.

        Raises SignerUnknown.
        """
        name = parse_name(issuer_name)
        found = None if name is None else self.certificates.get((name, serial_number))
        if found is None:
            raise SignerUnknown(f"Issuer {issuer_name[:64]!r}, serial number {serial_number}.")
        return found


def _read_file(path: Path) -> Iterable[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadTrustStore(path, f"no PEM certificate ({error})") from None


def _trusted(certificate: x509.Certificate, path: Path) -> TrustedCertificate:
    key = certificate.public_key()
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise BadTrustStore(path, "its key is not one on the curve P-256")
    if not _may_sign(certificate):
        raise BadTrustStore(path, "its key is not for digital signatures")
    return TrustedCertificate(
        eui=eui_of_certificate(certificate, path),
        public_key=key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )


def _may_sign(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True


def eui_of_certificate(certificate: x509.Certificate, path: Path) -> Eui64:
    """Return the EUI-64 in the subject's x500UniqueIdentifier.

    Raises BadTrustStore, naming ``path``.
    Source: SMKI organisation certificates; a BIT STRING's first octet counts its unused bits.
    """
    values = [
        attribute.value
        for attribute in certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    ]
    if len(values) != 1 or not isinstance(values[0], bytes) or len(values[0]) != 9 or values[0][0]:
        raise BadTrustStore(path, "its subject has no EUI-64 as x500UniqueIdentifier")
    return Eui64.from_octets(values[0][1:])
