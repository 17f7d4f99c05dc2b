"""How fresh all that Firmtrack knows is: when something last came from each source."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from firmtrack.domain.facts import MessageKind

PRECISION = timedelta(seconds=10)
"""So closely is it known when something came."""


class Source(StrEnum):
    """Where messages come from, in the order in which an update passes."""

    USERS = "users"
    DSP = "dsp"
    CSP = "csp"
    COMMS_HUBS = "comms_hubs"
    DEVICES = "devices"
    STAGE_REPORTS = "stage_reports"


SOURCE_OF_KIND: Mapping[MessageKind, Source] = {
    MessageKind.UPDATE_FIRMWARE_REQUEST: Source.USERS,
    MessageKind.ACTIVATE_FIRMWARE_REQUEST: Source.USERS,
    MessageKind.UPDATE_INVENTORY_REQUEST: Source.USERS,
    MessageKind.DEVICE_PRE_NOTIFICATION: Source.USERS,
    MessageKind.UPDATE_FIRMWARE_RESPONSE: Source.DSP,
    MessageKind.ACTIVATE_FIRMWARE_RESPONSE: Source.DSP,
    MessageKind.FIRMWARE_VERSION_RESPONSE: Source.DSP,
    MessageKind.INVENTORY_RESPONSE: Source.DSP,
    MessageKind.INVENTORY_UPDATE_RESPONSE: Source.DSP,
    MessageKind.FIRMWARE_DISTRIBUTION_FAILURE: Source.DSP,
    MessageKind.FIRMWARE_UPGRADE_REQUESTED: Source.DSP,
    MessageKind.FIRMWARE_VERSION_MISMATCH: Source.DSP,
    MessageKind.DEVICE_STATUS_CHANGE_EVENT: Source.DSP,
    MessageKind.CHANGE_OF_SUPPLIER: Source.DSP,
    MessageKind.COMMAND_FAILURE: Source.DSP,
    MessageKind.QUARANTINED_REQUEST: Source.DSP,
    MessageKind.DUIS_VERSION_MISMATCH: Source.DSP,
    MessageKind.PPMID_REMOVAL: Source.DSP,
    MessageKind.DEVICE_LOG_RESTORED: Source.DSP,
    MessageKind.CSP_FIRMWARE_DELIVERY_STATUS: Source.CSP,
    MessageKind.FIRMWARE_TRANSFER_ALERT: Source.COMMS_HUBS,
    MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT: Source.DEVICES,
    MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT: Source.DEVICES,
    MessageKind.FUTURE_DATED_ACTIVATION_ALERT: Source.DEVICES,
    MessageKind.DEVICE_FIRMWARE_ALERT: Source.DEVICES,
    MessageKind.STAGE_REPORT: Source.STAGE_REPORTS,
}
"""Which source each kind of message tells of. Answers of devices come with the DSP's, and the two
cannot be told apart by kind; alerts of DCC that name no other party are the DSP's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFreshness:
    """When Firmtrack last received anything from a source.

    ``csp_region`` is None for every source but the CSPs, and for a CSP whose devices' region the
    inventory has not told. ``usual_silence_seconds`` is the longest silence on 19 of 20 days of
    those that began in that hour of the day; None while too few days are known.
    """

    source: Source
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

    Only sources from which anything ever came are there.
    """

    told_at: datetime
    sources: tuple[SourceFreshness, ...]

    @property
    def quiet(self) -> tuple[SourceFreshness, ...]:
        """The sources that are silent longer than usual."""
        return tuple(each for each in self.sources if each.is_quiet)

    @property
    def complete_to(self) -> datetime | None:
        """Up to when nothing is known to be missing, None if nothing ever came.

        The last word of the source that is quiet for longest, or else of all sources.
        """
        if self.quiet:
            return min(each.last_at for each in self.quiet)
        return max((each.last_at for each in self.sources), default=None)
