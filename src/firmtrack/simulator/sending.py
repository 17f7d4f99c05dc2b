"""In which order messages arrive: late, twice and shuffled, as far as a scenario asks for it."""

from datetime import datetime

from firmtrack.simulator.chance import duration, stream
from firmtrack.simulator.post import Letter
from firmtrack.simulator.scenario import Scenario

_LATE_HOURS, _LATE_SPREAD = 30.0, 1.0
_AGAIN_HOURS, _AGAIN_SPREAD = 6.0, 1.5


def in_order_of_sending(letters: list[Letter], scenario: Scenario) -> list[Letter]:
    """Return the letters in the order in which they arrive, some of them twice."""
    chance = stream(scenario.seed, "sending")
    arrivals: list[tuple[datetime, int, Letter]] = []
    for letter in letters:
        at = letter.sent_at
        if scenario.late > chance.random():
            at += duration(_LATE_HOURS, _LATE_SPREAD, chance)
        arrivals.append((at, letter.number, letter))
        if scenario.doubled > chance.random():
            at += duration(_AGAIN_HOURS, _AGAIN_SPREAD, chance)
            arrivals.append((at, letter.number, letter))
    arrivals.sort(key=lambda arrival: arrival[:2])
    ordered = [letter for _, _, letter in arrivals]
    if scenario.shuffled:
        chance.shuffle(ordered)
    return ordered
