"""The demonstration's estate: which devices there are, how updates of them go, and what goes wrong.

A quiet one: of a hundred updates about two fail. Then there are troubles, one after another, of
which each is what failures have in common.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.simulator.models import MODELS
from firmtrack.simulator.outcomes import Outcome, Report
from firmtrack.simulator.plots import Act, Plot
from firmtrack.simulator.scenario import DEFAULT_SUPPLIERS
from firmtrack.simulator.troubles import Trouble
from firmtrack.simulator.world import Region

ALPHA, BRAVO = DEFAULT_SUPPLIERS

MODEL_OF = {model.name: model for model in MODELS}

FLEETS: Mapping[tuple[Eui64, str], int] = {
    (ALPHA, "E470-SX"): 320,
    (ALPHA, "Tamar 3E"): 210,
    (ALPHA, "FH-1P"): 170,
    (ALPHA, "G4-SX"): 240,
    (ALPHA, "Tamar 3G"): 190,
    (ALPHA, "Hearth 2"): 150,
    (ALPHA, "FH-PD"): 70,
    (ALPHA, "Switch 5"): 40,
    (BRAVO, "E470-SX"): 60,
    (BRAVO, "Tamar 3E"): 90,
    (BRAVO, "G4-SX"): 80,
    (BRAVO, "Tamar 3G"): 60,
    (BRAVO, "Hearth 2"): 60,
    (BRAVO, "L100"): 25,
}
"""How many devices of which model each supplier has."""

OLD_HUBS = FirmwareVersion("00070000")
HUB_VERSIONS = (FirmwareVersion("00070001"),) * 47 + (OLD_HUBS,)
"""What hubs run: of forty-eight one has missed the last version."""

_HUB, _DEVICE, _GOOD, _BAD = (
    Report.HUB_HAS_IT,
    Report.DEVICE_HAS_IT,
    Report.ENDED_WELL,
    Report.ENDED_BADLY,
)
OUTCOME_SHARES: Mapping[Outcome, float] = {
    Outcome((_HUB, _DEVICE, _GOOD)): 0.894,
    # Reports get lost, and come twice.
    Outcome((_DEVICE, _GOOD)): 0.020,
    Outcome((_HUB, _GOOD)): 0.020,
    Outcome((_HUB, _DEVICE, _GOOD), last_repeats=2): 0.010,
    # It goes wrong first and well later.
    Outcome((Report.HUB_MISSED_IT, _HUB, _DEVICE, _GOOD)): 0.012,
    Outcome((_HUB, Report.TRANSFER_BROKE, _DEVICE, _GOOD)): 0.012,
    # It stops.
    Outcome((Report.HUB_MISSED_IT,)): 0.005,
    Outcome((Report.GIVEN_UP,)): 0.003,
    Outcome((Report.NOT_SENT,)): 0.002,
    Outcome((_HUB, Report.IMAGE_DISCARDED)): 0.002,
    Outcome((_HUB, Report.TRANSFER_BROKE)): 0.003,
    Outcome((_HUB, Report.WRONG_HARDWARE)): 0.001,
    Outcome((_HUB, _DEVICE, _BAD)): 0.004,
    # Silence.
    Outcome(()): 0.004,
    Outcome((_HUB,)): 0.005,
    Outcome((_HUB, _DEVICE)): 0.003,
}

ACTIVATED_SHARE = 0.6
_ASKED = (Act.ASK, Act.ACKNOWLEDGED)
_PLANNED = (Act.ASK_LATER, Act.ACKNOWLEDGED, Act.NOTED)
PLOT_SHARES: Mapping[Plot, float] = {
    (*_ASKED, Act.DONE): 50,
    (*_ASKED, Act.DONE, Act.INVENTORY_READ): 8,
    (*_PLANNED, Act.DONE_LATER): 34,
    (*_ASKED, Act.FAILED): 1,
    (*_ASKED, Act.NOT_ANSWERED, *_ASKED, Act.DONE): 2,
    (*_PLANNED, Act.CANCEL, Act.ACKNOWLEDGED, Act.NOTED): 1,
    # The answer is lost (MP105): DCC's inventory keeps the old version and suspends the device.
    (*_ASKED, Act.RUNS, Act.NOT_ANSWERED, Act.SUSPENDED, Act.INVENTORY_READ): 2,
    (*_ASKED, Act.RUNS, Act.NOT_ANSWERED, Act.SUSPENDED, Act.VERSION_READ, Act.RESTORED): 1,
    (*_ASKED, Act.RUNS, Act.MISMATCH): 1,
}

CHANGE_OF_SUPPLIER_SHARE = 0.008

_CYCLE = timedelta(days=28)
_CYCLES = 130
"""Ten years of them: longer than any demonstration lives."""


class _Episode(NamedTuple):
    """When in a cycle a trouble begins and ends."""

    since: timedelta
    until: timedelta


_OUTAGE = _Episode(timedelta(days=8), timedelta(days=10, hours=18))
_REGIONS = (Region.NORTH, Region.SOUTH, Region.CENTRAL)
_BAD_MODEL = _Episode(timedelta(days=8), timedelta(days=17, hours=12))
_BAD_MODELS = ("Tamar 3G", "Hearth 2", "Tamar 3E")


def troubles_of(started_at: datetime) -> tuple[Trouble, ...]:
    """Return what failures have in common in a world that began then.

    Old hubs miss images all the time. In each four weeks there is an outage of one region, whose
    images cannot be handed over meanwhile, and a model that discards its images for some days.
    """
    return (*_passing(started_at), _old_hubs())


def _passing(started_at: datetime) -> Iterator[Trouble]:
    for cycle in range(_CYCLES):
        began_at = started_at + cycle * _CYCLE
        yield Trouble(
            share=0.9,
            reports=(Report.NOT_SENT,),
            region=_REGIONS[cycle % len(_REGIONS)],
            since=began_at + _OUTAGE.since,
            until=began_at + _OUTAGE.until,
        )
        yield Trouble(
            share=0.5,
            reports=(Report.HUB_HAS_IT, Report.IMAGE_DISCARDED),
            model=_BAD_MODELS[cycle % len(_BAD_MODELS)],
            since=began_at + _BAD_MODEL.since,
            until=began_at + _BAD_MODEL.until,
        )


def _old_hubs() -> Trouble:
    return Trouble(share=0.9, reports=(Report.HUB_MISSED_IT,), comms_hub_version=OLD_HUBS)


QUARANTINED = _Episode(timedelta(days=13), timedelta(days=13, hours=6))
"""When a party's adapter hands messages in that are cut short; it does so again, whole, later."""
