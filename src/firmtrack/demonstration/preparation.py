"""What the demonstration shows: two suppliers and DCC, their people, weeks of simulated traffic."""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from rich.console import Console
from rich.table import Table

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.answers.requests import DistributionFilter
from firmtrack.demonstration import receiver
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.pace import Pace
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.errors import FirmtrackError
from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.inventory_import import InventoryFile, import_inventory
from firmtrack.intake.receive import Submitter
from firmtrack.simulator.chronicle import Chronicle
from firmtrack.simulator.outcomes import Report
from firmtrack.simulator.output import Layout
from firmtrack.simulator.scenario import DEFAULT_SUPPLIERS, Scenario
from firmtrack.simulator.simulation import imagine, write
from firmtrack.simulator.troubles import Trouble
from firmtrack.simulator.world import HUB_VERSIONS, Region
from firmtrack.store.reading import requests
from firmtrack.store.reports import performance

_DAYS = 21
_MESSAGES_TOLD = 300
"""So many of the last messages come when the suppliers are already told of changes."""
_OUTAGE = timedelta(days=16), timedelta(days=11)
_MODEL_FAILS_SINCE = timedelta(days=12)
_PACES = {"A device in progress": Pace.USUAL, "A device that has stalled": Pace.STALLED}


class NotADemonstration(FirmtrackError):
    """The database holds parties that are not the demonstration's: give it one of its own."""


class Person(NamedTuple):
    """Someone who signs in to the demonstration; the first of a party administers it."""

    name: str
    email: str
    party: str
    kind: PartyKind
    user_ids: tuple[Eui64, ...]


CAST = (
    Person(
        "Ada", "ada@alpha.example", "Alpha Energy", PartyKind.LARGE_SUPPLIER, DEFAULT_SUPPLIERS[:1]
    ),
    Person("Alf", "alf@alpha.example", "Alpha Energy", PartyKind.LARGE_SUPPLIER, ()),
    Person(
        "Ben", "ben@bravo.example", "Bravo Power", PartyKind.SMALL_SUPPLIER, DEFAULT_SUPPLIERS[1:]
    ),
    Person("Olu", "olu@dcc.example", "DCC", PartyKind.DCC, ()),
)


def prepare(console: Console, origin: str) -> None:
    """Make the demonstration unless it is there, and print how to sign in and what to look for.

    ``origin`` is where its receiver of notices will answer. Raises NotADemonstration.
    """
    notes = _notes()
    receiver.create()
    if not notes.exists():
        if Party.objects.exists():
            raise NotADemonstration
        console.print("Making the demonstration's data: two suppliers, three weeks of traffic …")
        _make(notes)
    performance.refresh()  # what an earlier run left uncounted: the first page has figures
    noted = json.loads(notes.read_text(encoding="utf-8")) | {"origin": origin}
    _write(notes, noted)
    receiver.point_to(origin)
    _print(console, noted)


def receiver_origin() -> str:
    """Return where the demonstration that was last prepared has its receiver of notices."""
    origin: str = json.loads(_notes().read_text(encoding="utf-8"))["origin"]
    return origin


def _notes() -> Path:
    return settings.ENVIRONMENT.data_dir / "demonstration.json"


def _make(notes: Path) -> None:
    """Make the cast and the traffic; the notes are written last, when all is there."""
    password = secrets.token_urlsafe(9)
    traffic = notes.parent / f"demonstration-{secrets.token_hex(4)}.tar.gz"
    now = datetime.now(UTC)
    chronicle = imagine(
        Scenario(requests=24, devices=120, seed=7, start=now - timedelta(days=_DAYS), days=_DAYS),
        _troubles(now),
    )
    made = write(chronicle, Layout.beside(traffic))
    envelopes = list(envelopes_in(traffic))
    ingest(envelopes[:-_MESSAGES_TOLD], Submitter.operator())
    inventories = (made.inventory, made.later_inventory)
    for inventory in inventories:
        report = import_inventory(
            [InventoryFile.of_path(inventory)], skip_bad=False, on_read=lambda _: None
        )
        assert report.is_kept, report.problems
    parties: dict[str, Party] = {}
    for person in CAST:
        party = parties.get(person.party)
        if party is None:
            party = add_party(person.party, person.kind, person.user_ids)
            parties[party.name] = party
        add_user(person.email, party, password)
        if person.user_ids:
            receiver.tell(party)
    ingest(envelopes[-_MESSAGES_TOLD:], Submitter.operator())
    performance.refresh()
    examples = _examples(chronicle) | _examples_by_pace(chronicle)
    _write(notes, {"password": password, "examples": examples})
    for written in (traffic, *inventories):
        written.unlink()
    shutil.rmtree(made.trust_store)


def _troubles(now: datetime) -> tuple[Trouble, ...]:
    """Return what failures have in common: an outage of one region, old hubs, and a model."""
    outage_began, outage_ended = _OUTAGE
    return (
        Trouble(
            share=1.0,
            reports=(),
            region=Region.NORTH,
            since=now - outage_began,
            until=now - outage_ended,
        ),
        Trouble(share=0.9, reports=(Report.HUB_MISSED_IT,), comms_hub_version=HUB_VERSIONS[-1]),
        Trouble(
            share=0.8,
            reports=(Report.HUB_HAS_IT, Report.IMAGE_DISCARDED),
            model="Tamar 3G",
            since=now - _MODEL_FAILS_SINCE,
        ),
    )


def _write(notes: Path, noted: Mapping[str, object]) -> None:
    """Write the notes, all at once and readable by us alone."""
    fresh = notes.with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(noted, file)
    fresh.replace(notes)


def _examples(chronicle: Chronicle) -> dict[str, str]:
    """Return a failed device of Alpha's, and a request that names it."""
    for request in chronicle.requests():
        for named in request.named if request.supplier == DEFAULT_SUPPLIERS[0] else ():
            if named.distribution.current.status is Status.DEVICE_TRANSFER_FAILED:
                return {
                    "A device whose update failed": str(named.device_id),
                    "The Service Request": str(request.request_id),
                }
    return {}


def _examples_by_pace(chronicle: Chronicle) -> dict[str, str]:
    """Return a device in progress as others are, and one that has stalled, of Alpha's."""
    request_ids = sorted((request.request_id for request in chronicle.requests()), key=str)
    alpha = Viewer.of_user_ids("the demonstration", DEFAULT_SUPPLIERS[:1])
    examples: dict[str, str] = {}
    for what, pace in _PACES.items():
        wanted = DistributionFilter(pace=pace)
        pages = (
            requests.list_distributions(alpha, request_id, wanted, limit=1)
            for request_id in request_ids
        )
        found = next((page.items[0] for page in pages if page.items), None)
        if found is not None:
            examples[what] = str(found.device_id)
    return examples


def _print(console: Console, notes: dict[str, str | dict[str, str]]) -> None:
    sign_ins = Table(
        "Sign in as", "Password", "Who", title="The demonstration", title_justify="left"
    )
    for person in CAST:
        user = User.objects.filter(email=person.email).first()
        if user is not None:  # who was added to the cast later is not in an earlier demonstration
            who = f"{person.name} of {person.party}, {user.get_role_display()}"
            sign_ins.add_row(person.email, str(notes["password"]), who)
    console.print(sign_ins)
    examples = notes["examples"]
    assert isinstance(examples, dict)
    for what, example in examples.items():
        console.print(f"{what}: {example}", markup=False)
    console.print(f"What notices arrived: {notes['origin']}/demonstration/receiver", markup=False)
