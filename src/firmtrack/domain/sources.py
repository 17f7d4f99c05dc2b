"""From where each kind of message comes, and how closely it is known when something came."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum

from firmtrack.domain.facts import MessageKind

PRECISION = timedelta(seconds=10)
"""So closely is it known when something came."""


class MessageSource(StrEnum):
    """Where messages come from, in the order in which an update passes."""

    USERS = "users"
    DSP = "dsp"
    CSP = "csp"
    COMMS_HUBS = "comms_hubs"
    DEVICES = "devices"
    STAGE_REPORTS = "stage_reports"


SOURCE_OF_KIND: Mapping[MessageKind, MessageSource] = {
    MessageKind.UPDATE_FIRMWARE_REQUEST: MessageSource.USERS,
    MessageKind.ACTIVATE_FIRMWARE_REQUEST: MessageSource.USERS,
    MessageKind.UPDATE_INVENTORY_REQUEST: MessageSource.USERS,
    MessageKind.DEVICE_PRE_NOTIFICATION: MessageSource.USERS,
    MessageKind.UPDATE_FIRMWARE_RESPONSE: MessageSource.DSP,
    MessageKind.ACTIVATE_FIRMWARE_RESPONSE: MessageSource.DSP,
    MessageKind.FIRMWARE_VERSION_RESPONSE: MessageSource.DSP,
    MessageKind.INVENTORY_RESPONSE: MessageSource.DSP,
    MessageKind.INVENTORY_UPDATE_RESPONSE: MessageSource.DSP,
    MessageKind.FIRMWARE_DISTRIBUTION_FAILURE: MessageSource.DSP,
    MessageKind.FIRMWARE_UPGRADE_REQUESTED: MessageSource.DSP,
    MessageKind.FIRMWARE_VERSION_MISMATCH: MessageSource.DSP,
    MessageKind.DEVICE_STATUS_CHANGE_EVENT: MessageSource.DSP,
    MessageKind.CHANGE_OF_SUPPLIER: MessageSource.DSP,
    MessageKind.COMMAND_FAILURE: MessageSource.DSP,
    MessageKind.QUARANTINED_REQUEST: MessageSource.DSP,
    MessageKind.DUIS_VERSION_MISMATCH: MessageSource.DSP,
    MessageKind.PPMID_REMOVAL: MessageSource.DSP,
    MessageKind.DEVICE_LOG_RESTORED: MessageSource.DSP,
    MessageKind.CSP_FIRMWARE_DELIVERY_STATUS: MessageSource.CSP,
    MessageKind.FIRMWARE_TRANSFER_ALERT: MessageSource.COMMS_HUBS,
    MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT: MessageSource.DEVICES,
    MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT: MessageSource.DEVICES,
    MessageKind.FUTURE_DATED_ACTIVATION_ALERT: MessageSource.DEVICES,
    MessageKind.DEVICE_FIRMWARE_ALERT: MessageSource.DEVICES,
    MessageKind.STAGE_REPORT: MessageSource.STAGE_REPORTS,
}
"""Which source each kind of message comes from. Answers of devices come with the DSP's, and the two
cannot be told apart by kind; alerts of DCC that name no other party are the DSP's."""
