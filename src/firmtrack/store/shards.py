"""Where each table lives on a Citus cluster, and how a database's tables get there.

The only module that knows of Citus. All that is told of a device is on one shard, so that one
worker answers for it; a message is by its digest; requests, and what shards need beside their
devices, are on each node; figures, accounts and what waits for somebody are on the coordinator.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import LiteralString, NamedTuple

from psycopg import Connection, Cursor, sql
from psycopg.rows import TupleRow

from firmtrack.errors import FirmtrackError
from firmtrack.store.places import drop_places, take_all

SHARDS = 8
"""Into how many parts tables are cut, unless somebody says otherwise.

What asks all of them is slower with more.
"""


class Home(Enum):
    """Where the rows of a table are."""

    DEVICE = "device_id"
    """On the shard of their device, with all others of that device."""

    MESSAGE = "message_id"
    """On the shard of their message."""

    EVERYWHERE = "every node"
    """On each node, all of them."""

    COORDINATOR = "coordinator"
    """On the coordinator, as in a database that is not distributed."""


class Tables(NamedTuple):
    """Tables that have one home for one reason."""

    home: Home
    why: str
    names: Sequence[str]


HOMES: Sequence[Tables] = (
    Tables(
        Home.DEVICE,
        "told of a device, and read with all else that is told of it",
        (
            "distribution", "distribution_history", "recorded_event", "recorded_activation_event",
            "recorded_device_incident", "recorded_inventory_statement", "recorded_supplier_change",
            "device", "comms_hub_device", "going_distribution", "going_activation", "going_tie",
        ),
    ),
    Tables(
        Home.MESSAGE,
        "most of what is stored, and found by its digest alone",
        ("dated_message", "undated_message"),
    ),
    Tables(
        Home.EVERYWHERE,
        "told of requests or hubs as a whole, and read with each of their devices",
        (
            "request", "recorded_request_statement", "recorded_request_naming",
            "recorded_request_step", "recorded_request_incident", "recorded_comms_hub_incident",
            "pruned_distribution",
        ),
    ),
    Tables(
        Home.EVERYWHERE,
        "small, and asked about beside each fact: whether it counts, or is kept",
        ("withdrawal", "retention"),
    ),
    Tables(
        Home.COORDINATOR,
        "looked for by the ID of the request that proposed, which may name any device",
        ("proposal", "verdict", "pruned_request"),
    ),
    Tables(
        Home.COORDINATOR,
        "figures: a few rows for each request, counted of all shards and read as a whole",
        (
            "performance_count", "performance_duration", "stay", "stay_in_progress", "stay_at_hub",
            "hub_stay", "cohort", "cause_count", "request_standing", "trouble_update",
            "stalled_update", "wait_estimate", "wait_limit", "wait_limit_age", "last_count",
            "device_segment", "device_profile", "failure_reason",
        ),
    ),
    Tables(
        Home.COORDINATOR,
        "what is to be counted, folded or told: emptied by whoever does it, in one place",
        (
            "cause_due", "standing_due", "stale_device", "stale_request", "uncounted_request",
            "unfolded_device", "status_change", "watch_change", "stalled_distribution",
        ),
    ),
    Tables(
        Home.COORDINATOR,
        "notices, and what people watch: of parties, and read by party",
        (
            "notice", "notice_try", "notice_endpoint", "endpoint_queue", "party_incident",
            "party_incident_device", "party_cause", "party_cause_search", "cause_note", "watch",
            "person_visit", "dispatcher",
        ),
    ),
    Tables(
        Home.COORDINATOR,
        "what came and from whom, of all sources together",
        (
            "arrival", "source_last", "source_silence", "source_user", "ignored_count",
            "quarantine", "quarantine_discarded", "quarantine_overflow", "withdrawn_again",
            "stream_outcome", "stream_worker",
        ),
    ),
    Tables(
        Home.COORDINATOR,
        "who looked up and did what, by time",
        ("lookup_audit", "act"),
    ),
    Tables(
        Home.COORDINATOR,
        "what a prune, or a reading again, has under way, a few rows of all that there is",
        (
            "preparing_prune", "touched_fact", "rereading",
        ),
    ),
    Tables(
        Home.COORDINATOR,
        "whose turn it is, and the form of the tables",
        ("lease", "counting_turn", "standings_turn", "served_from", "django_migrations"),
    ),
    Tables(
        Home.COORDINATOR,
        "accounts, sessions and settings, which Django reads and writes row by row",
        (
            "accounts_party", "accounts_partyuserid", "accounts_user", "accounts_apitoken",
            "accounts_provider", "account_emailaddress", "account_emailconfirmation",
            "mfa_authenticator", "socialaccount_socialaccount", "socialaccount_socialapp",
            "socialaccount_socialtoken", "auth_group", "auth_group_permissions", "auth_permission",
            "django_content_type", "django_session", "usersessions_usersession",
            "web_signinattempt", "web_cache", "code_wording",
        ),
    ),
)  # fmt: skip
"""Every table, the first of a home being the one that the others of it go with."""

STAGING_HOMES: Mapping[str, Home] = {
    "staged_message": Home.MESSAGE,
    "staged_event": Home.DEVICE,
    "staged_name": Home.DEVICE,
    "staged_device": Home.DEVICE,
    "staged_statement": Home.DEVICE,
    "restated_device": Home.DEVICE,
    "staged_activation_event": Home.DEVICE,
    "new_name": Home.DEVICE,
    "concerned_device": Home.DEVICE,
    "changed_request": Home.EVERYWHERE,
    "loose_device": Home.DEVICE,
    "counted_name": Home.DEVICE,
    "held_status": Home.DEVICE,
}
"""The same of the tables of a place: each is where what becomes of its rows is."""

_SETTINGS = {
    # Writers take the rows of one shard of a node after those of another, so that there no two wait
    # for each other. Nodes are at work side by side all the same: see again_after_deadlock.
    "citus.multi_shard_modify_mode": "sequential",
    # What two of them change in a shard are rows, each of which PostgreSQL locks: to lock the shard
    # would have writers wait for each other, and for whoever waits for them.
    "citus.all_modifications_commutative": "on",
    # Only ``check`` compares what lies by device with what lies by message.
    "citus.enable_repartition_joins": "on",
}
# Those that statements on shards use; PostgreSQL's own are everywhere.
_FUNCTIONS = """
    SELECT p.oid::regprocedure::text
    FROM pg_proc AS p
    WHERE p.pronamespace = 'public'::regnamespace AND p.provolatile = 'i'
      AND NOT EXISTS (
          SELECT FROM pg_depend AS d
          WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      )
    ORDER BY 1
