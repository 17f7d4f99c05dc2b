"""When the messages of a national round of updates come: requests of some nights, by the simulator.

How long after its request a message of a device is sent is as the product’s simulator has it, drawn
once in a small world. How many messages there are is not taken from there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis import documents as d
from firmtrack.simulator.chronicle import Chronicle
from firmtrack.simulator.post import Content, DeviceAlertSent, DeviceAnswerSent
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import imagine

STEP_SECONDS = 10
DAY_SECONDS = 86_400

Numbers = NDArray[np.float64]

_REQUESTS, _DEVICES, _DAYS = 40, 200, 60
# Of later requests the simulated time cuts off what is told last.
_WHOLE_UNTIL = 0.6
_CURVE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Nights:
    """When requests are sent, so many devices in each, and how much of a day reports take.

    A night begins a day of the round; ``report_hours`` after its beginning no report comes any
    more that day, and those of the whole day come within them.
    """

    requests: int
    devices: int
    nights: int
    hours: float
    report_hours: float


def delays(seed: int) -> Numbers:
    """Return how many seconds after its request each message of a device comes, in order."""
    chronicle = imagine(Scenario(requests=_REQUESTS, devices=_DEVICES, days=_DAYS, seed=seed))
    return np.sort(np.fromiter(_delays(chronicle), dtype=float))


def _delays(chronicle: Chronicle) -> Iterator[float]:
    scenario = chronicle.scenario
    until = scenario.first_second + _WHOLE_UNTIL * (scenario.end - scenario.first_second)
    named: dict[Eui64, list[datetime]] = {}
    for update in chronicle.updates:
        for each in update.accepted():
            named.setdefault(each.device_id, []).append(update.submitted_at)
    for message in chronicle.messages:
        device_id = _told_of(message.content)
        if device_id in named:
            asked = [at for at in named[device_id] if at <= message.sent_at]
            if asked and max(asked) <= until:
                yield (message.sent_at - max(asked)).total_seconds()


def _told_of(content: Content) -> Eui64 | None:
    """Return the device of whose update a message tells; None of all other traffic."""
    match content:
        case DeviceAlertSent() | DeviceAnswerSent():
            return content.device.device_id
        case d.DccAlert(body=d.CspFirmwareDeliveryStatus(target_device_id=device_id)):
            return device_id
        case d.DccAlert(body=d.CommsHubAlert(firmware_transfer_alert=told)) if told is not None:
            return told.other_device_id
        case d.DccAlert(body=d.PpmidAlert(device_id=device_id)):
            return device_id
        case _:
            return None


def arrivals(nights: Nights, messages: float, after: Numbers, seed: int) -> Numbers:
    """Return how many messages come in each step, of so many an update."""
    days = int(nights.nights + after[-1] // DAY_SECONDS + 2)
    moments = np.arange(0, days * DAY_SECONDS + 1, _CURVE_SECONDS, dtype=float)
    come = np.zeros(len(moments))
    shares = np.linspace(0, 1, len(after))
    for sent_at in _sent_at(nights, seed):
        come += np.interp(moments - sent_at, after, shares, left=0, right=1)
    come *= nights.devices * messages
    steps = np.arange(0, days * DAY_SECONDS + 1, STEP_SECONDS, dtype=float)
    return np.diff(np.interp(_told_until(steps, nights.report_hours), moments, come))


def _sent_at(nights: Nights, seed: int) -> Numbers:
    random = np.random.default_rng(seed)
    night = np.arange(nights.requests) % nights.nights
    return night * DAY_SECONDS + random.uniform(0, nights.hours * 3_600, nights.requests)


def _told_until(steps: Numbers, report_hours: float) -> Numbers:
    """Return up to which moment of whole days all has been told at each step."""
    day, second = np.divmod(steps, DAY_SECONDS)
    passed = np.minimum(second / (report_hours * 3_600), 1)
    return (day + passed) * DAY_SECONDS
