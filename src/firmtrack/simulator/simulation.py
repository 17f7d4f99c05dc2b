"""Runs a scenario: lets the world happen, and writes its traffic.

For an output ``O`` (a directory, or an archive named ``*.tar.gz`` or ``*.tgz``) it writes

* ``O``: the messages, one file each; names, and an archive's order, are the order of sending;
* ``O.trust/``: the certificates of all who signed them, as PEM;
* ``O.inventory.csv``: what each device is and who is responsible for it when the time begins, and
  ``O.inventory-later.csv``: who has taken one over since (for ``firmtrack inventory import``).

Equal scenarios give equal octets, in all of them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.simulator.activations import Activations
from firmtrack.simulator.chance import stream
from firmtrack.simulator.change_of_supplier import ChangesOfSupplier
from firmtrack.simulator.chronicle import Chronicle
from firmtrack.simulator.earlier import tail_of_earlier_request
from firmtrack.simulator.encoding import Encoder, file_name_of
from firmtrack.simulator.inventory_traffic import InventoryTraffic
from firmtrack.simulator.journeys import Journeys
from firmtrack.simulator.output import Layout, open_traffic, write_trust_store
from firmtrack.simulator.post import Post, in_order_of_sending
from firmtrack.simulator.responsibility import Responsibility, write_rows
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.suppliers import Suppliers
from firmtrack.simulator.surroundings import Surroundings
from firmtrack.simulator.troubles import Trouble
from firmtrack.simulator.world import World

_PROGRESS_EVERY = 500


@dataclass(frozen=True, slots=True)
class SimulationSummary:
    """What was written, and where."""

    traffic: Path
    trust_store: Path
    inventory: Path
    later_inventory: Path
    messages: int
    requests: int
    distributions: int
    by_completion_status: dict[CompletionStatus, int]
    by_current_status: dict[Status, int]


def run(
    scenario: Scenario, output: Path, progress: Callable[[int, int], None] | None = None
) -> SimulationSummary:
    """Simulate ``scenario`` into ``output`` and return what was written.

    ``progress`` is told how many messages are written, and of how many, now and then and at the
    end. Raises OutputExists if anything stands there already, OSError if it cannot be written.
    """
    layout = Layout.beside(output)
    return write(imagine(scenario), layout, progress)


def write(
    chronicle: Chronicle, layout: Layout, progress: Callable[[int, int], None] | None = None
) -> SimulationSummary:
    """Write what happened as messages and files, telling of it as ``run`` does."""
    scenario = chronicle.scenario
    encoder = Encoder(scenario.seed, scenario.suppliers)
    total = len(chronicle.messages)
    with open_traffic(layout.traffic) as write_message:
        for number, message in enumerate(chronicle.messages, start=1):
            name = file_name_of(number, message.content)
            write_message(name, encoder.octets_of(message.content))
            if progress is not None and (number % _PROGRESS_EVERY == 0 or number == total):
                progress(number, total)
    write_trust_store(layout.trust_store, encoder.signatories)
    write_rows(layout.inventory, [*chronicle.suppliers.first, *chronicle.suppliers.hubs()])
    write_rows(layout.later_inventory, chronicle.suppliers.later)
    return _summary(layout, chronicle)


def imagine(scenario: Scenario, troubles: Sequence[Trouble] = ()) -> Chronicle:
    """Let the scenario happen; return its messages, not yet written, and what is true of it.

    ``troubles`` are what makes updates of some kind go wrong alike; without any, chance alone.
    """
    # Counters begin somewhere else for each seed, so that two simulations can be told apart.
    counters = count(stream(scenario.seed, "counters").randrange(10**6, 10**12))
    world = World(scenario.seed, scenario.suppliers)
    post = Post(scenario.end, counters)
    earlier = tail_of_earlier_request(scenario, world, post)
    journeys = Journeys(scenario.seed, post, troubles)
    surroundings = Surroundings(scenario, world, post)
    inventory = InventoryTraffic(scenario, world, post)
    changes = ChangesOfSupplier(scenario.seed, world, post)
    activations = Activations(scenario.seed, post)
    updates = []
    for update in Suppliers(scenario, world, counters).updates():
        inventory.before(update)
        journeys.carry_out(update)
        changes.during(update)
        activations.after(update)
        surroundings.around(update)
        updates.append(update)
    return Chronicle(
        scenario=scenario,
        messages=in_order_of_sending(post.messages, scenario),
        updates=updates,
        stubs=[] if earlier is None else [earlier],
        unattributed=surroundings.unattributed,
        not_tracked=inventory.not_tracked,
        activations=activations.activations,
        statements=post.statements,
        suppliers=Responsibility.of(updates, changes.moves, scenario.first_second),
    )


def _summary(layout: Layout, chronicle: Chronicle) -> SimulationSummary:
    distributions = list(chronicle.distributions())
    return SimulationSummary(
        traffic=layout.traffic,
        trust_store=layout.trust_store,
        inventory=layout.inventory,
        later_inventory=layout.later_inventory,
        messages=len(chronicle.messages),
        requests=sum(1 for _ in chronicle.requests()),
        distributions=len(distributions),
        by_completion_status=dict(Counter(one.completion_status for one in distributions)),
        by_current_status=dict(Counter(one.current.status for one in distributions)),
    )
