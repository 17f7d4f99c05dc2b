"""Which certificates a trust store takes, and how it finds them."""

import time
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from firmtrack.duis.names import comparable_name, parse_name
from firmtrack.duis.rejections import SignerUnknown
from firmtrack.duis.trust import BadTrustStore, TrustStore
from tests.pki import ISSUER_NAME, Identity, make_identity, write_trust_store
from tests.unit.duis.samples import ALPHA, BRAVO


def test_a_certificate_is_found_by_issuer_and_serial_number(
    tmp_path: Path, alpha: Identity, bravo: Identity
) -> None:
    store = TrustStore.load(write_trust_store(tmp_path, alpha, bravo))
    assert store.find("CN=Z1,OU=07", 0x7001).eui == ALPHA
    assert store.find(ISSUER_NAME, 0x7002).eui == BRAVO
    with pytest.raises(SignerUnknown):
        store.find(ISSUER_NAME, 0x7003)


def test_one_file_may_hold_several_certificates(
    tmp_path: Path, alpha: Identity, bravo: Identity
) -> None:
    (tmp_path / "all").write_bytes(alpha.pem + bravo.pem)
    assert len(TrustStore.load(tmp_path).certificates) == 2


def test_the_same_certificate_twice_is_one(tmp_path: Path, alpha: Identity) -> None:
    (tmp_path / "a").write_bytes(alpha.pem)
    (tmp_path / "b").write_bytes(alpha.pem)
    assert len(TrustStore.load(tmp_path).certificates) == 1


def test_two_certificates_with_one_number_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(make_identity(ALPHA, 1).pem)
    with pytest.raises(BadTrustStore, match=r"b: another certificate"):
        TrustStore.load(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hello", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_without_certificate_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pem").write_bytes(content)
    with pytest.raises(BadTrustStore, match=r"bad\.pem: no PEM certificate"):
        TrustStore.load(tmp_path)


def test_hidden_files_and_folders_are_passed_over(tmp_path: Path, alpha: Identity) -> None:
    write_trust_store(tmp_path, alpha)
    (tmp_path / ".gitkeep").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    assert len(TrustStore.load(tmp_path).certificates) == 1


def test_an_empty_or_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTrustStore, match="holds no certificate"):
        TrustStore.load(tmp_path)
    with pytest.raises(BadTrustStore, match="not a directory"):
        TrustStore.load(tmp_path / "missing")


def test_a_certificate_without_eui_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTrustStore, match="no EUI-64"):
        TrustStore.load(write_trust_store(tmp_path, make_identity(None, 1)))


def test_a_key_on_another_curve_is_refused(tmp_path: Path) -> None:
    identity = make_identity(ALPHA, 1, curve=ec.SECP384R1())
    with pytest.raises(BadTrustStore, match="P-256"):
        TrustStore.load(write_trust_store(tmp_path, identity))


def test_a_key_for_key_agreement_is_refused(tmp_path: Path) -> None:
    agreement = make_identity(ALPHA, 1, may_sign=False)
    with pytest.raises(BadTrustStore, match="not for digital signatures"):
        TrustStore.load(write_trust_store(tmp_path, agreement))
    assert TrustStore.load(write_trust_store(tmp_path, make_identity(ALPHA, 1, may_sign=True)))


@pytest.mark.parametrize(
    "text",
    [
        "OU=07, CN=Z1",
        "CN=Z1,OU=07",
        "CN=Z1;OU=07",
        " cn = z1 ,  ou = 07 ",
        'CN="Z1",OU=07',
        r"CN=\5a1,OU=07",
        "OID.2.5.4.3=Z1,2.5.4.11=07",
        "CN=Z1+OU=07",
    ],
)
def test_names_that_say_the_same_are_the_same(text: str, alpha: Identity) -> None:
    assert parse_name(text) == comparable_name(alpha.certificate.issuer)


@pytest.mark.parametrize(
    "text",
    ["", "Z1", "CN", "CN=Z1,", ",CN=Z1", "CN=Z1,,OU=07", 'CN="Z1', "CN=a\\", "=a", "C" * 2000],
)
def test_what_is_no_name_is_none(text: str) -> None:
    assert parse_name(text) is None


@pytest.mark.parametrize("text", ["CN=Z1", "OU=07, CN=Z1, CN=Z1", "OU=07, O=Z1", "OU=7, CN=Z1"])
def test_other_names_are_other_names(text: str, alpha: Identity) -> None:
    assert parse_name(text) != comparable_name(alpha.certificate.issuer)


@pytest.mark.parametrize(
    "text",
    [
        "CN=" + " " * 1_000 + "\\",
        " " * 1_000 + "CN",
        "CN" + " " * 1_000 + "x",
        'CN="' + " " * 1_000 + "\\",
        "1." * 500,
        "CN=" + "\\5c" * 340 + "\\",
        "CN=a," * 200,
    ],
)
def test_a_name_made_to_be_slow_is_not(text: str) -> None:
    start = time.process_time()
    assert parse_name(text) is None
    assert time.process_time() - start < 0.5


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME]
            ),
            st.text(
                st.characters(codec="ascii", categories=["L", "N", "P", "S", "Zs"]),
                min_size=1,
                max_size=20,
            ).filter(lambda value: value.strip() == value != "" and value[0] != "#"),
        ),
        min_size=1,
        max_size=4,
        unique=True,
    )
)
def test_every_name_that_rfc_4514_writes_is_read_back(
    parts: list[tuple[x509.ObjectIdentifier, str]],
) -> None:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    assert parse_name(name.rfc4514_string()) == comparable_name(name)
