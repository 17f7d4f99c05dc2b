"""How often what happens, and how long it takes: the probabilities of the simulated world.

These are invented, not measured: DCC publishes no figures. They make every failure of the stage
table occur in any scenario of twenty requests of five hundred devices.
"""

from dataclasses import dataclass
from enum import StrEnum, auto

from firmtrack.domain.stages import Variant
from firmtrack.simulator.models import DeviceKind
from firmtrack.simulator.world import Region


class Purpose(StrEnum):
    """Why a supplier sends a request."""

    NEW_IMAGE = auto()
    NEXT_BATCH = auto()
    RETRY = auto()
    REPEAT = auto()
    NEWER_IMAGE = auto()


PURPOSE_SHARES = {
    Purpose.NEW_IMAGE: 0.40,
    Purpose.NEXT_BATCH: 0.12,  # the same image for other devices
    Purpose.RETRY: 0.20,  # the same image again, for the devices that failed
    Purpose.REPEAT: 0.08,  # the same image again, for devices that have it
    Purpose.NEWER_IMAGE: 0.20,  # another image for the same devices, some still busy
}

SINGLE_DEVICE_SHARES = {True: 0.08, False: 0.92}  # requests for just one device

KIND_SHARES = {
    DeviceKind.ESME: 0.40,
    DeviceKind.GSME: 0.25,
    DeviceKind.PPMID: 0.22,
    DeviceKind.HCALCS: 0.13,
}


class AnswerKind(StrEnum):
    """How DCC answers a request."""

    ACCEPTED = auto()
    ACCEPTED_IN_PART = auto()
    REFUSED = auto()
    LOST = auto()


ANSWER_SHARES = {
    AnswerKind.ACCEPTED: 0.50,
    AnswerKind.ACCEPTED_IN_PART: 0.35,
    AnswerKind.REFUSED: 0.10,
    AnswerKind.LOST: 0.05,
}

# Images whose own header states another version than the request.
MISNAMED_SHARES = {True: 1, False: 7}
IMAGES_IN_A_DECK = 8

ACCEPTED_CODES = ("I0", "I99")
PARTLY_ACCEPTED_CODE = {
    Variant.UPDATE_FIRMWARE: "W110101",
    Variant.UPDATE_PPMID_FIRMWARE: "W110401",
}
REFUSED_CODES = {
    Variant.UPDATE_FIRMWARE: ("E110101", "E110102", "E110103", "E110105", "E110106"),
    Variant.UPDATE_PPMID_FIRMWARE: ("E110401", "E110402", "E110403", "E110405"),
}


class DeviceRefusal(StrEnum):
    """Why DCC leaves one device of a request out, in the order of the schema's lists."""

    INVALID_DEVICE_ID = auto()
    NOT_COMMISSIONED = auto()
    NOT_APPLICABLE_FIRMWARE = auto()
    OTHER_REQUEST_IN_PROGRESS = auto()
    INVALID_GBCS_VERSION = auto()


REFUSAL_SHARES = {
    DeviceRefusal.INVALID_DEVICE_ID: 0.30,
    DeviceRefusal.NOT_COMMISSIONED: 0.25,
    DeviceRefusal.NOT_APPLICABLE_FIRMWARE: 0.15,
    DeviceRefusal.OTHER_REQUEST_IN_PROGRESS: 0.20,
    DeviceRefusal.INVALID_GBCS_VERSION: 0.10,
}
REFUSED_SHARE_OF_DEVICES = 0.06
REFUSED_YET_SENT_SHARE = 0.15  # of those not commissioned: DCC sends to them after all

# Who stands behind an invalid device ID.
INVALID_OUT_OF_SCOPE, INVALID_OTHER_KIND, INVALID_UNKNOWN = "out of scope", "other kind", "unknown"
INVALID_SHARES = {INVALID_OUT_OF_SCOPE: 0.5, INVALID_OTHER_KIND: 0.25, INVALID_UNKNOWN: 0.25}


