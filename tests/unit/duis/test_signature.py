"""Signatures: what is accepted, and every way to cheat that must not be."""

import hashlib
import hmac
import pickle
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import RequestId
from firmtrack.duis import vocabulary
from firmtrack.duis.documents import RequestDocument
from firmtrack.duis.reader import read
from firmtrack.duis.rejections import (
    DuisRejected,
    SignatureBad,
    SignatureMissing,
    SignatureShape,
    SignerMismatch,
    SignerNotValid,
    SignerUnknown,
)
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.vocabulary import DS, SR
from firmtrack.duis.writer import write
from tests.pki import VALID_FROM, VALID_TO, Identity, make_identity, write_trust_store
from tests.unit.duis.conftest import Read, Sign
from tests.unit.duis.samples import (
    ALPHA,
    BRAVO,
    DCC,
    METER,
    OTHER_METER,
    RECORDED,
    csp_status,
    dcc_alert,
    update_firmware,
)

_EXCLUSIVE_WITH_COMMENTS = vocabulary.EXCLUSIVE_C14N + "WithComments"
_ECDSA_SHA1 = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha1"
_HMAC_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"
_XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
_XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"


def _signature(root: etree._Element) -> etree._Element:
    found = root.find(f"{DS}Signature")
    assert found is not None
    return found


def _ds(signature: etree._Element, name: str) -> etree._Element:
    return next(signature.iter(DS + name))


def _resign(
    root: etree._Element, key: ec.EllipticCurvePrivateKey, algorithm: HashAlgorithm | None = None
) -> bytes:
    """Return the document with SignedInfo signed anew: a cheat who holds a key."""
    signed_info = etree.tostring(
        _ds(_signature(root), "SignedInfo"), method="c14n", exclusive=True, with_comments=False
    )
    algorithm = algorithm or SHA256()
    r, s = decode_dss_signature(key.sign(signed_info, ec.ECDSA(algorithm)))
    value = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    _ds(_signature(root), "SignatureValue").text = b64encode(value).decode()
    return etree.tostring(root)


@pytest.fixture
def request_root(sign: Sign) -> etree._Element:
    return etree.fromstring(sign(update_firmware()))


@pytest.mark.parametrize("name", RECORDED)
def test_a_good_signature_is_accepted(name: str, sign: Sign, read_signed: Read) -> None:
    assert isinstance(read_signed(sign(RECORDED[name])), Message)


@pytest.mark.parametrize(
    "issuer",
    ["CN=Z1, OU=07", "CN=Z1,OU=07", "ou=07,cn=z1", 'OU = "07" ; CN=Z1', "2.5.4.3=Z1,OU=07"],
)
def test_the_issuer_is_compared_as_a_name(
    issuer: str, request_root: etree._Element, read_signed: Read
) -> None:
    # KeyInfo is not signed: whoever writes it only says which key to take.
    _ds(_signature(request_root), "X509IssuerName").text = issuer
    assert isinstance(read_signed(etree.tostring(request_root)), Message)


def test_white_space_and_prefixes_that_were_signed_are_accepted(
    alpha: Identity, read_signed: Read
) -> None:
    root = etree.fromstring(write(update_firmware()).replace(b"><", b">\n  <"))
    template = xmlsec.template.create(
        root, xmlsec.constants.TransformExclC14N, xmlsec.constants.TransformEcdsaSha256
    )
    root.append(template)
    reference = xmlsec.template.add_reference(template, xmlsec.constants.TransformSha256, uri="")
    xmlsec.template.add_transform(reference, xmlsec.constants.TransformEnveloped)
    data = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(template))
    issuer_serial = xmlsec.template.x509_data_add_issuer_serial(data)
    xmlsec.template.x509_issuer_serial_add_issuer_name(issuer_serial, "CN=Z1, OU=07")
    xmlsec.template.x509_issuer_serial_add_serial_number(issuer_serial, str(0x7001))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(
        alpha.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        xmlsec.constants.KeyDataFormatPem,
    )
    template.tail = "\n"
    context.sign(template)
    assert isinstance(read_signed(etree.tostring(root)), Message)


def test_a_stripped_signature_is_missed(read_signed: Read) -> None:
    with pytest.raises(SignatureMissing):
        read_signed(write(update_firmware()))


