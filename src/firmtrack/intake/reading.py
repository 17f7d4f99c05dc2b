"""From octets to facts, or to why not: a pure step, so that any process may take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import DuisRejected
from firmtrack.duis.trust import TrustStore
from firmtrack.intake.envelopes import JSON_MEDIA_TYPES, Envelope, Refused
from firmtrack.intake.stage_reports import MalformedStageReport, read_stage_report


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed message that is not about firmware."""

    kind: str


Reading: TypeAlias = Message | Ignored | Refused


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What reading depends on besides the octets; ``trust`` set means signatures are required."""

    dcc_ids: frozenset[Eui64]
    trust: TrustStore | None = None

    @classmethod
    def of(cls, dcc_ids: Sequence[str], trust_store: Path | None) -> "ReadingRules":
        """Return the rules that the settings state. Raises TrustStore's errors."""
        return cls(
            dcc_ids=frozenset(map(Eui64.parse, dcc_ids)),
            trust=None if trust_store is None else TrustStore.load(trust_store),
        )


def read_envelope(envelope: Envelope, rules: ReadingRules) -> Reading:
    """Return the facts that an envelope holds, or why there are none. Never raises for input."""
    if envelope.refused is not None:
        return envelope.refused
    try:
        if envelope.media_type in JSON_MEDIA_TYPES:
            return read_stage_report(envelope.body)
        said = read(
            envelope.body,
            trust=rules.trust,
            dcc_ids=rules.dcc_ids,
            received_at=envelope.received_at,
        )
    except (DuisRejected, MalformedStageReport) as error:
        return Refused(error.code, str(error))
    return Ignored(said.kind) if isinstance(said, NotAboutFirmware) else said


def read_envelopes(envelopes: Sequence[Envelope], rules: ReadingRules) -> list[Reading]:
    """Return the readings of the envelopes, in their order."""
    return [read_envelope(envelope, rules) for envelope in envelopes]
