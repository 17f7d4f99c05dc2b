"""What is looked at in the database: its version, its tables, its clock, and what waits in it."""

import time
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.gateway.proxies import UNDECLARED_PROXY
from firmtrack.notices.signs_of_life import is_anyone_dispatching
from firmtrack.presentation.known_from import kept_from_text
from firmtrack.store.database import is_lent
from firmtrack.store.known_from import Kind, kept_from_of, month_before
from firmtrack.store.ledger.rereading import is_of_newer
from firmtrack.store.months import months_ahead
from firmtrack.store.schema import SchemaState, schema_state, schema_version
from firmtrack.watching.doctor.findings import Finding, fail, ok, warn

_OLDEST_VERSION = 150_000
_SKEW_WARN_SECONDS, _SKEW_FAIL_SECONDS = 2.0, 30.0
_FOLDED_SECONDS = 3.0
_COUNTED_SECONDS = 300.0

_WAITING = """
    SELECT (SELECT count(*) FROM notice_endpoint WHERE disabled_at IS NULL AND removed_at IS NULL),
        EXISTS (SELECT FROM notice WHERE state = 'waiting')
            OR EXISTS (SELECT FROM status_change AS c JOIN notice_subscriber AS s USING (user_id))
"""
_PARTIES_TOLD = 5
_WITHOUT_ADMINISTRATOR = """
    SELECT party.name
    FROM accounts_party AS party
    JOIN accounts_user AS person ON person.party_id = party.id AND person.is_active
    GROUP BY party.name
    HAVING NOT bool_or(person.role IN ('party_administrator', 'dcc_administrator'))
    ORDER BY party.name
"""
_OLDER = "SELECT EXISTS (SELECT 1 FROM recorded_event WHERE occurred_at < %s)"
_COUNTED = """
    SELECT EXISTS (SELECT 1 FROM message),
        (SELECT extract(epoch FROM clock_timestamp() - counted_at)::float8
         FROM last_count WHERE figures = 'performance')
"""


def check_version(connection: Connection[TupleRow]) -> Finding:
    """Return whether the database's server is new enough."""
    version = connection.info.server_version
    if version < _OLDEST_VERSION:
        return fail(
            f"PostgreSQL is of version {version // 10_000}.", "Upgrade it to version 15 or newer."
        )
    sentence = f"PostgreSQL {version // 10_000}.{version % 10_000} answers"
    if not is_lent(connection):
        return ok(f"{sentence}.")
    sentence = f"{sentence} through a pooler"
    if connection.execute("SELECT current_setting('jit')").fetchone() == ("on",):
        return warn(
            f"{sentence}, and compiles statements, which takes longer than to run them.",
            "Have the database's owner run ALTER ROLE … SET jit = off for the role that connects.",
        )
    return ok(f"{sentence}.")


def check_schema(connection: Connection[TupleRow]) -> Finding:
    """Return whether this version of Firmtrack serves the tables."""
    state = schema_state(connection)
    if state is SchemaState.SERVED and is_of_newer(connection):
        state = SchemaState.NEWER
    match state:
        case SchemaState.EMPTY:
            return fail("The database has no tables.", "Run firmtrack migrate.")
        case SchemaState.OLDER:
            return fail(
                "The tables are of an earlier Firmtrack.", "Back them up, run firmtrack migrate."
            )
        case SchemaState.NEWER:
            return fail("The tables are of a later Firmtrack.", "Install that version here, too.")
        case SchemaState.SERVED:
            return ok(f"The tables are of schema {schema_version(connection)}.")


def check_months(connection: Connection[TupleRow]) -> Finding:
    """Return whether there is a table for the next month's events, messages, look-ups and acts."""
    ahead = months_ahead(connection)
    if ahead > 0:
        return ok(f"Tables are made for {ahead} month{'' if ahead == 1 else 's'} ahead.")
    return warn(
        "The tables of the next month are not made."
        if ahead == 0
        else "The tables of this month are not made: what comes is kept apart until they are.",
        "Run firmtrack serve, which makes them; if it runs, its log says what is in the way.",
    )