def test_without_a_trust_store_no_signature_is_needed_or_checked(sign: Sign) -> None:
    body = sign(update_firmware())
    changed = body.replace(b">0123ABCD<", b">0123ABCE<")
    assert isinstance(read(changed, dcc_ids=frozenset({DCC})), Message)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b">0123ABCD<", b">0123ABCE<"),
        (b":1000<", b":1001<"),
        (b"<sr:Header>", b"<sr:Header >\n"),
        (b'schemaVersion="5.4"', b'schemaVersion="5.3"'),
        (b"-A0,", b"-A0,00-00-00-00-00-00-00-00,"),
        (b"<sr:Body>", b"<sr:Body x='1'>"),
    ],
)
def test_a_document_changed_after_signing_is_refused(
    old: bytes, new: bytes, sign: Sign, read_signed: Read
) -> None:
    body = sign(update_firmware())
    assert old in body
    with pytest.raises(SignatureBad):
        read_signed(body.replace(old, new))


def test_a_signature_over_another_document_is_refused(sign: Sign, read_signed: Read) -> None:
    root = etree.fromstring(write(update_firmware(device_ids=(METER,))))
    other = etree.fromstring(sign(update_firmware(device_ids=(OTHER_METER,))))
    root.append(_signature(other))
    with pytest.raises(SignatureBad):
        read_signed(etree.tostring(root))


@pytest.mark.parametrize("value", ["", "AAAA", "!", b64encode(bytes(64)).decode()])
def test_a_signature_value_that_is_none_is_refused(
    value: str, request_root: etree._Element, read_signed: Read
) -> None:
    _ds(_signature(request_root), "SignatureValue").text = value
    with pytest.raises(SignatureBad):
        read_signed(etree.tostring(request_root))


def test_a_key_that_was_made_for_the_occasion_is_not_believed(
    trust: TrustStore, read_signed: Read
) -> None:
    impostor = make_identity(ALPHA, 0x7001)
    with pytest.raises(SignatureBad):
        read_signed(write(update_firmware(), signer=impostor.signer))


def test_a_signer_whose_certificate_is_not_held_is_unknown(read_signed: Read) -> None:
    stranger = make_identity(ALPHA, 0x7009)
    with pytest.raises(SignerUnknown):
        read_signed(write(update_firmware(), signer=stranger.signer))


@pytest.mark.parametrize("issuer", ["OU=07, CN=Z2", "CN=Z1", "", "Z1", "OU=07, CN=Z1, CN=Z1", ","])
def test_another_issuer_is_unknown(
    issuer: str, request_root: etree._Element, read_signed: Read
) -> None:
    _ds(_signature(request_root), "X509IssuerName").text = issuer
    with pytest.raises(SignerUnknown):
        read_signed(etree.tostring(request_root))


@pytest.mark.parametrize(
    "serial", ["", "x", "0x7001", "-1", "9" * 5_000, "\N{FULLWIDTH DIGIT TWO}"]
)
def test_a_serial_number_that_is_none_is_refused(
    serial: str, request_root: etree._Element, read_signed: Read
) -> None:
    _ds(_signature(request_root), "X509SerialNumber").text = serial
    with pytest.raises(SignatureShape):
        read_signed(etree.tostring(request_root))


def test_one_supplier_cannot_sign_for_another(bravo: Identity, read_signed: Read) -> None:
    with pytest.raises(SignerMismatch):
        read_signed(write(update_firmware(), signer=bravo.signer))


def test_dcc_cannot_sign_a_suppliers_request(dcc: Identity, read_signed: Read) -> None:
    with pytest.raises(SignerMismatch):
        read_signed(write(update_firmware(), signer=dcc.signer))


@pytest.mark.parametrize(
    "name", [name for name, doc in RECORDED.items() if not isinstance(doc, RequestDocument)]
)
def test_a_supplier_cannot_sign_what_dcc_says(
    name: str, alpha: Identity, read_signed: Read
) -> None:
    with pytest.raises(SignerMismatch):
        read_signed(write(RECORDED[name], signer=alpha.signer))


