"""How activations go: what happens, how often, and how long it takes.

Like the probabilities of ``outcomes`` these are invented: they make each of the troubles that are
known occur. Each hundred activations hold every plot.
"""

from collections.abc import Mapping
from enum import StrEnum, auto

from firmtrack.simulator.outcomes import Dwell

ACTIVATED_SHARE = 0.3  # of the devices that verified an image
PLOTS_IN_A_DECK = 100
CHANGE_OF_SUPPLIER_SHARE = 0.02  # of the meters that an update is under way to
METERS_IN_A_DECK = 100

ACKNOWLEDGED_CODES = ("I0", "I99")
DCC_REFUSALS = ("E4", "E5", "E20", "E21")


class Act(StrEnum):
    """What can happen on the way of an activation."""

    # What the supplier asks for: now, at a later time, after the traffic's end, or another image.
    ASK = auto()
    ASK_LATER = auto()
    ASK_MUCH_LATER = auto()
    ASK_STRANGE_IMAGE = auto()
    CANCEL = auto()
    # DCC's word.
    ACKNOWLEDGED = auto()
    REFUSED_BY_DCC = auto()
    NOT_DELIVERED = auto()
    NOT_ANSWERED = auto()
    # The device's word, at once.
    NOTED = auto()
    DONE = auto()
    NO_IMAGE = auto()
    OTHER_HASH = auto()
    FAILED = auto()
    # The device's word, at the time that was asked for.
    DONE_LATER = auto()
    NO_IMAGE_LATER = auto()
    OTHER_HASH_LATER = auto()
    FAILED_LATER = auto()
    CONTRADICTS_ITSELF_LATER = auto()
    # What nobody says: the device runs it; DCC's inventory takes no note of it.
    RUNS = auto()
    FORGOTTEN = auto()
    # Afterwards.
    SUSPENDED = auto()
    RESTORED = auto()
    VERSION_READ = auto()
    MISMATCH = auto()
    INVENTORY_READ = auto()


Plot = tuple[Act, ...]

_A = Act
_ASKED = (_A.ASK, _A.ACKNOWLEDGED)
_PLANNED = (_A.ASK_LATER, _A.ACKNOWLEDGED, _A.NOTED)
_LOST = (*_ASKED, _A.RUNS)

SIMPLE_PLOTS: Mapping[Plot, float] = {(*_ASKED, _A.DONE): 3, (*_ASKED, _A.FAILED): 1}
"""For images whose own header states another version than their request."""