class Report(StrEnum):
    """What a party can report of one device's update on its way."""

    NOT_SENT = auto()
    HUB_HAS_IT = auto()
    HUB_MISSED_IT = auto()
    GIVEN_UP = auto()
    DEVICE_HAS_IT = auto()
    IMAGE_DISCARDED = auto()
    WRONG_HARDWARE = auto()
    TRANSFER_BROKE = auto()
    ENDED_WELL = auto()
    ENDED_BADLY = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way that a device's update can go: what is reported of it, in order, then silence.

    The last is reported ``last_repeats`` times: DCC throttles an alert that repeats itself.
    """

    reports: tuple[Report, ...]
    last_repeats: int = 1


_HUB, _DEVICE, _GOOD, _BAD = (
    Report.HUB_HAS_IT,
    Report.DEVICE_HAS_IT,
    Report.ENDED_WELL,
    Report.ENDED_BADLY,
)

OUTCOME_SHARES = {
    Outcome((_HUB, _DEVICE, _GOOD)): 0.500,
    # Reports get lost, and come in an odd order.
    Outcome((_DEVICE, _GOOD)): 0.030,
    Outcome((_HUB, _GOOD)): 0.030,
    Outcome((_GOOD,)): 0.015,
    Outcome((_DEVICE, _GOOD, _HUB)): 0.015,
    # It goes wrong first and well later, or the other way round.
    Outcome((Report.HUB_MISSED_IT, _HUB, _DEVICE, _GOOD)): 0.030,
    Outcome((_HUB, Report.TRANSFER_BROKE, _DEVICE, _GOOD)): 0.030,
    Outcome((_HUB, _DEVICE, _BAD, _GOOD)): 0.010,
    Outcome((_HUB, _DEVICE, _GOOD, _BAD)): 0.005,
    Outcome((_HUB, Report.HUB_MISSED_IT)): 0.005,
    # Alerts that repeat themselves.
    Outcome((_HUB, _DEVICE, _GOOD), last_repeats=3): 0.015,
    Outcome((_HUB, Report.TRANSFER_BROKE), last_repeats=4): 0.010,
    Outcome((_HUB, _DEVICE, _BAD), last_repeats=2): 0.010,
    # It stops.
    Outcome((Report.NOT_SENT,)): 0.015,
    Outcome((Report.HUB_MISSED_IT,)): 0.040,
    Outcome((Report.GIVEN_UP,)): 0.030,
    Outcome((Report.HUB_MISSED_IT, Report.GIVEN_UP)): 0.010,
    Outcome((_HUB, Report.IMAGE_DISCARDED)): 0.015,
    Outcome((_HUB, Report.WRONG_HARDWARE)): 0.015,
    Outcome((_HUB, Report.TRANSFER_BROKE)): 0.020,
    Outcome((_HUB, _DEVICE, _BAD)): 0.030,
    # Silence.
    Outcome(()): 0.040,
    Outcome((_HUB,)): 0.040,
    Outcome((_HUB, _DEVICE)): 0.040,
}


@dataclass(frozen=True, slots=True)
class Dwell:
    """How long it takes until something is reported: log-normal, the median in hours."""

    median_hours: float
    spread: float
    is_wide_area: bool = False


DWELLS = {
    Report.NOT_SENT: Dwell(0.5, 0.5),
    Report.HUB_HAS_IT: Dwell(26, 0.7, is_wide_area=True),
    Report.HUB_MISSED_IT: Dwell(40, 0.5, is_wide_area=True),
    Report.GIVEN_UP: Dwell(72, 0.3, is_wide_area=True),
    Report.DEVICE_HAS_IT: Dwell(8, 0.8),
    Report.IMAGE_DISCARDED: Dwell(9, 0.6),
    Report.WRONG_HARDWARE: Dwell(2, 0.4),
    Report.TRANSFER_BROKE: Dwell(20, 0.5),
    Report.ENDED_WELL: Dwell(2.5, 0.9),
    Report.ENDED_BADLY: Dwell(2.5, 0.6),
}

# How much longer the wide-area network of a region takes than Central and South.
REGION_FACTORS = {
    Region.NORTH: 1.7,
    Region.CENTRAL: 1.0,
    Region.SOUTH: 1.0,
    Region.NORTH_4G: 0.45,
    Region.CENTRAL_4G: 0.4,
    Region.SOUTH_4G: 0.4,
    Region.SMETS1: 1.0,
}
# Battery devices sleep most of the time, and ask for their image when they wake.
SLOW_KIND_FACTORS = {DeviceKind.GSME: 2.2}

SENT_TO_CSP_HOURS = Dwell(0.8, 0.7)
SENT_TO_CSP_REPORT_HOURS = Dwell(1.0, 1.0)
ANSWER_SECONDS = (2, 90)
SENT_TO_CSP_REPORTED_SHARE = 0.7
UPGRADE_REQUESTED_SHARE = 0.7
TRANSFER_NAMES_REQUEST_SHARE = 0.6
TRANSFER_TELLS_TIME_SHARE = 0.8

# Other traffic, as shares of a request's devices.
INVENTORY_READ_SHARE = 0.04
WHOLE_HOME_READ_SHARE = 0.004
PRE_NOTIFIED_SHARE = 0.02
INVENTORY_UPDATED_SHARE = 0.01
DELIVERED_WITH_IT_SHARE = 0.006  # the device runs the new version before anyone asks for it
NOT_ABOUT_FIRMWARE_SHARE = 0.05
UNATTRIBUTED_SHARE = 0.015
READ_ERROR_SHARE = 0.2  # of the devices asked for their version
MOST_DEVICES_OF_AN_INVENTORY = 17
# DCC's answer to a change of the inventory (8.4, 12.2); None is no answer.
INVENTORY_ANSWER_SHARES = {"I0": 7, "E4": 1, "E19": 1, None: 1}
ANSWERS_IN_A_DECK = 10
