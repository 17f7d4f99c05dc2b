"""In which order messages arrive: late, twice and shuffled, as far as a scenario asks for it."""

from datetime import datetime

from firmtrack.simulator.chance import duration, stream
from firmtrack.simulator.post import SentMessage
from firmtrack.simulator.scenario import Scenario

_LATE_HOURS, _LATE_SPREAD = 30.0, 1.0
_AGAIN_HOURS, _AGAIN_SPREAD = 6.0, 1.5


def in_order_of_sending(messages: list[SentMessage], scenario: Scenario) -> list[SentMessage]:
    """Return the messages in the order in which they arrive, some of them twice."""
    chance = stream(scenario.seed, "sending")
    arrivals: list[tuple[datetime, int, SentMessage]] = []
    for message in messages:
        at = message.sent_at
        if scenario.late > chance.random():
            at += duration(_LATE_HOURS, _LATE_SPREAD, chance)
        arrivals.append((at, message.number, message))
        if scenario.doubled > chance.random():
            at += duration(_AGAIN_HOURS, _AGAIN_SPREAD, chance)
            arrivals.append((at, message.number, message))
    arrivals.sort(key=lambda arrival: arrival[:2])
    ordered = [message for _, _, message in arrivals]
    if scenario.shuffled:
        chance.shuffle(ordered)
    return ordered
