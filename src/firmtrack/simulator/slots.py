"""When requests are sent, by whom, why and how large: settled before the world begins."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import dealt, stream
from firmtrack.simulator.models import DeviceKind
from firmtrack.simulator.outcomes import AnswerKind, Purpose
from firmtrack.simulator.scenario import MAXIMUM_DEVICES, Scenario


@dataclass(frozen=True, slots=True)
class Slot:
    """What is settled about a request before the world has come to it."""

    submitted_at: datetime
    purpose: Purpose
    kind: DeviceKind
    supplier: Eui64
    answer_kind: AnswerKind
    size: int


# The first requests come to an end in any scenario, so that each kind of failure is seen.
_OPENING = (
    (DeviceKind.ESME, AnswerKind.ACCEPTED_IN_PART),
    (DeviceKind.PPMID, AnswerKind.ACCEPTED_IN_PART),
    (DeviceKind.GSME, AnswerKind.ACCEPTED),
    (DeviceKind.HCALCS, AnswerKind.ACCEPTED),
    (DeviceKind.ESME, AnswerKind.REFUSED),
)
# The last requests are still under way when the simulated time ends, the very last unanswered.
_CLOSING_HOURS_BEFORE_END = (50, 12, 0.1, 0)
_FEWEST_WITH_CLOSING = len(_OPENING) + len(_CLOSING_HOURS_BEFORE_END)
_LAST_SHARE_OF_TIME = 0.94


def slots_of(scenario: Scenario) -> list[Slot]:
    """Return the scenario's slots in the order of time: the opening ones, then what is dealt."""
    count, chance = scenario.requests, stream(scenario.seed, "slots")
    opening = _OPENING[:count]
    rest = count - len(opening)
    purposes = [Purpose.NEW_IMAGE] * len(opening) + dealt(o.PURPOSE_SHARES, rest, chance)
    kinds = [kind for kind, _ in opening] + dealt(o.KIND_SHARES, rest, chance)
    answers = [answer for _, answer in opening] + dealt(o.ANSWER_SHARES, rest, chance)
    are_single = [False] * len(opening) + dealt(o.SINGLE_DEVICE_SHARES, rest, chance)
    shares = {supplier: 1 / (n + 1) for n, supplier in enumerate(scenario.suppliers)}
    suppliers = dealt(shares, count, chance)
    if count >= _FEWEST_WITH_CLOSING:
        closing = len(_CLOSING_HOURS_BEFORE_END)
        answers[-closing:] = [AnswerKind.ACCEPTED] * closing
    for number, purpose in enumerate(purposes):
        if purpose is Purpose.NEWER_IMAGE:  # some of its devices are still busy with the older one
            answers[number] = AnswerKind.ACCEPTED_IN_PART
    return [
        Slot(
            submitted_at=at,
            purpose=purposes[number],
            kind=kinds[number],
            supplier=suppliers[number],
            answer_kind=answers[number],
            size=1 if are_single[number] else _size(scenario, chance.uniform(0.5, 1.5)),
        )
        for number, at in enumerate(_submission_times(scenario))
    ]


def _size(scenario: Scenario, factor: float) -> int:
    if scenario.requests == 1:
        return scenario.devices
    return min(MAXIMUM_DEVICES, max(1, round(scenario.devices * factor)))


def _submission_times(scenario: Scenario) -> list[datetime]:
    """Return when each request is sent: spread over the time, the last ones close to its end."""
    count, chance = scenario.requests, stream(scenario.seed, "submission times")
    seconds = scenario.days * 86_400 * _LAST_SHARE_OF_TIME
    times = [
        scenario.first_second
        + timedelta(seconds=round(seconds * (number + 0.8 * chance.random()) / count))
        for number in range(count)
    ]
    if count >= _FEWEST_WITH_CLOSING:
        hours = [min(hours, scenario.days * 12) for hours in _CLOSING_HOURS_BEFORE_END]
        times[-len(hours) :] = [scenario.end - timedelta(hours=before) for before in hours]
    return sorted(times)
