"""What many objects share: fields, flags, and identifiers as their texts."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from firmtrack.answers.sources import ResponseIds
from firmtrack.domain import reconciliation
from firmtrack.domain.attribution import Evidence
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.stages import Stage
from firmtrack.domain.voice import Voice
from firmtrack.presentation.flags import flag_text

_EUI = "[0-9A-F]{2}(-[0-9A-F]{2}){7}"

EuiText = Annotated[str, Meta(pattern=f"^{_EUI}$", examples=["00-DB-12-34-56-78-90-A0"])]
RequestIdText = Annotated[str, Meta(pattern=f"^{_EUI}:{_EUI}:(0|[1-9][0-9]{{0,19}})$")]
ImageHashText = Annotated[
    str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256 of the Manufacturer Image.")
]
FirmwareVersionText = Annotated[str, Meta(min_length=1, max_length=8)]
ResponseIdText = Annotated[str, Meta(pattern=f"^{_EUI}:{_EUI}:(0|[1-9][0-9]{{0,19}})$")]
Count = Annotated[int, Meta(ge=0)]
StageName = Annotated[str, Meta(extra_json_schema={"enum": [row.name.lower() for row in Stage]})]
AttributionName = Annotated[
    str, Meta(extra_json_schema={"enum": [each.name.lower() for each in Evidence]})
]


class Flag(Struct, frozen=True):
    """Something that does not fit together, and what to do about it."""

    code: FlagKind
    text: str


def flags(found: Iterable[reconciliation.Flag], voice: Voice = Voice.USER) -> list[Flag]:
    """Return the flags in their order, as they are told to whoever reads them."""
    return [Flag(code=each.kind, text=flag_text(each, voice)) for each in found]


def eui_text(eui: Eui64 | None) -> str | None:
    """Return the ID's canonical text, None for None."""
    return None if eui is None else str(eui)


def response_id_text(response_ids: ResponseIds, message_id: UUID | None) -> str | None:
    """Return DCC's Response ID of a message, None if it has none."""
    found = None if message_id is None else response_ids.get(message_id)
    return None if found is None else str(found)


def attribution_name(evidence: Evidence) -> str:
    """Return what the API calls the evidence."""
    return evidence.name.lower()


def stage_name(stage: Stage) -> str:
    """Return what the API calls a stage."""
    return stage.name.lower()
