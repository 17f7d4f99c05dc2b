"""What befalls an update besides its stages, read from the alerts that tell of it."""

from dataclasses import replace

import pytest

from firmtrack.domain.facts import Incident, IncidentKind, MessageKind
from firmtrack.domain.identifiers import RequestId, ResponseId
from firmtrack.duis import documents as d
from firmtrack.duis.reader import NotAboutFirmware
from firmtrack.duis.rejections import (
    BadValue,
    DeviceMismatch,
    GbcsMalformed,
    MissingElement,
    UnexpectedElement,
)
from firmtrack.duis.writer import write
from tests.unit.duis.reading import answer, message, taken_out, with_text
from tests.unit.duis.samples import (
    ALPHA,
    DEVICE_ALERT_ID,
    DEVICE_CLOCK,
    HUB,
    INCIDENTS,
    METER,
    NEW_HUB,
    NOW,
    OTHER_METER,
    PPMID,
    RECORDED,
    REQUEST_ID,
    dcc_alert,
    device_alert,
    hub_alert,
    log_restored,
    receipt,
)

Kind = IncidentKind


def told(kind: IncidentKind, **said: object) -> Incident:
    return Incident(kind=kind, occurred_at=NOW, **said)  # type: ignore[arg-type]  # Incident's own fields


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        (
            "quarantined",
            MessageKind.QUARANTINED_REQUEST,
            [told(Kind.REQUEST_QUARANTINED, request_id=REQUEST_ID, reason="ADUserThresholdBreach")],
        ),
        (
            "request failed",
            MessageKind.COMMAND_FAILURE,
            [told(Kind.COMMAND_FAILED, request_id=REQUEST_ID, device_id=METER, reason="N13")],
        ),
        (
            "alert not carried",
            MessageKind.DUIS_VERSION_MISMATCH,
            [told(Kind.MESSAGE_NOT_CARRIED, request_id=REQUEST_ID, device_id=METER, reason="N60")],
        ),
        (
            "alert about a device not carried",
            MessageKind.DUIS_VERSION_MISMATCH,
            [told(Kind.MESSAGE_NOT_CARRIED, device_id=METER, reason="N63")],
        ),
        (
            "response not carried",
            MessageKind.DUIS_VERSION_MISMATCH,
            [told(Kind.MESSAGE_NOT_CARRIED, request_id=REQUEST_ID, reason="11.1")],
        ),
        (
            "removed",
            MessageKind.DEVICE_STATUS_CHANGE_EVENT,
            [told(Kind.DEVICE_REMOVED, device_id=METER)],
        ),
        (
            "meter decommissioned",
            MessageKind.DEVICE_STATUS_CHANGE_EVENT,
            [
                told(Kind.METER_DECOMMISSIONED, device_id=METER),
                told(Kind.ASSOCIATED_METER_DECOMMISSIONED, device_id=PPMID),
                told(Kind.ASSOCIATED_METER_DECOMMISSIONED, device_id=OTHER_METER),
            ],
        ),
        (
            "hub decommissioned",
            MessageKind.DEVICE_STATUS_CHANGE_EVENT,
            [told(Kind.COMMS_HUB_DECOMMISSIONED, comms_hub_id=HUB)],
        ),
        (
            "hub exchanged",
            MessageKind.DEVICE_LOG_RESTORED,
            [told(Kind.COMMS_HUB_EXCHANGED, comms_hub_id=HUB, new_comms_hub_id=NEW_HUB)],
        ),
        (
            "PPMID removed",
            MessageKind.PPMID_REMOVAL,
            [told(Kind.PPMID_REMOVED, device_id=PPMID, comms_hub_id=HUB)],
        ),
        (
            "firmware changed",
            MessageKind.DEVICE_FIRMWARE_ALERT,
            [told(Kind.FIRMWARE_CHANGED, device_id=METER, reason="8F43")],
        ),
        (
            "verification at power-on failed",
            MessageKind.DEVICE_FIRMWARE_ALERT,
            [told(Kind.POWER_ON_VERIFICATION_FAILED, device_id=METER, reason="8F1B")],
        ),
        (
            "metrology verification failed",
            MessageKind.DEVICE_FIRMWARE_ALERT,
            [told(Kind.METROLOGY_VERIFICATION_FAILED, device_id=METER, reason="81AD")],
        ),
        (
            "PPMID's firmware changed",
            MessageKind.DEVICE_FIRMWARE_ALERT,
            [
                told(
                    Kind.FIRMWARE_CHANGED,
                    device_id=PPMID,
                    device_time=DEVICE_CLOCK,
                    reason="8F43",
                )
            ],
        ),
    ],
)
def test_each_alert_tells_what_befell_whom(
    name: str, kind: MessageKind, expected: list[Incident]
) -> None:
    said = message(INCIDENTS[name])

    assert said.kind is kind
    assert said.user_id == ALPHA
    assert said.occurred_at == NOW
    assert said.events == ()
    assert said.steps == ()
    assert list(said.incidents) == expected


