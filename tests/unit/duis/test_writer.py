"""What the writer writes: valid, canonical, reproducible, and signed as DCC signs."""

from pathlib import Path

import pytest
import xmlsec
from lxml import etree

from firmtrack.duis.vocabulary import DS
from firmtrack.duis.writer import write
from tests.pki import Identity, make_identity
from tests.unit.duis.every_sample import EVERYTHING
from tests.unit.duis.samples import ALPHA, ota_image, update_firmware

SCHEMA_PATH = Path(__file__).parents[4] / "shared/duis/schema/duis-5.4.xsd"


@pytest.fixture(scope="module")
def alpha() -> Identity:
    return make_identity(ALPHA, 0x7001)


@pytest.fixture(scope="module")
def schema() -> etree.XMLSchema:
    if not SCHEMA_PATH.exists():
        pytest.skip("the DUIS schema is not part of this repository")
    return etree.XMLSchema(etree.parse(SCHEMA_PATH))


@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("is_signed", [False, True], ids=["unsigned", "signed"])
def test_what_is_written_is_valid(
    name: str, is_signed: bool, schema: etree.XMLSchema, alpha: Identity
) -> None:
    octets = write(EVERYTHING[name], signer=alpha.signer if is_signed else None)
    assert schema.validate(etree.fromstring(octets)), schema.error_log


@pytest.mark.parametrize("name", EVERYTHING)
def test_what_is_written_is_its_own_canonical_form(name: str) -> None:
    octets = write(EVERYTHING[name])
    tree = etree.fromstring(octets)
    assert etree.tostring(tree, method="c14n") == octets
    assert etree.tostring(tree, method="c14n", exclusive=True) == octets


@pytest.mark.parametrize("name", EVERYTHING)
def test_xmlsec_accepts_the_signature(name: str, alpha: Identity) -> None:
    root = etree.fromstring(write(EVERYTHING[name], signer=alpha.signer))
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(alpha.pem, xmlsec.constants.KeyDataFormatCertPem)
    context.verify(root[-1])


def test_a_signed_document_is_the_unsigned_one_and_a_signature(alpha: Identity) -> None:
    root = etree.fromstring(write(update_firmware(), signer=alpha.signer))
    signature = root[-1]
    assert signature.tag == f"{DS}Signature"
    root.remove(signature)
    assert etree.tostring(root, method="c14n", exclusive=True) == write(update_firmware())


def test_the_same_document_signed_twice_is_the_same_octets(alpha: Identity) -> None:
    document = update_firmware(ota_image(b"x" * 1000))
    assert write(document, signer=alpha.signer) == write(document, signer=alpha.signer)


def test_the_schema_version_is_the_callers_choice() -> None:
    assert b'schemaVersion="5.1"' in write(update_firmware(), schema_version="5.1")
