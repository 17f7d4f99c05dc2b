"""The test PKI: certificates as DCC's, the same for the same seed."""

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.pki import SUPPLIER_ROLE, IssuingAuthority

_ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
_BRAVO = Eui64.parse("90-B3-D5-1F-30-02-00-00")


def test_the_same_seed_certifies_the_same_octets_and_another_does_not() -> None:
    first, again, other = (
        IssuingAuthority(seed).certify(_ALPHA, role=SUPPLIER_ROLE).certificate_pem()
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_the_subject_names_role_and_eui_and_the_issuer_is_an_issuing_authority() -> None:
    certificate = IssuingAuthority(1).certify(_ALPHA, role=SUPPLIER_ROLE).certificate
    (unit,) = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    (identifier,) = certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    assert unit.value == "02"
    assert identifier.value == b"\0" + _ALPHA.to_bytes(8, "big")  # no unused bits
    assert certificate.issuer.rfc4514_string() == "CN=Z1,OU=07"


def test_the_key_in_the_certificate_is_the_one_that_signs() -> None:
    alpha = IssuingAuthority(1).certify(_ALPHA, role=SUPPLIER_ROLE)
    public_key = alpha.certificate.public_key()
    assert isinstance(public_key, EllipticCurvePublicKey)
    signature = alpha.signer.key.sign(b"message", ECDSA(SHA256()))
    public_key.verify(signature, b"message", ECDSA(SHA256()))


def test_parties_differ_in_key_and_serial_number() -> None:
    authority = IssuingAuthority(1)
    alpha, bravo = (authority.certify(eui, role=SUPPLIER_ROLE) for eui in (_ALPHA, _BRAVO))
    assert alpha.certificate.serial_number != bravo.certificate.serial_number
    assert alpha.certificate.public_key() != bravo.certificate.public_key()
    assert alpha.signer.serial_number == alpha.certificate.serial_number
