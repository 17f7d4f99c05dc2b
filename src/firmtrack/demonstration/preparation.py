"""Makes the demonstration: two suppliers and DCC, their people, and three weeks of their world.

What happened until now is recorded at its own times, as if Firmtrack had run all the while. A
demonstration that was switched off learns at its start what happened meanwhile in the same way.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table

from firmtrack.accounts.models import Party, User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.demonstration import handing_in, living, notes, receiver, trying
from firmtrack.demonstration.cast import CAST
from firmtrack.demonstration.handing_in import Hands
from firmtrack.demonstration.recording_time import past_recording
from firmtrack.demonstration.world import HISTORY, Arrival, DemonstrationWorld, Pause
from firmtrack.errors import FirmtrackError
from firmtrack.store.database import pool
from firmtrack.store.reports import freshness, performance

MOST_MISSED = timedelta(days=14)
"""Of a longer absence only so much, up to now, is made up for: before it nobody asked for any."""

_TOLD_SINCE = timedelta(hours=12)
"""For so long before it is made the suppliers were already told of changes."""


class NotADemonstration(FirmtrackError):
    """The database holds parties that are not the demonstration's: give it one of its own."""


def prepare(console: Console, origin: str, now: datetime | None = None) -> None:
    """Make the demonstration, or bring it up to now, and print how to sign in and what to try.

    ``origin`` is where it will answer, its receiver of notices, too; ``now`` is by default the
    clock's. Raises NotADemonstration.
    """
    now = now or datetime.now(UTC)
    receiver.create()
    noted = notes.read()
    if not noted:
        if Party.objects.exists():
            raise NotADemonstration
        began_at = now.replace(microsecond=0) - HISTORY
        noted = {"password": secrets.token_urlsafe(9), "world": notes.world_of(began_at)}
        notes.write(noted)
    _go_on(console, noted, now)
    performance.refresh()  # what is not counted yet: the first page has figures
    notes.add(origin=origin)
    receiver.point_to(origin)
    if notes.began_at(noted) is not None:
        trying.renew(now)
    _print(console, notes.read())


def receiver_origin() -> str:
    """Return where the demonstration that was last prepared has its receiver of notices."""
    origin: str = notes.read()["origin"]
    return origin


def _go_on(console: Console, noted: Mapping[str, Any], now: datetime) -> None:
    """Hand in what has happened by ``now``, and have the world go on in what serves."""
    began_at = notes.began_at(noted)
    if began_at is None:
        console.print(
            "This demonstration was made by another version of Firmtrack, and stands still. Without"
            " its directory a new one is made."
        )
        living.keep(None)
        return
    with pool().connection() as connection:
        handing_in.create(connection)
        since = handing_in.handed_in_until(connection)
    if since is None:
        console.print("Making the demonstration’s data: two suppliers, three weeks of traffic …")
    elif now - since > MOST_MISSED:
        notes.add_pause(Pause(since, now - MOST_MISSED))
    _add_parties(str(noted["password"]))
    world = DemonstrationWorld(began_at, notes.pauses(notes.read()))
    arrivals = [each for each in world.until(now) if since is None or each.at >= since]
    _hand_in(world, arrivals, now, is_new=since is None)
    living.keep(world)


def _hand_in(
    world: DemonstrationWorld, arrivals: list[Arrival], now: datetime, *, is_new: bool
) -> None:
    hands = Hands()
    told_since = now - _TOLD_SINCE
    with past_recording() as set_moment, pool().connection() as connection:
        if is_new:
            set_moment(world.began_at)
            handing_in.import_rows(world.first_rows())
        for is_told in (False, True):
            if is_told:
                _have_parties_told()
            part = [each for each in arrivals if (each.at >= told_since) is is_told]
            handing_in.hand_in_past(hands, part, now, set_moment, connection)
        handing_in.note(connection, now)
    with pool().connection() as connection:
        freshness.fold_arrivals(connection)


def _add_parties(password: str) -> None:
    """Add the cast, as far as it is not there."""
    parties = {party.name: party for party in Party.objects.all()}
    for person in CAST:
        if person.party not in parties:
            added = add_party(person.party, person.kind, person.user_ids)
            parties[added.name] = added
        if not User.objects.filter(email=person.email).exists():
            add_user(person.email, parties[person.party], password)


def _have_parties_told() -> None:
    for person in CAST:
        party = Party.objects.get(name=person.party)
        if person.user_ids and not receiver.is_told(party):
            receiver.tell(party)


def _print(console: Console, noted: Mapping[str, Any]) -> None:
    sign_ins = Table(
        "Sign in as", "Password", "Who", title="The demonstration", title_justify="left"
    )
    for person in CAST:
        user = User.objects.filter(email=person.email).first()
        if user is not None:  # who was added to the cast later is not in an earlier demonstration
            who = f"{person.name} of {person.party}, {user.get_role_display()}"
            sign_ins.add_row(person.email, str(noted["password"]), who)
    console.print(sign_ins)
    origin = noted["origin"]
    tries = trying.of(noted)
    if tries:
        console.print("Try this:")
    for each in tries:
        who = next(person.name for person in CAST if person.email == each.email)
        console.print(f"- {each.text}, as {who}:", markup=False)
        console.print(f"  {origin}{trying.sign_in_path(each)}", markup=False, soft_wrap=True)
    console.print(f"What notices arrived: {origin}/demonstration/receiver", markup=False)
