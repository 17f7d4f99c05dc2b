"""Who may see what: the rule, of which ``firmtrack.store.reading.seeing`` is the form in SQL.

A User sees its own requests, what was sent to it, and of others no more than what stands here.
DCC's staff see all.
"""

from dataclasses import replace
from uuid import UUID

from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.dossier import Device, Distribution, ReportedEvent
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import IMPORT_ID, Knowledge
from firmtrack.domain.stages import Stage, Status
from firmtrack.domain.viewer import Viewer


def is_anothers(viewer: Viewer, addressee: Eui64 | None) -> bool:
    """Return whether a message was sent to another party; of its event only the day may be told.

    ``addressee`` is None of a message that was sent to nobody.
    """
    return addressee is not None and not viewer.is_party_to(addressee)


def is_anothers_statement(viewer: Viewer, message_id: UUID, user_id: Eui64 | None) -> bool:
    """Return whether another party's message stated a fact; only the day of it may be told.

    What an operator imported is nobody's; what a message stated of which no User is known is.
    """
    return message_id != IMPORT_ID and not viewer.is_party_to(user_id)


def is_supplier(viewer: Viewer, device: Device) -> bool:
    """Return whether the viewer is the device's Responsible Supplier."""
    known = None if device.known is None else device.known.facts.get("responsible_supplier")
    return known is not None and known.value in viewer.user_ids


def knows_supplier(viewer: Viewer, device: Device) -> bool:
    """Return whether the viewer may know who is, and was, the device's Responsible Supplier."""
    return viewer.sees_all or is_supplier(viewer, device)


def sees_inventory(viewer: Viewer, device: Device) -> bool:
    """Return whether the viewer may see what the inventory holds of the device.

    Its Responsible Supplier may, whoever was party to a message that describes it, and whose
    request DCC accepted for it: to name a device in a request is not enough.
    """
    return (
        knows_supplier(viewer, device)
        or not viewer.user_ids.isdisjoint(device.parties)
        or any(
            viewer.may_see(each.request_id) and was_accepted(each) for each in device.distributions
        )
    )


def sees_progress(viewer: Viewer, device: Device, others: Distribution) -> bool:
    """Return whether the viewer may see how far another party's update is, but not whose it is."""
    return viewer.sees_others_updates and was_accepted(others) and is_supplier(viewer, device)


def was_accepted(distribution: Distribution) -> bool:
    """Return whether DCC took the device's update on."""
    status = distribution.status
    return status.stage > Stage.VALIDATED or status is Status.ACCEPTED


def sees_loose(viewer: Viewer, event: ReportedEvent, *, fits_none: bool) -> bool:
    """Return whether the viewer may see an event that belongs to none of the requests it sees.

    Those that were sent to it, whether they fit another party's request or none; DCC's staff see
    what fits none.
    """
    return event.reporter.user_id in viewer.user_ids or (viewer.sees_all and fits_none)


def known_to(viewer: Viewer, known: Knowledge) -> Knowledge:
    """Return what is known, without a Responsible Supplier whom the viewer may not know."""
    supplier = known.facts.get("responsible_supplier")
    if supplier is None or viewer.sees_all or supplier.value in viewer.user_ids:
        return known
    others = {name: fact for name, fact in known.facts.items() if fact is not supplier}
    return replace(known, facts=others)


def day_only(event: ReportedEvent) -> ReportedEvent:
    """Return what may be told of an event that was sent to another party: its times are days."""
    return replace(
        event,
        occurred_at=start_of_day(event.occurred_at),
        recorded_at=start_of_day(event.recorded_at),
        first_at=start_of_day(event.first_at),
        first_recorded_at=start_of_day(event.first_recorded_at),
        device_time=None,
    )
