"""The code tables hold what the schema holds, and no more."""

import pytest
from lxml import etree

from firmtrack.duis import codes
from firmtrack.duis.codes import RESPONSE_CODES, Code, Sureness, is_response_code_for
from firmtrack.duis.dcc_alerts import BODY_KINDS
from tests.unit.duis.test_writer import SCHEMA_PATH

_XS = {"xs": "http://www.w3.org/2001/XMLSchema"}
_TABLES = (
    codes.RESPONSE_CODES,
    codes.DCC_ALERT_CODES,
    codes.DEVICE_ALERT_CODES,
    codes.REASON_CODES,
)


@pytest.fixture(scope="module")
def schema() -> etree._ElementTree:
    if not SCHEMA_PATH.exists():
        pytest.skip("the DUIS schema is not part of this repository")
    return etree.parse(SCHEMA_PATH)


def _enumeration(schema: etree._ElementTree, path: str) -> set[str]:
    found = schema.xpath(f"{path}//xs:enumeration/@value", namespaces=_XS)
    assert isinstance(found, list)
    assert found
    return set(map(str, found))


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("//xs:simpleType[@name='ResponseCode']", frozenset(RESPONSE_CODES)),
        ("//xs:element[@name='DCCAlertCode'][xs:simpleType]", frozenset(codes.DCC_ALERT_CODES)),
        ("//xs:simpleType[@name='DeviceType']", codes.DEVICE_TYPES),
        ("//xs:simpleType[@name='DeviceStatus']", codes.DEVICE_STATUSES),
        *(
            (f"//xs:simpleType[@name='{name}']", statuses)
            for name, statuses in codes.NEW_DEVICE_STATUSES.items()
        ),
        ("//xs:simpleType[@name='FirmwareVersionStatus']", codes.FIRMWARE_VERSION_STATUSES),
        ("//xs:simpleType[@name='CSPRegion']", codes.CSP_REGIONS),
        (
            "//xs:element[@name='TransferResponseCode']",
            frozenset(map(str, codes.TRANSFER_REASONS)),
        ),
        (
            "//xs:element[@name='ActivateImageResultCode']",
            frozenset(map(str, codes.ACTIVATION_REASONS)),
        ),
    ],
)
def test_each_table_is_the_schemas(
    path: str, table: frozenset[str], schema: etree._ElementTree
) -> None:
    assert _enumeration(schema, path) == table


def test_every_alert_body_has_a_kind(schema: etree._ElementTree) -> None:
    names = schema.xpath("//xs:complexType[@name='DCCAlert']//xs:element/@name", namespaces=_XS)
    assert isinstance(names, list)
    assert set(map(str, names)) == set(BODY_KINDS)


def test_the_warning_lists_stand_in_the_schemas_order(schema: etree._ElementTree) -> None:
    names = schema.xpath(
        "//xs:complexType[@name='DSPUpdateFirmwareWarning']//xs:element/@name", namespaces=_XS
    )
    assert isinstance(names, list)
    assert list(map(str, names)) == [row.element for row in codes.WARNING_LISTS]


@pytest.mark.parametrize("table", _TABLES)
def test_a_row_stands_under_its_own_code_and_is_honest(table: dict[str, Code]) -> None:
    for code, row in table.items():
        assert row.code == code
        assert (row.meaning is None) == (row.sureness is Sureness.UNKNOWN)
        assert row.source


def test_every_reason_that_a_message_can_give_is_in_the_table() -> None:
    reasons = {row.reason for row in codes.WARNING_LISTS}
    reasons.update(reason for reason in codes.TRANSFER_REASONS.values() if reason)
    reasons.update(reason for reason in codes.ACTIVATION_REASONS.values() if reason)
    reasons.update(("8F1C", "8F67", "N13", "N19", "N61", "E110101", "E5"))
    assert reasons <= set(codes.REASON_CODES)


@pytest.mark.parametrize(
    ("code", "service", "expected"),
    [
        ("I0", "11.1", True),
        ("E110101", "11.1", True),
        ("E110101", "11.4", False),
        ("W110401", "11.4", True),
        ("E080201", "8.2", True),
        ("E1011", "11.1", True),
        ("E110104", "11.1", False),
        ("N60", "11.1", False),
    ],
)
def test_a_code_of_six_digits_belongs_to_one_service(
    code: str, service: str, expected: bool
) -> None:
    assert is_response_code_for(code, service) is expected