def test_dcc_is_whoever_the_setting_names(bravo: Identity, trust: TrustStore) -> None:
    body = write(dcc_alert("N60", csp_status()), signer=bravo.signer)
    assert isinstance(read(body, trust=trust, dcc_ids=frozenset({BRAVO})), Message)
    with pytest.raises(SignerMismatch):
        read(body, trust=trust, dcc_ids=frozenset())


def test_the_originator_is_read_from_its_place_alone(alpha: Identity, read_signed: Read) -> None:
    stolen = update_firmware()
    body = write(
        type(stolen)(
            request_id=RequestId(BRAVO, DCC, 1),
            variant=stolen.variant,
            firmware_image=stolen.firmware_image,
            firmware_version=stolen.firmware_version,
            device_ids=stolen.device_ids,
        ),
        signer=alpha.signer,
    )
    with pytest.raises(SignerMismatch):
        read_signed(body)


# Each takes the signed document's root and wraps or bends it; all are refused before the key.
def _body_in_object(root: etree._Element) -> None:
    wrapper = etree.SubElement(_signature(root), f"{DS}Object")
    wrapper.append(etree.fromstring(etree.tostring(root[1])))


def _whole_in_object(root: etree._Element) -> None:
    original = etree.fromstring(etree.tostring(root))
    etree.SubElement(_signature(root), f"{DS}Object").append(original)
    next(root.iter(f"{SR}FirmwareVersion")).text = "FFFFFFFF"


def _second_signature(root: etree._Element) -> None:
    root.append(etree.fromstring(etree.tostring(_signature(root))))


def _second_signature_first(root: etree._Element) -> None:
    root.insert(0, etree.fromstring(etree.tostring(_signature(root))))


def _signature_not_last(root: etree._Element) -> None:
    root.append(etree.fromstring(etree.tostring(root[1])))


def _signature_first(root: etree._Element) -> None:
    root.insert(0, _signature(root))


def _signature_in_body(root: etree._Element) -> None:
    root[1].append(_signature(root))


def _signature_in_signature(root: etree._Element) -> None:
    _ds(_signature(root), "KeyInfo").append(etree.fromstring(etree.tostring(_signature(root))))


def _uri(value: str) -> Callable[[etree._Element], None]:
    return lambda root: _ds(_signature(root), "Reference").set("URI", value)


def _no_uri(root: etree._Element) -> None:
    del _ds(_signature(root), "Reference").attrib["URI"]


def _two_references(root: etree._Element) -> None:
    reference = _ds(_signature(root), "Reference")
    reference.addnext(etree.fromstring(etree.tostring(reference)))


def _no_reference(root: etree._Element) -> None:
    reference = _ds(_signature(root), "Reference")
    _ds(_signature(root), "SignedInfo").remove(reference)


def _more_transform(algorithm: str) -> Callable[[etree._Element], None]:
    def bend(root: etree._Element) -> None:
        transforms = _ds(_signature(root), "Transforms")
        etree.SubElement(transforms, f"{DS}Transform", Algorithm=algorithm)

    return bend


def _other_transform(algorithm: str) -> Callable[[etree._Element], None]:
    return lambda root: _ds(_signature(root), "Transform").set("Algorithm", algorithm)


def _no_transform(root: etree._Element) -> None:
    transforms = _ds(_signature(root), "Transforms")
    transforms.remove(transforms[0])


def _xpath_in_transform(root: etree._Element) -> None:
    etree.SubElement(_ds(_signature(root), "Transform"), f"{DS}XPath").text = "true()"


def _algorithm(name: str, algorithm: str) -> Callable[[etree._Element], None]:
    return lambda root: _ds(_signature(root), name).set("Algorithm", algorithm)


def _attribute(name: str, attribute: str) -> Callable[[etree._Element], None]:
    return lambda root: _ds(_signature(root), name).set(attribute, "x")


def _hmac_output_length(root: etree._Element) -> None:
    etree.SubElement(_ds(_signature(root), "SignatureMethod"), f"{DS}HMACOutputLength").text = "0"


def _inclusive_namespaces(root: etree._Element) -> None:
    etree.SubElement(
        _ds(_signature(root), "CanonicalizationMethod"),
        f"{{{vocabulary.EXCLUSIVE_C14N}}}InclusiveNamespaces",
        PrefixList="sr",
    )


