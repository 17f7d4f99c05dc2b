"""Signs canonical DUIS documents: enveloped, exclusive c14n of SignedInfo, ECDSA P-256, SHA-256."""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from firmtrack.duis import vocabulary

# RFC 6979: the same document signed twice is the same octets.
_ECDSA = ECDSA(SHA256(), deterministic_signing=True)

# Written as exclusive c14n writes it, so its octets are what is signed. In the document the
# namespace stands on ds:Signature instead, which changes nothing of that.
_SIGNED_INFO = (
    f'<ds:CanonicalizationMethod Algorithm="{vocabulary.EXCLUSIVE_C14N}">'
    "</ds:CanonicalizationMethod>"
    f'<ds:SignatureMethod Algorithm="{vocabulary.ECDSA_SHA256}"></ds:SignatureMethod>'
    '<ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{vocabulary.ENVELOPED_SIGNATURE}"></ds:Transform>'
    f'</ds:Transforms><ds:DigestMethod Algorithm="{vocabulary.SHA256}"></ds:DigestMethod>'
    "<ds:DigestValue>%s</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
_OPEN = f'<ds:SignedInfo xmlns:ds="{vocabulary.SIGNATURE_NAMESPACE}">'


@dataclass(frozen=True, slots=True)
class Signer:
    """A P-256 key and how a reader finds its certificate: issuer name and serial number."""

    key: EllipticCurvePrivateKey
    issuer_name: str
    serial_number: int

    def signature_over(self, canonical: bytes) -> bytes:
        """Return the ``ds:Signature`` element for a document that is its own canonical form.

        ``canonical`` is the inclusive c14n of the document without the element; the element
        belongs right before the root's end tag.
        """
        signed_info = _SIGNED_INFO % b64encode(sha256(canonical).digest()).decode()
        r, s = decode_dss_signature(self.key.sign((_OPEN + signed_info).encode(), _ECDSA))
        value = b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
        return (
            f'<ds:Signature xmlns:ds="{vocabulary.SIGNATURE_NAMESPACE}"><ds:SignedInfo>'
            f"{signed_info}<ds:SignatureValue>{value}</ds:SignatureValue>"
            "<ds:KeyInfo><ds:X509Data><ds:X509IssuerSerial>"
            f"<ds:X509IssuerName>{escape(self.issuer_name)}</ds:X509IssuerName>"
            f"<ds:X509SerialNumber>{self.serial_number}</ds:X509SerialNumber>"
            "</ds:X509IssuerSerial></ds:X509Data></ds:KeyInfo></ds:Signature>"
        ).encode()