def test_every_sample_of_an_incident_is_held_to_what_it_says() -> None:
    assert all(message(document).incidents for document in INCIDENTS.values())


def test_a_device_log_of_the_gas_proxy_tells_of_the_hubs_alike() -> None:
    of_gas = message(log_restored(log=d.DeviceLog.GPF))
    assert of_gas.incidents == message(log_restored()).incidents


def test_a_device_log_that_came_back_to_its_own_hub_tells_nothing() -> None:
    assert answer(log_restored(HUB)) == NotAboutFirmware(kind="device_log_restored")


@pytest.mark.parametrize("breach", d.QuarantineBreach)
def test_the_breach_is_told_as_dcc_names_it(breach: d.QuarantineBreach) -> None:
    body = d.QuarantinedRequest(breach=breach, request_id=REQUEST_ID, quarantine_event_ref=1)
    (incident,) = message(dcc_alert("AD1", body)).incidents
    assert incident.reason == breach.value


def test_a_command_to_a_device_that_failed_is_the_activations_word_alone() -> None:
    command = RequestId(ALPHA, METER, 5)
    said = message(dcc_alert("N12", d.CommandFailure(command_request_id=command, device_id=METER)))
    assert said.incidents == ()
    assert said.activation is not None


def test_a_mismatch_of_versions_that_names_nothing_tells_nothing() -> None:
    body = d.DuisVersionMismatch(dcc_alert_code="N60", service_user_duis_version="5.1")
    assert answer(dcc_alert("N999", body)) == NotAboutFirmware(kind="duis_version_mismatch")


def test_a_change_of_status_that_is_no_incident_stays_a_fact_alone() -> None:
    said = message(RECORDED["suspended"])
    assert said.incidents == ()
    assert said.devices


def test_what_became_of_a_device_is_told_of_the_inventory_too() -> None:
    for name in ("removed", "meter decommissioned"):
        (facts,) = message(INCIDENTS[name]).devices
        assert facts.device_id == METER
    assert message(INCIDENTS["hub decommissioned"]).devices == ()


def test_an_alert_of_another_device_than_it_says_is_refused() -> None:
    with pytest.raises(DeviceMismatch):
        answer(device_alert(receipt(0x8F43, OTHER_METER), 0x8F43))


def test_an_alert_whose_gbcs_cannot_be_read_is_refused() -> None:
    with pytest.raises(GbcsMalformed):
        answer(device_alert(b"\xdf", 0x8F1B))


def test_an_alert_of_a_ppmid_about_anything_else_is_let_go() -> None:
    body = d.PpmidAlert(device_id=PPMID, device_alert_code=0x8F84)
    assert answer(dcc_alert("N57", body)) == NotAboutFirmware(kind="ppmid_alert")


def throttled(document: d.DccAlert | d.DeviceAlert) -> d.DccAlert | d.DeviceAlert:
    return replace(document, throttled_alert_sequence_id=12, throttled_alert_count=345)


