"""``python -m bench.sizing [NAME=NUMBER …]``: what a national installation takes.

Prints what is assumed, what was measured, and what follows; an argument changes a number.
"""

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_SECONDS_A_YEAR = 365 * 86_400
_MONTHS_A_YEAR = 12
_GIGABYTE = 1e9


@dataclass(frozen=True, slots=True)
class Number:
    """One number that is put in: how much, of what, and where it comes from."""

    value: float
    what: str
    source: str


# What is assumed: nobody outside DCC knows it, or it is the installation's own choice.
ASSUMED = {
    "devices": Number(60_000_000, "devices", "planned for; 32 million were DCC’s in August 2024"),
    "updates": Number(2, "updates of a device a year", "a guess"),
    "events": Number(
        10, "events of an update", "6 to 10 status changes a device; the more is taken"
    ),
    "messages": Number(
        1, "messages an event", "each is told by a signed message of its own, the worst case"
    ),
    "months": Number(13, "months for which facts and bodies are kept", "the usual setting"),
    "lookups": Number(10_000_000, "look-ups a year", "a guess: people and programs of all parties"),
    "lookup_months": Number(24, "months for which look-ups are kept", "the usual setting"),
    "peak": Number(3_000, "messages a second at the busiest", "a guess: DCC speaks of thousands"),
    "peak_lookups": Number(100, "look-ups a second at the busiest", "a guess"),
    "cluster_percent": Number(
        50,
        "per cent that a shard’s node records of what a server alone does",
        "a guess on the hard side: 85 to 104 were measured on the shared cores of one machine",
    ),
    "copies": Number(2, "servers that hold each shard, the standbys included", "a choice"),
    "memory": Number(64, "GB of memory of a shard’s node", "a choice"),
    "disk": Number(2_000, "GB of disk of a shard’s node", "a choice"),
    "stream_hours": Number(12, "hours of the busiest that the stream is to hold", "a choice"),
    "headers": Number(500, "octets of the headers of a post", "a guess"),
}
_OCTETS = "`make bench JOBS=octets SCALE=0.4`"
_RATES = "`make bench`, one machine of 2 cores with everything on it"
MEASURED = {
    "event_octets": Number(217, "octets an event", _OCTETS),
    "message_octets": Number(467, "octets a signed alert, its body packed", _OCTETS),
    "distribution_octets": Number(274, "octets a device in a request", _OCTETS),
    "device_octets": Number(299, "octets a device of the inventory", _OCTETS),
    "lookup_octets": Number(258, "octets a look-up in the audit", _OCTETS),
    "alert_octets": Number(1_894, "octets of a signed alert on its way", _OCTETS),
    "sent_octets": Number(550, "octets sent to the database for an alert", _OCTETS),
    "wal_octets": Number(1_127, "octets of write-ahead log for an alert", _OCTETS),
    "rate": Number(4_700, "signed alerts a second, from an archive to committed", _RATES),
    "recorded_rate": Number(
        13_700,
        "alerts a second that are recorded among 100,000,000 events, read already",
        "`make bench-scale`, one machine of 2 cores with everything on it",
    ),
    "lookup_rate": Number(550, "look-ups of a device a second, with diagnosis", _RATES),
}
STREAM_NODES = 3
"""Of NATS JetStream: the fewest of which one may fail and nothing acknowledged is lost."""

# Twice as much disk as the tables take: what is changed is written beside it, what stays of a month
# that is pruned is copied, and a backup is made before an upgrade.
_DISK_TIMES = 2
# No more than a half of a machine is to be taken at the busiest.
_BUSY_SHARE = 0.5


def numbers_of(
    arguments: Sequence[str], known: Mapping[str, Number] = ASSUMED | MEASURED
) -> dict[str, float]:
    """Return all numbers that are known by name, as the arguments ``name=number`` change them.

    Raises ValueError if there is no such number.
    """
    numbers = {name: each.value for name, each in known.items()}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in numbers:
            raise ValueError(f"no such number: {name}; there are {', '.join(numbers)}")
        numbers[name] = float(value)
    return numbers


@dataclass(frozen=True, slots=True)
class Disk:
    """Octets on the disk: of facts and bodies a year, of the inventory, of the audit, of all."""

    year: float
    inventory: float
    audit: float
    tables: float

    @property
    def month(self) -> float:
        """What a month adds, when all months are alike."""
        return self.year / _MONTHS_A_YEAR

    @property
    def to_provide(self) -> float:
        """What there is to be room for."""
        return self.tables * _DISK_TIMES


def disk_of(n: Mapping[str, float]) -> Disk:
    """Return what the tables take."""
    an_event = n["event_octets"] + n["messages"] * n["message_octets"]
    updates = n["devices"] * n["updates"]
    year = updates * n["events"] * an_event + updates * n["distribution_octets"]
    inventory = n["devices"] * n["device_octets"]
    audit = n["lookups"] * n["lookup_months"] / _MONTHS_A_YEAR * n["lookup_octets"]
    return Disk(year, inventory, audit, year * n["months"] / _MONTHS_A_YEAR + inventory + audit)


