"""``python -m bench.sizing [NAME=NUMBER …]``: what a national installation takes.

Prints what is assumed, what was measured, and what follows; an argument changes a number.
"""

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
}
_OCTETS = "`make bench JOBS=octets SCALE=0.4`"
_RATES = "`make bench`, one machine of 2 cores with everything on it"
MEASURED = {
    "event_octets": Number(203, "octets an event", _OCTETS),
    "message_octets": Number(467, "octets a signed alert, its body packed", _OCTETS),
    "distribution_octets": Number(279, "octets a device in a request", _OCTETS),
    "device_octets": Number(299, "octets a device of the inventory", _OCTETS),
    "lookup_octets": Number(258, "octets a look-up in the audit", _OCTETS),
    "rate": Number(4_700, "signed alerts a second, from an archive to committed", _RATES),
    "lookup_rate": Number(550, "look-ups of a device a second, with diagnosis", _RATES),
}
# Twice as much disk as the tables take: what is changed is written beside it, what stays of a month
# that is pruned is copied, and a backup is made before an upgrade.
_DISK_TIMES = 2
# No more than a half of a machine is to be taken at the busiest.
_BUSY_SHARE = 0.5


def numbers_of(arguments: Sequence[str]) -> dict[str, float]:
    """Return all numbers by name, as the arguments ``name=number`` change them.

    Raises ValueError if there is no such number.
    """
    numbers = {name: each.value for name, each in (ASSUMED | MEASURED).items()}
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name not in numbers:
            raise ValueError(f"no such number: {name}; there are {', '.join(numbers)}")
        numbers[name] = float(value)
    return numbers


def results(n: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    """Yield what follows from the numbers: what, how much, and how it is computed."""
    updates = n["devices"] * n["updates"]
    events = updates * n["events"]
    years = n["months"] / _MONTHS_A_YEAR
    yield "events a year", f"{events:,.0f}", "`devices` * `updates` * `events`"
    yield (
        "messages a second, over the year",
        f"{events * n['messages'] / _SECONDS_A_YEAR:,.0f}",
        "events a year * `messages` / seconds of a year",
    )
    an_event = n["event_octets"] + n["messages"] * n["message_octets"]
    facts = events * an_event + updates * n["distribution_octets"]
    yield (
        "disk a year, facts and bodies",
        _gigabytes(facts),
        (
            "events a year * (`event_octets` + `messages` * `message_octets`)"
            " + `devices` * `updates` * `distribution_octets`"
        ),
    )
    yield (
        "a month’s part, when all months are alike",
        _gigabytes(facts / _MONTHS_A_YEAR),
        "disk a year / 12",
    )
    inventory = n["devices"] * n["device_octets"]
    yield "disk, the inventory", _gigabytes(inventory), "`devices` * `device_octets`"
    audit = n["lookups"] * n["lookup_months"] / _MONTHS_A_YEAR * n["lookup_octets"]
    yield (
        "disk, the audit of look-ups",
        _gigabytes(audit),
        "`lookups` * `lookup_months` / 12 * `lookup_octets`",
    )
    tables = facts * years + inventory + audit
    yield (
        "disk, all tables with what is kept",
        _gigabytes(tables),
        "disk a year * `months` / 12 + inventory + audit",
    )
    yield "disk to provide", _gigabytes(tables * _DISK_TIMES), f"all tables * {_DISK_TIMES}"
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