def _key(name: str) -> Callable[[etree._Element], None]:
    def bend(root: etree._Element) -> None:
        etree.SubElement(_ds(_signature(root), "KeyInfo"), DS + name).text = "x"

    return bend


def _key_instead(root: etree._Element) -> None:
    key_info = _ds(_signature(root), "KeyInfo")
    key_info.remove(key_info[0])
    etree.SubElement(etree.SubElement(key_info, f"{DS}KeyValue"), f"{DS}ECKeyValue")


def _certificate(root: etree._Element) -> None:
    etree.SubElement(_ds(_signature(root), "X509Data"), f"{DS}X509Certificate").text = "x"


def _no_key_info(root: etree._Element) -> None:
    _signature(root).remove(_ds(_signature(root), "KeyInfo"))


def _instruction(root: etree._Element) -> None:
    _ds(_signature(root), "SignedInfo").append(etree.ProcessingInstruction("x"))


_BENT: dict[str, Callable[[etree._Element], None]] = {
    "body in Object": _body_in_object,
    "document in Object": _whole_in_object,
    "second signature": _second_signature,
    "signature inside signature": _signature_in_signature,
    "signature not last": _signature_not_last,
    "URI #id": _uri("#id"),
    "URI file": _uri("file:///dev/zero"),
    "URI http": _uri("http://127.0.0.1:1/"),
    "URI xpointer": _uri("#xpointer(/)"),
    "no URI": _no_uri,
    "two references": _two_references,
    "no reference": _no_reference,
    "XPath as well": _more_transform(_XPATH),
    "XSLT as well": _more_transform(_XSLT),
    "c14n as well": _more_transform(vocabulary.EXCLUSIVE_C14N),
    "enveloped twice": _more_transform(vocabulary.ENVELOPED_SIGNATURE),
    "XPath instead": _other_transform(_XPATH),
    "no transform": _no_transform,
    "XPath inside": _xpath_in_transform,
    "ECDSA with SHA-1": _algorithm("SignatureMethod", _ECDSA_SHA1),
    "HMAC": _algorithm("SignatureMethod", _HMAC_SHA256),
    "HMAC output length": _hmac_output_length,
    "SHA-1 digest": _algorithm("DigestMethod", "http://www.w3.org/2000/09/xmldsig#sha1"),
    "c14n with comments": _algorithm("CanonicalizationMethod", _EXCLUSIVE_WITH_COMMENTS),
    "inclusive c14n": _algorithm(
        "CanonicalizationMethod", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    ),
    "inclusive namespaces": _inclusive_namespaces,
    "Id on Signature": _attribute("Signature", "Id"),
    "Id on Reference": _attribute("Reference", "Id"),
    "Type on Reference": _attribute("Reference", "Type"),
    "Id on SignedInfo": _attribute("SignedInfo", "Id"),
    "KeyName as well": _key("KeyName"),
    "KeyValue as well": _key("KeyValue"),
    "RetrievalMethod as well": _key("RetrievalMethod"),
    "KeyValue instead": _key_instead,
    "certificate as well": _certificate,
    "no KeyInfo": _no_key_info,
    "processing instruction": _instruction,
}


@pytest.mark.parametrize("name", _BENT)
def test_a_signature_of_another_form_is_refused_before_any_key_is_asked(
    name: str, request_root: etree._Element, alpha: Identity
) -> None:
    _BENT[name](request_root)
    body = (
        etree.tostring(request_root)
        if name == "no reference" or "signature" in name
        else _resign(request_root, alpha.signer.key)
    )
    # An empty trust store: had the key been looked for, the signer would be unknown.
    with pytest.raises(SignatureShape):
        read(body, trust=TrustStore(), dcc_ids=frozenset({DCC}))


@pytest.mark.parametrize("bend", [_second_signature_first, _signature_first, _signature_in_body])
def test_a_signature_in_another_place_is_refused(
    bend: Callable[[etree._Element], None], request_root: etree._Element, read_signed: Read
) -> None:
    bend(request_root)
    with pytest.raises(DuisRejected) as caught:
        read_signed(etree.tostring(request_root))
    assert caught.value.code in {"missing_element", "unexpected_element", "signature_shape"}


