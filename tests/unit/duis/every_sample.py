"""Every sample document by its name."""

from firmtrack.duis.documents import Document
from tests.unit.duis import samples
from tests.unit.duis.activation_samples import ACTIVATIONS, INVENTORY_CHANGES, OTHERS

# What says something about firmware or the inventory.
RECORDED: dict[str, Document] = {
    **samples.RECORDED,
    **samples.INCIDENTS,
    **ACTIVATIONS,
    **INVENTORY_CHANGES,
}
EVERYTHING: dict[str, Document] = {**RECORDED, **samples.IGNORED, **OTHERS}