def results(n: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    """Yield what follows from the numbers: what, how much, and how it is computed."""
    events = n["devices"] * n["updates"] * n["events"]
    yield "events a year", f"{events:,.0f}", "`devices` * `updates` * `events`"
    yield (
        "messages a second, over the year",
        f"{events * n['messages'] / _SECONDS_A_YEAR:,.0f}",
        "events a year * `messages` / seconds of a year",
    )
    yield from _disks(disk_of(n))
    yield (
        "cores for taking messages in",
        f"{2 * n['peak'] / n['rate'] / _BUSY_SHARE:.1f}",
        f"2 * `peak` / `rate` / {_BUSY_SHARE}: no more than half of the machine is busy",
    )
    yield (
        "cores for look-ups",
        f"{2 * n['peak_lookups'] / n['lookup_rate'] / _BUSY_SHARE:.1f}",
        f"2 * `peak_lookups` / `lookup_rate` / {_BUSY_SHARE}",
    )

    yield from _machines(n)
    yield from _network(n)


def _disks(disk: Disk) -> Iterator[tuple[str, str, str]]:
    yield (
        "disk a year, facts and bodies",
        _gigabytes(disk.year),
        (
            "events a year * (`event_octets` + `messages` * `message_octets`)"
            " + `devices` * `updates` * `distribution_octets`"
        ),
    )
    yield (
        "a month’s part, when all months are alike",
        _gigabytes(disk.month),
        "disk a year / 12",
    )
    yield "disk, the inventory", _gigabytes(disk.inventory), "`devices` * `device_octets`"
    yield (
        "disk, the audit of look-ups",
        _gigabytes(disk.audit),
        "`lookups` * `lookup_months` / 12 * `lookup_octets`",
    )
    yield (
        "disk, all tables with what is kept",
        _gigabytes(disk.tables),
        "disk a year * `months` / 12 + inventory + audit",
    )
    yield "disk to provide", _gigabytes(disk.to_provide), f"all tables * {_DISK_TIMES}"


def worker_machines(n: Mapping[str, float]) -> int:
    """Return how many machines of two cores check signatures and record, half busy at most."""
    return math.ceil(n["peak"] / n["rate"] / _BUSY_SHARE)


def recorded_rate(n: Mapping[str, float]) -> float:
    """Return how many alerts a second one node of the cluster records."""
    return n["recorded_rate"] * n["cluster_percent"] / 100


def _machines(n: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    yield (
        "machines of 2 cores for workers",
        f"{worker_machines(n)}",
        f"`peak` / `rate` / {_BUSY_SHARE}, rounded up",
    )
    needs = _shard_needs(n)
    yield (
        "shards’ nodes of 2 cores",
        f"{shard_nodes(n)}",
        "the greatest of: " + ", ".join(f"{what} {many:.1f}" for what, many in needs.items()),
    )
    yield (
        "database servers in all",
        f"{(shard_nodes(n) + 1) * n['copies']:,.0f}",
        "(shards’ nodes + a coordinator) * `copies`",
    )
    yield "nodes of the stream", f"{STREAM_NODES}", "the fewest of which one may be lost"
    yield (
        "disk of each of them",
        _gigabytes(n["stream_hours"] * 3_600 * n["peak"] * n["alert_octets"]),
        "`stream_hours` * 3,600 * `peak` * `alert_octets`",
    )


def shard_nodes(n: Mapping[str, float]) -> int:
    """Return how many nodes the shards are to stand on."""
    return math.ceil(max(_shard_needs(n).values()))


def _shard_needs(n: Mapping[str, float]) -> Mapping[str, float]:
    disk = disk_of(n)
    at_work = n["peak"] / recorded_rate(n) + n["peak_lookups"] / n["lookup_rate"]
    return {
        "for the work, `peak` / (`recorded_rate` * `cluster_percent` / 100)"
        f" + `peak_lookups` / `lookup_rate`, / {_BUSY_SHARE},": at_work / _BUSY_SHARE,
        "for a month in `memory`": disk.month / (n["memory"] * _GIGABYTE),
        "for what is to be provided on `disk`": disk.to_provide / (n["disk"] * _GIGABYTE),
    }


def _network(n: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    for link, octets, how in links(n):
        yield (
            f"network at the busiest, {link}",
            f"{octets * n['peak'] / 1e6:,.1f} MB/s",
            f"`peak` * {how}",
        )


def links(n: Mapping[str, float]) -> Iterator[tuple[str, float, str]]:
    """Yield what a message puts on each line of the network: which, octets, how computed."""
    followers = STREAM_NODES - 1
    yield (
        "from those who send to the stream",
        n["alert_octets"] + n["headers"],
        "(`alert_octets` + `headers`)",
    )
    yield (
        "among the stream’s nodes",
        followers * n["alert_octets"],
        f"`alert_octets` * {followers}, one for each replica but the first",
    )
    yield "from the stream to the workers", n["alert_octets"], "`alert_octets`"
    yield "from the workers to the database", n["sent_octets"], "`sent_octets`"
    yield (
        "from the database to its standbys",
        (n["copies"] - 1) * n["wal_octets"],
        "`wal_octets` * (`copies` - 1)",
    )


def _gigabytes(octets: float) -> str:
    return f"{octets / _GIGABYTE:,.0f} GB"


def document(n: Mapping[str, float]) -> str:
    """Return the tables of docs/scale.md."""
    lines = ["| assumed | number | where it comes from |", "|---|---|---|"]
    lines += [
        f"| `{name}`: {each.what} | {n[name]:,.0f} | {each.source} |"
        for name, each in ASSUMED.items()
    ]
    lines += ["", "| measured | number | by |", "|---|---|---|"]
    lines += [
        f"| `{name}`: {each.what} | {n[name]:,.0f} | {each.source} |"
        for name, each in MEASURED.items()
    ]
    lines += ["", "| it takes | | computed |", "|---|---|---|"]
    lines += [f"| {what} | **{much}** | {how} |" for what, much, how in results(n)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the tables."""
    try:
        sys.stdout.write(document(numbers_of(sys.argv[1:])))
    except ValueError as error:
        raise SystemExit(str(error)) from error


if __name__ == "__main__":
    main()