"""
_IS_CLUSTER = "SELECT to_regclass('pg_dist_partition') IS NOT NULL"
_HAS_WORKERS = """
    SELECT EXISTS (
        SELECT FROM pg_dist_node WHERE noderole = 'primary' AND groupid > 0 AND isactive
    )
"""
_IS_AT_HOME = "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass(%s))"
_OCTETS = "SELECT pg_total_relation_size(%s::regclass)"
_OCTETS_OF_SHARDS = "SELECT citus_total_relation_size(%s::regclass)"
# Of one shard after the other, whose name stands in the place of ``%s``.
_OF_ANY_SHARD = "SELECT bool_or(result = 't') FROM run_command_on_placements(%s, %s)"
_SPREAD = """
    SELECT create_distributed_table(%(name)s, %(column)s, colocate_with => %(beside)s,
        shard_count => %(shards)s)
"""
_COPY_TO_ALL = "SELECT create_reference_table(%(name)s)"
# What was in a table when it was moved stays beside its shards, where no statement finds it.
_EMPTY_WHAT_WAS = "SELECT truncate_local_data_after_distributing_table(%(name)s)"
_LAID = """
    SELECT count(DISTINCT s.shardid), count(DISTINCT p.groupid)
    FROM pg_dist_shard AS s
    JOIN pg_dist_placement AS p ON p.shardid = s.shardid
    WHERE s.logicalrelid = %s::regclass
"""


class NoCluster(FirmtrackError):
    """The database has no Citus with a worker: make the extension, and add the workers to it."""


class Laid(NamedTuple):
    """How a database's tables lie on a cluster, and which of them were moved just now."""

    moved: Sequence[str]
    shards: int
    nodes: int


def distribute(
    connection: Connection[TupleRow],
    shards: int = SHARDS,
    tell: Callable[[str], None] = lambda _name: None,
) -> Laid:
    """Move each table to its home, with what is in it; who is at home stays, and so do its shards.

    In one transaction: it is done whole or not at all. Those who write wait meanwhile. ``tell`` is
    called with the name of each table before it is moved. Raises NoCluster.
    """
    if not _is(connection, _IS_CLUSTER) or not _is(connection, _HAS_WORKERS):
        raise NoCluster
    with connection.transaction():
        for setting, value in _SETTINGS.items():
            connection.execute("SELECT set_config(%s, %s, true)", (setting, value))
        take_all(connection)
        moved = [
            name
            for tables in HOMES
            for name in tables.names
            if tables.home is not Home.COORDINATOR and not _is(connection, _IS_AT_HOME, name)
        ]
        for name in moved:
            tell(name)
            _move(connection, name, _home_of(name), shards)
            connection.execute(_EMPTY_WHAT_WAS, {"name": name})
        _set_up(connection)
        drop_places(connection)
        laid = connection.execute(_LAID, (_first(Home.DEVICE),)).fetchone()
    assert laid is not None
    return Laid(moved, *laid)


