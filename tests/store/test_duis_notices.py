"""DCC Alerts that are notices: valid, signed, read back as what they tell, and never an echo."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings as django_settings
from lxml import etree

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.domain.facts import Message, MessageKind
from firmtrack.domain.stages import Status
from firmtrack.duis.reader import read
from firmtrack.duis.trust import TrustStore
from firmtrack.notices import endpoints
from firmtrack.notices.calling import Caller
from firmtrack.notices.duis_alerts import DUIS_ALERTS, INCIDENT_HEADER
from firmtrack.store.database import pool
from tests.pki import make_identity
from tests.shared_files import shared_dir
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO_ID,
    DCC_ID,
    HUB,
    METER,
    METERS,
    REQUEST_ID,
    VERSION,
    at,
    digest,
    inventory,
    reported,
    request,
    take,
)
from tests.store.receiver import Receiver
from tests.store.test_notices import dispatch, notices

_ALL_STATUSES = [f"distribution.{status}" for status in Status]


@pytest.fixture
def trust(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrustStore:
    """The operator's setting: a key and a certificate of DCC's, which the reader trusts."""
    identity = make_identity(DCC_ID, 7, role="04")
    key = identity.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    signer = tmp_path / "signer.pem"
    signer.write_bytes(key + identity.pem)
    store = tmp_path / "trusted"
    store.mkdir()
    (store / "dcc.pem").write_bytes(identity.pem)
    environment = replace(
        django_settings.ENVIRONMENT, alert_signer=signer, notice_private_addresses=True
    )
    monkeypatch.setattr(django_settings, "ENVIRONMENT", environment)
    return TrustStore.load(store)


@pytest.fixture
def caller() -> Iterator[Caller]:
    with closing(Caller(may_be_private=True)) as made:
        yield made


@pytest.fixture
def alpha(database: str) -> Party:
    return add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])


def stage_report(status: Status, minute: float, **facts: object) -> Message:
    """Return a stage report: what a DCC system says that no alert said."""
    alert = reported(status, at(minute), METERS[:2], **facts)  # type: ignore[arg-type]  # facts of the right types
    return replace(
        alert,
        kind=MessageKind.STAGE_REPORT,
        user_id=None,
        code=None,
        digest=digest(("reported", status, minute)),
    )


def alerts_to(receiver: Receiver, trust: TrustStore) -> list[Message]:
    """Return what the alerts say, after they were held to the schema and to their signature."""
    schema = _schema()
    found = []
    for call in receiver.calls:
        if schema is not None:
            assert schema.validate(etree.fromstring(call.body)), schema.error_log
        said = read(
            call.body, trust=trust, dcc_ids=frozenset({DCC_ID}), received_at=datetime.now(UTC)
        )
        assert isinstance(said, Message)
        found.append(said)
    return found


def _schema() -> etree.XMLSchema | None:
    shared = shared_dir()
    path = None if shared is None else shared / "duis/schema/duis-5.4.xsd"
    return None if path is None or not path.is_file() else etree.XMLSchema(etree.parse(path))


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (Status.DELIVERED_TO_COMMS_HUB, None, MessageKind.CSP_FIRMWARE_DELIVERY_STATUS),
        (Status.COMMS_HUB_DELIVERY_FAILED, "N61", MessageKind.CSP_FIRMWARE_DELIVERY_STATUS),
        (Status.TRANSFERRED_TO_DEVICE, None, MessageKind.FIRMWARE_TRANSFER_ALERT),
        (Status.DEVICE_TRANSFER_FAILED, "image_discarded", MessageKind.FIRMWARE_TRANSFER_ALERT),
        (
            Status.DEVICE_TRANSFER_FAILED,
            "hardware_version_mismatch",
            MessageKind.FIRMWARE_TRANSFER_ALERT,
        ),
    ],
)
def test_a_change_is_one_signed_alert_a_device_that_says_the_same(
    alpha: Party,
    caller: Caller,
    trust: TrustStore,
    status: Status,
    reason: str | None,
    kind: MessageKind,
) -> None:
    with Receiver() as receiver:
        endpoints.add_endpoint(alpha, DUIS_ALERTS, receiver.url, _ALL_STATUSES)
        for device_id in METERS[:2]:
            take(inventory(at(0), device_id, comms_hub_id=HUB))
        take(request(sent_at=at(0)))
        take(stage_report(status, 5, reason=reason))
        dispatch(caller)

    said = alerts_to(receiver, trust)
    assert [message.kind for message in said] == [kind, kind]
    events = [event for message in said for event in message.events]
    assert [event.device_id for event in events] == list(METERS[:2])
    for event in events:
        assert (event.status, event.reason, event.request_id) == (status, reason, REQUEST_ID)
        assert (event.comms_hub_id, event.firmware_version) == (HUB, VERSION)
    assert {message.user_id for message in said} == {ALPHA_ID}
    assert [notice.state for notice in notices()] == ["delivered", "delivered"]


def test_an_alert_on_a_failure_names_its_incident_in_a_header_and_no_other_does(
    alpha: Party, caller: Caller, trust: TrustStore
) -> None:
    with Receiver() as receiver:
        endpoints.add_endpoint(alpha, DUIS_ALERTS, receiver.url, _ALL_STATUSES)
        for device_id in METERS[:2]:
            take(inventory(at(0), device_id, comms_hub_id=HUB))
        take(request(sent_at=at(0)))
        take(stage_report(Status.DELIVERED_TO_COMMS_HUB, 5))
        take(stage_report(Status.DEVICE_TRANSFER_FAILED, 6, reason="image_discarded"))
        dispatch(caller)

    named = [call.headers.get(INCIDENT_HEADER.lower()) for call in receiver.calls]
    assert len(alerts_to(receiver, trust)) == 4
    kept = [each.incident_id for each in notices()]
    assert named == [None if each is None else str(each) for each in kept]
    assert kept[:2] == [None, None]
    assert kept[2] == kept[3] is not None


def test_what_came_in_as_an_alert_is_not_sent_out_as_one(
    alpha: Party, caller: Caller, trust: TrustStore
) -> None:
    with Receiver() as receiver:
        endpoints.add_endpoint(alpha, DUIS_ALERTS, receiver.url, _ALL_STATUSES)
        take(inventory(at(0), METER, comms_hub_id=HUB))
        take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(1)))
        dispatch(caller)

    assert receiver.calls == []
    assert notices() == []


def test_an_alert_whose_facts_are_not_known_is_not_made_up(
    alpha: Party, caller: Caller, trust: TrustStore
) -> None:
    with Receiver() as receiver:
        endpoints.add_endpoint(alpha, DUIS_ALERTS, receiver.url, _ALL_STATUSES)
        take(request(sent_at=at(0)))
        take(stage_report(Status.DELIVERED_TO_COMMS_HUB, 5))  # through which hub, nobody said
        take(stage_report(Status.DEVICE_TRANSFER_FAILED, 6, reason="no_such_result"))
        dispatch(caller)

    assert receiver.calls == []


def test_a_responsible_supplier_is_told_that_an_update_was_asked_for_but_not_by_whom(
    alpha: Party, caller: Caller, trust: TrustStore
) -> None:
    bravo = add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    with Receiver() as receiver:
        endpoints.add_endpoint(bravo, DUIS_ALERTS, receiver.url, _ALL_STATUSES)
        take(
            inventory(
                at(0), METER, comms_hub_id=HUB, device_type="ESME", responsible_supplier=BRAVO_ID
            )
        )
        take(request(sent_at=at(0)))
        take(
            stage_report(Status.DELIVERED_TO_COMMS_HUB, 5)
        )  # names the request: not Bravo's to know
        dispatch(caller)

    (said,) = alerts_to(receiver, trust)
    assert said.kind is MessageKind.FIRMWARE_UPGRADE_REQUESTED
    assert said.user_id == BRAVO_ID
    assert [event.device_id for event in said.events] == [METER]
    assert str(ALPHA_ID).encode() not in receiver.calls[0].body


def test_every_alert_has_a_number_of_its_own_and_goes_out_again_as_it_was(
    alpha: Party, caller: Caller, trust: TrustStore
) -> None:
    with Receiver() as receiver:
        endpoints.add_endpoint(alpha, DUIS_ALERTS, receiver.url, _ALL_STATUSES)
        for device_id in METERS[:2]:
            take(inventory(at(0), device_id, comms_hub_id=HUB))
        take(request(sent_at=at(0)))
        take(stage_report(Status.DELIVERED_TO_COMMS_HUB, 5))
        dispatch(caller)
        with pool().connection() as connection:
            connection.execute("UPDATE notice SET state = 'dead'")
        endpoints.resend(ALPHA)
        dispatch(caller)

    bodies = [call.body for call in receiver.calls]
    assert len(set(bodies)) == 2
    assert bodies[:2] == bodies[2:]