def check_clock(connection: Connection[TupleRow]) -> Finding:
    """Return whether this machine's clock and the database's agree."""
    before = time.time()
    row = connection.execute("SELECT extract(epoch FROM clock_timestamp())::float8").fetchone()
    assert row is not None
    skew = (before + time.time()) / 2 - row[0]
    sentence = f"This machine's clock is {skew:+.1f} seconds before the database's."
    advice = "Have both machines keep time, by NTP for example."
    if abs(skew) > _SKEW_FAIL_SECONDS:
        return fail(sentence, advice)
    return warn(sentence, advice) if abs(skew) > _SKEW_WARN_SECONDS else ok(sentence)


def check_dispatcher(connection: Connection[TupleRow]) -> Finding:
    """Return whether somebody sends notices, if there is anywhere to send them."""
    row = connection.execute(_WAITING).fetchone()
    assert row is not None
    endpoints, is_waiting = row
    if is_anyone_dispatching(connection):
        return ok("A dispatcher of notices runs.")
    advice = "Start firmtrack dispatch, beside firmtrack serve."
    if is_waiting:
        return fail("Notices wait, and no dispatcher runs.", advice)
    if endpoints:
        return warn("There are endpoints for notices, and no dispatcher runs.", advice)
    return ok("No dispatcher runs, and there are no endpoints for notices.")


def check_proxies(_connection: Connection[TupleRow]) -> Finding:
    """Return whether a proxy that is not named has passed calls on of late."""
    seen = cache.get(UNDECLARED_PROXY)
    if seen is None:
        return ok("No call of the last day came through a proxy that is not named.")
    return warn(
        f"{seen} passes calls on, and FIRMTRACK_TRUSTED_PROXIES does not name it.",
        "If that is your proxy, name it: until then forms of https pages are refused, and all who "
        "come through it count as one address.",
    )


def check_administrators(connection: Connection[TupleRow]) -> Finding:
    """Return which parties' people are looked after by operators alone: they may be so."""
    found = connection.execute(_WITHOUT_ADMINISTRATOR).fetchall()
    if not found:
        return ok("Every party that has people has an administrator.")
    names = ", ".join(name for (name,) in found[:_PARTIES_TOLD])
    more = f" and {len(found) - _PARTIES_TOLD} more" if len(found) > _PARTIES_TOLD else ""
    return ok(f"Only operators look after the people of {names}{more}.")


def check_folding(connection: Connection[TupleRow]) -> Finding:
    """Return whether all that was recorded is folded into what is shown."""
    until = time.monotonic() + _FOLDED_SECONDS
    while (row := connection.execute("SELECT FROM unfolded_device LIMIT 1").fetchone()) is not None:
        if time.monotonic() >= until:
            return warn(
                "A process that was killed left devices whose statuses are not up to date.",
                "firmtrack serve brings them up to date, and so does any other command.",
            )
        time.sleep(0.2)  # whoever records may be at it
    del row
    return ok("All that was recorded is folded.")


def check_retention(connection: Connection[TupleRow]) -> Finding:
    """Return whether what is older than it is to be kept waits for a prune for over a month."""
    months = settings.ENVIRONMENT.retention_months
    waited_from = month_before(datetime.now(UTC), months + 1)
    kept_from = kept_from_of(connection).get(Kind.FACTS)
    if kept_from is None or kept_from < waited_from:
        row = connection.execute(_OLDER, (waited_from,)).fetchone()
        if row == (True,):
            return warn(
                f"Updates from before {kept_from_text(waited_from)} have waited to be let go for "
                f"over a month: they are to be kept for {months} months.",
                "Run firmtrack prune --dry-run, then firmtrack prune; then have a timer do it.",
            )
    return ok(f"Nothing older than {months} months has waited for over a month to be let go.")


def check_figures(connection: Connection[TupleRow]) -> Finding:
    """Return whether figures are counted."""
    row = connection.execute(_COUNTED).fetchone()
    assert row is not None
    has_messages, age_seconds = row
    if not has_messages:
        return ok("There is nothing to count yet.")
    advice = "Start firmtrack serve, or run firmtrack performance refresh."
    if age_seconds is None:
        return warn("The figures of delivery performance were never counted.", advice)
    sentence = f"The figures of delivery performance were counted {age_seconds:,.0f} seconds ago."
    return warn(sentence, advice) if age_seconds > _COUNTED_SECONDS else ok(sentence)