def distribute_new(connection: Connection[TupleRow]) -> None:
    """Move the tables that a migration made to their homes, if the others are at theirs."""
    if _is_distributed(connection):
        distribute(connection)


def _set_up(connection: Connection[TupleRow]) -> None:
    """Have sessions begin with what statements on shards need, and nodes know the functions."""
    for setting, value in _SETTINGS.items():
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                sql.Identifier(connection.info.dbname), sql.SQL(setting), sql.Literal(value)
            )
        )
    for (function,) in connection.execute(_FUNCTIONS).fetchall():
        connection.execute("SELECT create_distributed_function(%s)", (function,))


def octets_of(connection: Connection[TupleRow], name: str) -> int:
    """Return how much disk a table takes with its indexes, wherever it lies."""
    is_spread = _is(connection, _IS_CLUSTER) and _is(connection, _IS_AT_HOME, name)
    query = _OCTETS_OF_SHARDS if is_spread else _OCTETS
    row = connection.execute(query.encode(), (name,)).fetchone()
    assert row is not None
    return int(row[0])


def is_so_of_any_shard(
    connection: Connection[TupleRow], name: str, question: LiteralString
) -> bool:
    """Return whether it is so of a table, or of one of its shards that can be asked.

    The question is a statement of one value, with the name for ``{table}``.
    """
    if _is(connection, _IS_CLUSTER) and _is(connection, _IS_AT_HOME, name):
        return _is(connection, _OF_ANY_SHARD, name, question.format(table="'%s'"))
    asked = sql.SQL(question).format(table=sql.Literal(name))
    row = connection.execute(asked).fetchone()
    return row is not None and bool(row[0])


def shards_of_devices(connection: Connection[TupleRow]) -> int:
    """Return on how many shards what is told of devices is: 1 if it is not spread."""
    if not _is_distributed(connection):
        return 1
    row = connection.execute(_LAID, (_first(Home.DEVICE),)).fetchone()
    assert row is not None
    return int(row[0])


def settle_beside(connection: Connection[TupleRow], name: str, other: str) -> None:
    """Move a new table to where another's rows are, if that one is spread over shards."""
    if _is(connection, _IS_CLUSTER) and _is(connection, _IS_AT_HOME, other):
        _move(connection, name, _home_of(other))


def settle_place(cursor: Cursor[TupleRow], place: str) -> None:
    """Move the staging tables of a new place to their homes, if those of facts are at theirs."""
    connection = cursor.connection
    if not _is_distributed(connection):
        return
    for name, home in STAGING_HOMES.items():
        _move(connection, f"{place}.{name}", home)
    cursor.execute(_EMPTY.format(place=place).encode())


def _move(
    connection: Connection[TupleRow], name: str, home: Home, shards: int | None = None
) -> None:
    if home is Home.EVERYWHERE:
        connection.execute(_COPY_TO_ALL, {"name": name})
        return
    first = _first(home)
    connection.execute(
        _SPREAD,
        {
            "name": name,
            "column": home.value,
            "beside": "none" if name == first else first,
            "shards": shards if name == first else None,
        },
    )


def _is_distributed(connection: Connection[TupleRow]) -> bool:
    return _is(connection, _IS_CLUSTER) and _is(connection, _IS_AT_HOME, _first(Home.DEVICE))


def _home_of(name: str) -> Home:
    return next(tables.home for tables in HOMES if name in tables.names)


def _first(home: Home) -> str:
    return next(tables.names[0] for tables in HOMES if tables.home is home)


def _is(connection: Connection[TupleRow], question: str, *values: object) -> bool:
    row = connection.execute(question.encode(), values).fetchone()
    assert row is not None
    return bool(row[0])


# How large a table is on its shards is not seen from here: one statement finds which have rows.
_FILLED = "\n        UNION ALL ".join(
    f"SELECT '{name}' AS name, device_id FROM {{place}}.{name}"  # noqa: S608 - of our own names alone
    for name, home in STAGING_HOMES.items()
    if home is Home.DEVICE
)
_EMPTY_OTHERS = "\n    ".join(
    f"DELETE FROM {{place}}.{name};"  # noqa: S608 - of our own names alone
    for name, home in STAGING_HOMES.items()
    if home is not Home.DEVICE
)
_EMPTY = f"""
CREATE OR REPLACE FUNCTION {{place}}.empty_staging() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE filled text;
BEGIN
    FOR filled IN SELECT name FROM (
        {_FILLED}
    ) AS filling GROUP BY name LOOP
        EXECUTE format('DELETE FROM {{place}}.%I', filled);
    END LOOP;
    {_EMPTY_OTHERS}
    RETURN true;
END $$;
"""  # noqa: S608 - of our own names alone