def test_an_incident_carries_dccs_count_of_throttled_repeats() -> None:
    alert = device_alert(receipt(0x8F1B), 0x8F1B)
    assert isinstance(alert, d.DeviceAlert)
    (incident,) = message(throttled(alert)).incidents
    assert incident == told(
        Kind.POWER_ON_VERIFICATION_FAILED,
        device_id=METER,
        reason="8F1B",
        throttled_sequence=12,
        throttled_count=345,
    )


@pytest.mark.parametrize(
    ("document", "request_id", "reason"),
    [
        (dcc_alert("N62", hub_alert()), REQUEST_ID, "N62"),
        (device_alert(), None, "8F72"),
    ],
)
def test_of_an_event_the_count_is_an_incident_of_its_own(
    document: d.DccAlert | d.DeviceAlert, request_id: RequestId | None, reason: str
) -> None:
    said = message(throttled(document))
    assert len(said.events) == 1
    assert said.incidents == (
        told(
            Kind.ALERT_THROTTLED,
            request_id=request_id,
            device_id=METER,
            reason=reason,
            throttled_sequence=12,
            throttled_count=345,
        ),
    )
    assert message(document).incidents == ()


@pytest.mark.parametrize("count", ["-1", "4294967296", "1.5", "", "many", "1" * 400])
def test_a_count_that_is_no_unsigned_number_is_refused(count: str) -> None:
    alert = throttled(device_alert())
    with pytest.raises(BadValue):
        answer(with_text(alert, "ThrottledAlertCount", count))


@pytest.mark.parametrize(("count", "expected"), [(" 7 ", 7), ("+7", 7), ("0007", 7), ("0", 0)])
def test_a_count_may_be_written_as_the_schema_allows(count: str, expected: int) -> None:
    (incident,) = message(
        with_text(throttled(device_alert()), "ThrottledAlertCount", count)
    ).incidents
    assert incident.throttled_count == expected


@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("quarantined", "ADUserThresholdBreach"),
        ("quarantined", "RequestID"),
        ("request failed", "DeviceID"),
        ("response not carried", "ServiceReferenceVariant"),
        ("removed", "DeviceRemovedFromInventory"),
        ("hub decommissioned", "DeviceID"),
        ("hub exchanged", "CHFDeviceLog"),
        ("hub exchanged", "OldCHFDeviceID"),
        ("hub exchanged", "NewCHFDeviceID"),
        ("PPMID removed", "PPMIDDeviceID"),
        ("PPMID removed", "CHFDeviceID"),
        ("PPMID's firmware changed", "DeviceAlertCode"),
    ],
)
def test_a_missing_element_is_named(name: str, element: str) -> None:
    with pytest.raises(MissingElement):
        answer(taken_out(INCIDENTS[name], element))


def test_two_breaches_in_one_quarantined_request_are_refused() -> None:
    body = write(INCIDENTS["quarantined"])
    start = body.index(b"<sr:ADUserThresholdBreach>")
    end = body.index(b"</sr:QuarantinedRequest>")
    breach = body[start:end]
    other = breach.replace(b"ADUserThresholdBreach", b"ADDCCThresholdBreach")
    with pytest.raises(UnexpectedElement):
        answer(body[:end] + other + body[end:])


def test_a_device_listed_twice_or_as_its_own_meter_is_told_of_once() -> None:
    body = d.MeterDecommissioningOrWithdrawal(
        device_id=METER,
        import_mpxn="1234567890123",
        associated_devices=((PPMID, "PPMID"), (PPMID, "PPMID"), (METER, "ESME")),
    )
    said = message(dcc_alert("N9", body))
    assert [each.device_id for each in said.incidents] == [METER, PPMID]


def test_a_code_of_any_length_is_not_kept() -> None:
    body = d.DuisVersionMismatch(
        dcc_alert_code="N" * 65, service_user_duis_version="5.1", device_id=METER
    )
    with pytest.raises(BadValue):
        answer(dcc_alert("N999", body))


def test_the_user_is_the_one_that_the_alert_was_sent_to() -> None:
    other = replace(
        device_alert(receipt(0x8F43), 0x8F43),
        response_id=ResponseId(METER, DEVICE_ALERT_ID.recipient, 1),
    )
    assert message(other).user_id == DEVICE_ALERT_ID.recipient
