"""How fresh all that Firmtrack knows is: when something last came from each source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFreshness:
    """When Firmtrack last received anything from a source.

    ``csp_region`` is None for every source but the CSPs, and for a CSP whose devices' region the
    inventory does not state. ``usual_silence_seconds`` is the longest silence on 19 of 20 days of
    those that began in that hour of the day; None while too few days are known.
    """

    source: MessageSource
    csp_region: str | None
    last_at: datetime
    silent_seconds: int
    usual_silence_seconds: int | None

    @property
    def is_quiet(self) -> bool:
        """Whether it is silent longer than usual; False while it is not known what is usual."""
        usual = self.usual_silence_seconds
        return usual is not None and self.silent_seconds > usual + PRECISION.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh all that Firmtrack knows is: its sources in the order of an update, then by region.

    Only sources from which anything ever came are there. What is usual of them was learnt from all
    that had come by ``counted_at``; None: there is no record of any such count.
    """

    read_at: datetime
    sources: tuple[SourceFreshness, ...]
    counted_at: datetime | None

    @property
    def quiet(self) -> tuple[SourceFreshness, ...]:
        """The sources that are silent longer than usual."""
        return tuple(each for each in self.sources if each.is_quiet)

    @property
    def complete_to(self) -> datetime | None:
        """Up to when nothing is known to be missing, None if nothing ever came.

        When something last came from the source that is quiet for longest, or else from any.
        """
        if self.quiet:
            return min(each.last_at for each in self.quiet)
        return max((each.last_at for each in self.sources), default=None)
