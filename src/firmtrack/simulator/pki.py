"""The test public key infrastructure: who signs with which key, certified by whom.

Every key follows from the seed, so anyone can make them again: good for tests and demonstrations,
and for nothing else.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.signing import Signer

# Role codes of the certificates' Organisational Unit. Source: DCC's own test certificates for 07;
# the others follow GBCS's RemotePartyRole (likely).
ISSUING_AUTHORITY_ROLE = "07"
SUPPLIER_ROLE = "02"
DCC_ROLE = "04"

ISSUER_NAME = f"CN=Z1, OU={ISSUING_AUTHORITY_ROLE}"
"""The issuer, as signatures name it."""

_VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_VALID_TO = datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)
_CURVE = ec.SECP256R1()
_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True)
class Signatory:
    """A party that signs, its certificate, and what signs documents in its name."""

    eui: Eui64
    certificate: x509.Certificate
    signer: Signer

    @property
    def file_name(self) -> str:
        """The name of its certificate's file in a trust store."""
        return f"{self.eui}.pem"

    def certificate_pem(self) -> bytes:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)


class IssuingAuthority:
    """The authority that certifies the parties of one simulated world."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._key = key_of(seed, "issuing authority")
        self._name = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ISSUING_AUTHORITY_ROLE),
                x509.NameAttribute(NameOID.COMMON_NAME, "Z1"),
            ]
        )

    def certify(self, eui: Eui64, *, role: str) -> Signatory:
        """Return the party ``eui`` with its signing key and organisation certificate."""
        key = key_of(self._seed, f"party {eui}")
        # A NameAttribute takes a BIT STRING under this private name only (cryptography 50); its
        # content begins with the number of unused bits.
        identifier = x509.NameAttribute(
            NameOID.X500_UNIQUE_IDENTIFIER, b"\0" + eui.to_bytes(8, "big"), _ASN1Type.BitString
        )
        unit = x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role)
        certificate = (
            x509.CertificateBuilder()
            .issuer_name(self._name)
            .subject_name(x509.Name([unit, identifier]))
            .serial_number(_number(self._seed, f"serial {eui}") >> 130)
            .public_key(key.public_key())
            .not_valid_before(_VALID_FROM)
            .not_valid_after(_VALID_TO)
            .add_extension(_SIGNING_ONLY, critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256(), ecdsa_deterministic=True)
        )
        signer = Signer(key, ISSUER_NAME, certificate.serial_number)
        return Signatory(eui, certificate, signer)


_SIGNING_ONLY = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


def key_of(seed: int, name: str) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key that ``seed`` gives to whoever is called ``name``."""
    return ec.derive_private_key(_number(seed, name) % (_CURVE_ORDER - 1) + 1, _CURVE)


def _number(seed: int, name: str) -> int:
    octets = hashlib.sha256(f"firmtrack simulator / {seed} / {name}".encode()).digest()
    return int.from_bytes(octets, "big")