PLOT_SHARES: Mapping[Plot, float] = {
    (*_ASKED, _A.DONE): 24,
    (_A.ASK, _A.DONE): 6,
    (*_ASKED, _A.DONE, _A.INVENTORY_READ): 3,
    (*_ASKED, _A.DONE, _A.VERSION_READ): 2,
    (*_ASKED, _A.NO_IMAGE): 2,
    (*_ASKED, _A.OTHER_HASH): 2,
    (*_ASKED, _A.FAILED): 3,
    (_A.ASK, _A.REFUSED_BY_DCC): 4,
    (*_ASKED, _A.NOT_DELIVERED): 2,
    (*_ASKED, _A.NOT_ANSWERED): 2,
    (*_ASKED, _A.NOT_DELIVERED, *_ASKED, _A.DONE): 3,  # asked again
    (*_ASKED, _A.NOT_ANSWERED, _A.DONE): 1,  # the device's word outweighs DCC's
    # At a later time.
    (*_PLANNED, _A.DONE_LATER): 6,
    (*_PLANNED, _A.NO_IMAGE_LATER): 1,
    (*_PLANNED, _A.OTHER_HASH_LATER): 1,
    (*_PLANNED, _A.FAILED_LATER): 2,
    (*_PLANNED, _A.CONTRADICTS_ITSELF_LATER): 1,
    (_A.ASK_MUCH_LATER, _A.ACKNOWLEDGED, _A.NOTED): 3,
    (_A.ASK_MUCH_LATER, _A.ACKNOWLEDGED): 1,
    # Cancelled: in time, too late, and without the device's learning of it.
    (*_PLANNED, _A.CANCEL, _A.ACKNOWLEDGED, _A.NOTED): 3,
    (*_PLANNED, _A.DONE_LATER, _A.CANCEL, _A.ACKNOWLEDGED, _A.NOTED): 1,
    (*_PLANNED, _A.DONE_LATER, _A.CANCEL, _A.REFUSED_BY_DCC): 1,
    (*_PLANNED, _A.CANCEL, _A.ACKNOWLEDGED, _A.NOT_DELIVERED, _A.DONE_LATER): 1,
    (_A.ASK_STRANGE_IMAGE, _A.ACKNOWLEDGED, _A.NO_IMAGE): 2,
    # The answer is lost (MP105): DCC's inventory keeps the old version and suspends the device.
    (*_LOST, _A.SUSPENDED): 2,
    (*_LOST, _A.NOT_ANSWERED, _A.SUSPENDED): 2,
    (*_LOST, _A.NOT_ANSWERED, _A.SUSPENDED, _A.INVENTORY_READ): 1,
    (*_LOST, _A.SUSPENDED, _A.VERSION_READ, _A.RESTORED): 2,
    (*_LOST, _A.SUSPENDED, _A.VERSION_READ): 1,
    (*_LOST, _A.MISMATCH): 2,
    (*_LOST, _A.MISMATCH, _A.VERSION_READ, _A.INVENTORY_READ): 1,
    (*_PLANNED, _A.RUNS, _A.SUSPENDED): 1,
    (*_ASKED, _A.DONE, _A.FORGOTTEN, _A.INVENTORY_READ): 2,
    (*_ASKED, _A.DONE, _A.FORGOTTEN, _A.MISMATCH): 1,
    # The version is there, and nobody saw it activated.
    (_A.RUNS, _A.VERSION_READ): 1,
    (_A.RUNS, _A.VERSION_READ, _A.INVENTORY_READ): 1,
    (_A.RUNS, _A.MISMATCH): 1,
    # Silence.
    (_A.ASK,): 3,
    _ASKED: 2,
}

HOURS: Mapping[Act, Dwell] = {
    _A.ASK: Dwell(14, 0.8),
    _A.ASK_LATER: Dwell(14, 0.8),
    _A.ASK_MUCH_LATER: Dwell(14, 0.8),
    _A.ASK_STRANGE_IMAGE: Dwell(14, 0.8),
    _A.CANCEL: Dwell(6, 0.3),
    _A.ACKNOWLEDGED: Dwell(0.01, 0.5),
    _A.REFUSED_BY_DCC: Dwell(0.01, 0.5),
    _A.NOT_DELIVERED: Dwell(24, 0.1),
    _A.NOT_ANSWERED: Dwell(24, 0.1),
    _A.NOTED: Dwell(0.3, 0.8),
    _A.DONE: Dwell(0.5, 0.8),
    _A.NO_IMAGE: Dwell(0.3, 0.8),
    _A.OTHER_HASH: Dwell(0.3, 0.8),
    _A.FAILED: Dwell(0.6, 0.8),
    _A.DONE_LATER: Dwell(0.2, 0.5),
    _A.NO_IMAGE_LATER: Dwell(0.2, 0.5),
    _A.OTHER_HASH_LATER: Dwell(0.2, 0.5),
    _A.FAILED_LATER: Dwell(0.2, 0.5),
    _A.CONTRADICTS_ITSELF_LATER: Dwell(0.2, 0.5),
    _A.RUNS: Dwell(0.5, 0.5),
    _A.FORGOTTEN: Dwell(0.01, 0.1),
    _A.SUSPENDED: Dwell(30, 0.3),
    _A.RESTORED: Dwell(0.5, 0.5),
    _A.VERSION_READ: Dwell(20, 0.7),
    _A.MISMATCH: Dwell(10, 0.6),
    _A.INVENTORY_READ: Dwell(8, 0.7),
}
LATER_HOURS = Dwell(40, 0.3)
"""Until the time at which a future-dated activation is to be carried out."""
