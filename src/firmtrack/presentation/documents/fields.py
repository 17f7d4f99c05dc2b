"""The fields that many objects share, and identifiers as their texts."""

from typing import Annotated

from msgspec import Meta

from firmtrack.domain.attribution import Evidence
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.stages import Stage

_EUI = "[0-9A-F]{2}(-[0-9A-F]{2}){7}"

EuiText = Annotated[str, Meta(pattern=f"^{_EUI}$", examples=["00-DB-12-34-56-78-90-A0"])]
RequestIdText = Annotated[str, Meta(pattern=f"^{_EUI}:{_EUI}:(0|[1-9][0-9]{{0,19}})$")]
ImageHashText = Annotated[
    str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the Manufacturer Image.")
]
FirmwareVersionText = Annotated[str, Meta(min_length=1, max_length=8)]
Count = Annotated[int, Meta(ge=0)]
StageName = Annotated[str, Meta(extra_json_schema={"enum": [row.name.lower() for row in Stage]})]
AttributionName = Annotated[
    str, Meta(extra_json_schema={"enum": [each.name.lower() for each in Evidence]})
]


def eui_text(eui: Eui64 | None) -> str | None:
    """Return the ID's canonical text, None for None."""
    return None if eui is None else str(eui)


def attribution_name(evidence: Evidence) -> str:
    """Return what the API calls the evidence."""
    return evidence.name.lower()


def stage_name(stage: Stage) -> str:
    """Return what the API calls a stage."""
    return stage.name.lower()
