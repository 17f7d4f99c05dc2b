"""The look-up of one device's inventory: what is known of it, from what, and what is beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from firmtrack.answers.diagnoses import Diagnosis
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.answers.sources import ResponseIds
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.seeing import View
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import Voice, voice_for
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.hub import hub_devices
from firmtrack.lookups.messages_named import messages_of_inventory, response_ids_of
from firmtrack.lookups.seen import device_answer, inventory_answer
from firmtrack.lookups.versions import held_by_nobody
from firmtrack.lookups.views import read_view
from firmtrack.store.audit import record_lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundInventory:
    """A device's inventory as its viewer sees it at ``as_of``, None for now.

    ``diagnosis`` is of the update in progress, None if there is none or the device is not tracked.
    ``response_ids`` are of the messages that its sources name; ``voice`` is to whom it speaks.
    """

    inventory: InventoryAnswer
    diagnosis: Diagnosis | None
    as_of: Settled | None
    response_ids: ResponseIds
    voice: Voice


def find_inventory(
    viewer: Viewer,
    device_id: Eui64,
    *,
    as_of: Settled | None = None,
    is_held: Callable[[FoundInventory], bool] = held_by_nobody,
) -> FoundInventory | None:
    """Return what the inventory knows of a device, None if the viewer may see nothing of it.

    What is found and ``is_held`` by the viewer as it is shows nothing, so it is not audited.
    """
    found = _look_up(viewer, device_id, as_of)
    if found is not None and is_held(found):
        return found
    record_lookup(viewer, "inventory", str(device_id), 0 if found is None else 1, as_of=as_of)
    return found


def is_inventory_seen(view: View) -> bool:
    """Return whether the inventory has something of the device that its viewer may see."""
    return view.sees_inventory and inventory_answer(view, ()) is not None


def _look_up(viewer: Viewer, device_id: Eui64, as_of: Settled | None) -> FoundInventory | None:
    view = read_view(viewer, device_id, as_of)
    if not view.sees_inventory:
        return None
    answer = inventory_answer(view, hub_devices(view, as_of=as_of))
    if answer is None:
        return None
    return FoundInventory(
        inventory=answer,
        diagnosis=_diagnosis(view, answer, as_of),
        as_of=as_of,
        response_ids=response_ids_of(view, messages_of_inventory(answer)),
        voice=voice_for(view.viewer),
    )


def _diagnosis(view: View, answer: InventoryAnswer, as_of: Settled | None) -> Diagnosis | None:
    current = answer.update_in_progress
    seen = None if current is None else device_answer(view)
    if current is None or seen is None:
        return None
    return diagnoses(seen, now=as_of or datetime.now(UTC), voice=voice_for(view.viewer)).get(
        current.request_id
    )