def test_sha_1_is_refused_even_if_the_value_is_good(
    request_root: etree._Element, alpha: Identity, read_signed: Read
) -> None:
    _ds(_signature(request_root), "SignatureMethod").set("Algorithm", _ECDSA_SHA1)
    body = _resign(request_root, alpha.signer.key, SHA1())
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(alpha.pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(_signature(etree.fromstring(body)))  # the library alone takes it
    with pytest.raises(SignatureShape):
        read_signed(body)


def test_an_hmac_with_the_public_key_is_refused(
    request_root: etree._Element, alpha: Identity, read_signed: Read
) -> None:
    _ds(_signature(request_root), "SignatureMethod").set("Algorithm", _HMAC_SHA256)
    signed_info = etree.tostring(
        _ds(_signature(request_root), "SignedInfo"), method="c14n", exclusive=True
    )
    value = hmac.new(alpha.pem, signed_info, hashlib.sha256).digest()
    _ds(_signature(request_root), "SignatureValue").text = b64encode(value).decode()
    with pytest.raises(SignatureShape):
        read_signed(etree.tostring(request_root))


def test_the_digest_is_the_same_signed_or_not_and_keeps_the_text_behind(
    request_root: etree._Element, alpha: Identity
) -> None:
    plain = write(update_firmware()).replace(b"</sr:Request>", b"\n</sr:Request>")
    signature = alpha.signer.signature_over(plain)
    signed = plain.replace(b"</sr:Body>", b"</sr:Body>" + signature)
    first, second = (read(body, dcc_ids=frozenset()) for body in (plain, signed))
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert first.digest == second.digest


def test_validity_is_checked_only_where_asked_for(
    tmp_path: Path, alpha: Identity, sign: Sign
) -> None:
    directory = write_trust_store(tmp_path, alpha)
    body = sign(update_firmware())
    before = datetime(2019, 12, 31, tzinfo=UTC)
    after = datetime(2035, 1, 2, tzinfo=UTC)
    for now in (before, after, None):
        assert read(body, trust=TrustStore.load(directory), dcc_ids=frozenset(), now=now)
    strict = TrustStore.load(directory, checks_validity=True)
    for now in (before, after):
        with pytest.raises(SignerNotValid):
            read(body, trust=strict, dcc_ids=frozenset(), now=now)
    for now in (VALID_FROM, VALID_TO):
        assert read(body, trust=strict, dcc_ids=frozenset(), now=now)
    with pytest.raises(ValueError, match="needs to know the time"):
        read(body, trust=strict, dcc_ids=frozenset())


def test_a_trust_store_works_in_another_process(
    tmp_path: Path, trust: TrustStore, sign: Sign
) -> None:
    (tmp_path / "store").write_bytes(pickle.dumps(trust))
    (tmp_path / "body").write_bytes(sign(update_firmware()))
    program = (
        "import pickle, sys, pathlib; from firmtrack.duis.reader import read;"
        "d = pathlib.Path(sys.argv[1]); store = pickle.loads((d / 'store').read_bytes());"
        "m = read((d / 'body').read_bytes(), trust=store, dcc_ids=frozenset());"
        "sys.stdout.buffer.write(pickle.dumps(m))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True
    )
    message = pickle.loads(answer.stdout)
    assert isinstance(message, Message)
    assert message.user_id == ALPHA
    assert answer.stderr == b""


def test_a_rejection_survives_the_way_between_processes(read_signed: Read) -> None:
    with pytest.raises(SignatureMissing) as caught:
        read_signed(write(update_firmware()))
    copy = pickle.loads(pickle.dumps(caught.value))
    assert type(copy) is SignatureMissing
    assert (copy.code, copy.detail, str(copy)) == (
        caught.value.code,
        caught.value.detail,
        str(caught.value),
    )


def test_a_bad_signature_prints_nothing(
    sign: Sign, read_signed: Read, capfd: pytest.CaptureFixture[str]
) -> None:
    body = sign(update_firmware()).replace(b":1000<", b":1001<")
    with pytest.raises(SignatureBad):
        read_signed(body)
    assert capfd.readouterr() == ("", "")


def test_the_signature_value_is_r_and_s(request_root: etree._Element) -> None:
    text = _ds(_signature(request_root), "SignatureValue").text
    assert len(b64decode(text or "")) == 64
