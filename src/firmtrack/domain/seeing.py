"""Who may see what: the rule, of which ``firmtrack.store.reading.seeing`` is the form in SQL.

A User sees its own requests, what was sent to it, and of others no more than what stands here: the
day of an event that was sent to another party, how far others' updates of its own device are, and
the facts of a device that it has to do with. DCC's staff see all.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from firmtrack.domain.activation import Chapters, chapters_of
from firmtrack.domain.disclosure import day_of, start_of_day
from firmtrack.domain.dossier import (
    Device,
    Distribution,
    ReportedEvent,
    Reporter,
    SupplierStatement,
)
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.incidents import (
    FACTS_OF_DEVICE,
    FACTS_OF_REQUEST,
    Befallen,
    IncidentEntry,
    Placed,
    ReportedIncident,
    concerned,
    entries,
)
from firmtrack.domain.inventory import IMPORT_ID, Knowledge, Origin
from firmtrack.domain.precedence import precedence_of
from firmtrack.domain.stages import Stage, Status
from firmtrack.domain.viewer import Viewer


class SeenEvent(NamedTuple):
    """An event as a viewer may see it; of another party's its times are beginnings of days."""

    event: ReportedEvent
    is_anothers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDistribution:
    """A distribution of a request that the viewer sees, its history the greatest event first.

    If the event that decides it was sent to another party (``is_anothers``), ``updated_at`` is the
    beginning of its day.
    """

    distribution: Distribution
    updated_at: datetime
    is_anothers: bool
    history: tuple[SeenEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSource:
    """Where a fact was learnt; of another party's message (``is_anothers``) only on which day.

    ``reporter`` is None of what was imported, and where it may not be shown, or is not kept.
    """

    learnt_at: datetime | None
    reporter: Reporter | None
    is_anothers: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What one viewer sees of a device.

    ``own`` are its distributions of requests that the viewer sees, ``others`` those of which it
    sees how far they are, but not whose they are; both newest request first. ``unattributed`` are
    events that belong to none of ``own``, the greatest first. ``is_party``: to a message that
    describes the device. ``known`` is what is known of it without a Responsible Supplier whom the
    viewer may not know, None while nobody stated anything; ``sees_inventory`` is whether it may be
    shown, ``suppliers`` who was one, latest first.
    """

    viewer: Viewer
    device: Device
    own: tuple[SeenDistribution, ...]
    others: tuple[Distribution, ...]
    unattributed: tuple[SeenEvent, ...]
    chapters: Chapters
    incidents: Befallen
    is_party: bool
    sees_inventory: bool
    known: Knowledge | None
    suppliers: tuple[tuple[SupplierStatement, bool], ...]

    def source_of(self, origin: Origin) -> SeenSource:
        """Return where what a statement states was learnt.

        What an operator imported is nobody's; a message of which no User is known is another's.
        """
        learnt_at, message_id = origin
        if message_id == IMPORT_ID:
            return SeenSource(learnt_at=learnt_at, reporter=None, is_anothers=False)
        reporter = self.device.reporters.get(message_id)
        if not self.viewer.is_party_to(None if reporter is None else reporter.user_id):
            return SeenSource(learnt_at=day_of(learnt_at), reporter=None, is_anothers=True)
        reporter = reporter or Reporter(message_id=message_id, kind=None)
        return SeenSource(learnt_at=learnt_at, reporter=reporter, is_anothers=False)


def view_of(viewer: Viewer, device: Device) -> View:
    """Return what the viewer sees of the device."""
    mine = [each for each in device.distributions if viewer.may_see(each.request_id)]
    is_supplier = _is_supplier(viewer, device)
    is_party = not viewer.user_ids.isdisjoint(device.parties)
    knows_supplier = viewer.sees_all or is_supplier
    # To name a device in a request is not enough.
    sees_inventory = knows_supplier or is_party or any(map(_was_accepted, mine))
    chapters = chapters_for(viewer, device)
    return View(
        viewer=viewer,
        device=device,
        own=tuple(_distribution(viewer, each) for each in mine),
        others=tuple(
            each
            for each in device.distributions
            if not viewer.may_see(each.request_id)
            # Its Responsible Supplier sees them, where the operator has it so.
            and viewer.sees_others_updates
            and is_supplier
            and _was_accepted(each)
        ),
        unattributed=_unattributed(viewer, device),
        chapters=chapters,
        incidents=_incidents(viewer, device, mine, chapters, sees_facts=sees_inventory),
        is_party=is_party,
        sees_inventory=sees_inventory,
        known=_known(device, knows_supplier=knows_supplier),
        suppliers=tuple(
            (each, viewer.sees_all or each.supplier in viewer.user_ids)
            for each in device.suppliers
            if knows_supplier
        ),
    )


def is_anothers(viewer: Viewer, addressee: Eui64 | None) -> bool:
    """Return whether a message was sent to another party; of its event only the day may be shown.

    ``addressee`` is None of a message that was sent to nobody.
    """
    return addressee is not None and not viewer.is_party_to(addressee)


def sees_message(viewer: Viewer, user_id: Eui64 | None, about: Iterable[RequestId]) -> bool:
    """Return whether the viewer may see a whole message, and not only what it decides.

    ``user_id`` is the User that sent it or was sent it: whoever that is sees it, and nobody else
    but DCC's staff, whatever request it is about. What was sent to nobody (None), a stage report,
    is seen by whom one of the requests belongs to that it is ``about``.
    """
    if user_id is None and not viewer.sees_all:
        return any(map(viewer.may_see, about))
    return viewer.is_party_to(user_id)


def befallen(
    viewer: Viewer,
    reported: Iterable[ReportedIncident],
    distributions: Sequence[Placed],
    *,
    sees_facts: bool,
) -> Befallen:
    """Return what the viewer sees of the incidents that may concern a device.

    ``distributions`` are those that the viewer sees, newest request first; ``sees_facts`` is
    whether it sees the device's inventory. What names a request is seen by whoever sees it; what is
    the device's own fact by whoever sees its inventory; anything by the User that it was sent to.
    What names no device is shown where it concerns a distribution, and only there: else it would
    tell which devices a request names, or a hub has.
    """
    of_request: dict[RequestId, list[ReportedIncident]] = {}
    others = []
    for each in reported:
        places = concerned(each.incident, distributions)
        if not _sees_incident(viewer, each, is_placed=bool(places), sees_facts=sees_facts):
            continue
        for request_id in places:
            of_request.setdefault(request_id, []).append(each)
        if not places:
            others.append(each)
    return Befallen(
        of_request={key: _incident_entries(viewer, found) for key, found in of_request.items()},
        others=_incident_entries(viewer, others),
    )


def incidents_of_request(
    viewer: Viewer, reported: Iterable[ReportedIncident]
) -> tuple[IncidentEntry, ...]:
    """Return what befell a request that the viewer sees, latest first."""
    return _incident_entries(
        viewer,
        [
            each
            for each in reported
            if _sees_incident(viewer, each, is_placed=True, sees_facts=False)
        ],
    )


def _is_supplier(viewer: Viewer, device: Device) -> bool:
    known = None if device.known is None else device.known.facts.get("responsible_supplier")
    return known is not None and known.value in viewer.user_ids


def _was_accepted(distribution: Distribution) -> bool:
    """Return whether DCC took the device's update on."""
    status = distribution.status
    return status.stage > Stage.VALIDATED or status is Status.ACCEPTED


def _known(device: Device, *, knows_supplier: bool) -> Knowledge | None:
    known = device.known
    if known is None or knows_supplier:
        return known
    others = {name: each for name, each in known.facts.items() if name != "responsible_supplier"}
    return replace(known, facts=others)


def _distribution(viewer: Viewer, each: Distribution) -> SeenDistribution:
    is_hidden = is_anothers(viewer, each.addressee)
    return SeenDistribution(
        distribution=each,
        updated_at=start_of_day(each.updated_at) if is_hidden else each.updated_at,
        is_anothers=is_hidden,
        history=_events(viewer, each.history),
    )


def _unattributed(viewer: Viewer, device: Device) -> tuple[SeenEvent, ...]:
    """Return the events that belong to none of the requests that the viewer sees.

    Those that were sent to it, whether they fit another party's request or none; DCC's staff see
    what fits none. To which of others' requests they belong, and why, is not shown.
    """
    of_others = (
        event
        for each in device.distributions
        if not viewer.may_see(each.request_id)
        for event in each.history
        if event.reporter.user_id in viewer.user_ids
    )
    fitting_none = (
        event
        for event in device.unattributed
        if viewer.sees_all or event.reporter.user_id in viewer.user_ids
    )
    seen = sorted((*of_others, *fitting_none), key=precedence_of, reverse=True)
    return _events(viewer, (event._replace(evidence=None) for event in seen))


def _events(viewer: Viewer, events: Iterable[ReportedEvent]) -> tuple[SeenEvent, ...]:
    return tuple(
        SeenEvent(_day_only(event), is_anothers=True)
        if is_anothers(viewer, event.reporter.user_id)
        else SeenEvent(event, is_anothers=False)
        for event in events
    )


def _day_only(event: ReportedEvent) -> ReportedEvent:
    """Return what may be shown of an event that was sent to another party: its times are days."""
    return event._replace(
        occurred_at=start_of_day(event.occurred_at),
        recorded_at=start_of_day(event.recorded_at),
        first_at=start_of_day(event.first_at),
        first_recorded_at=start_of_day(event.first_recorded_at),
        device_time=None,
    )


def chapters_for(viewer: Viewer, device: Device) -> Chapters:
    """Return the viewer's own activations, those of images of its own requests under these.

    As if there were no others' requests: else an activation that one of these explains would tell
    of it.
    """
    return chapters_of(
        [each for each in device.activations if viewer.may_see(each.request_id)],
        [each for each in device.candidates if viewer.may_see(each.request_id)],
    )


def _incidents(
    viewer: Viewer,
    device: Device,
    mine: Iterable[Distribution],
    chapters: Chapters,
    *,
    sees_facts: bool,
) -> Befallen:
    if not device.incidents:
        return Befallen(of_request={}, others=())
    placed = [
        Placed(
            request_id=each.request_id,
            status=each.status,
            variant=each.request.variant,
            submitted_at=each.named_at,
            hubs=_hubs(each.history),
            activations=[
                activation.request_id for activation in chapters.of_request.get(each.request_id, ())
            ],
        )
        for each in mine
    ]
    return befallen(viewer, device.incidents, placed, sees_facts=sees_facts)


def _sees_incident(
    viewer: Viewer, reported: ReportedIncident, *, is_placed: bool, sees_facts: bool
) -> bool:
    kind = reported.incident.kind
    if not is_placed and (reported.incident.device_id is None or kind in FACTS_OF_REQUEST):
        return False
    if viewer.is_party_to(reported.user_id):
        return True
    return kind in FACTS_OF_REQUEST or (sees_facts and kind in FACTS_OF_DEVICE)


def _incident_entries(
    viewer: Viewer, seen: Sequence[ReportedIncident]
) -> tuple[IncidentEntry, ...]:
    return entries(
        own=[each for each in seen if viewer.is_party_to(each.user_id)],
        anothers=[each for each in seen if not viewer.is_party_to(each.user_id)],
    )


def _hubs(history: Iterable[ReportedEvent]) -> list[tuple[datetime, Eui64]]:
    return [
        (at, event.comms_hub_id)
        for event in history
        if event.comms_hub_id is not None
        for at in {event.first_at, event.occurred_at}
    ]
