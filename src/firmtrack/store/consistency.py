"""Whether the store is whole: what it keeps beside the facts is what the facts come to."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from psycopg.rows import class_row

from firmtrack.domain.facts import UNDATED_KINDS, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import IMPORT_ID
from firmtrack.store import statement
from firmtrack.store.database import reading_pool
from firmtrack.store.numbers import KIND_NUMBERS, eui_of, request_id_of
from firmtrack.store.reports.performance import uncounted_requests

_WITHOUT_FACTS = frozenset(
    {
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        MessageKind.INVENTORY_RESPONSE,
        MessageKind.FIRMWARE_VERSION_RESPONSE,
        MessageKind.FIRMWARE_VERSION_MISMATCH,
        MessageKind.DEVICE_STATUS_CHANGE_EVENT,
    }
)


class DisagreementKind(StrEnum):
    """What is wrong with the store."""

    DISTRIBUTION_IS_NOT_ITS_GREATEST_EVENT = "distribution_is_not_its_greatest_event"
    DISTRIBUTION_IS_NOT_WHAT_NAMES_IT = "distribution_is_not_what_names_it"
    REQUEST_IS_NOT_WHAT_IT_STATES = "request_is_not_what_it_states"
    REQUEST_IS_NOT_AT_ITS_GREATEST_STEP = "request_is_not_at_its_greatest_step"
    DEVICE_IS_NOT_WHAT_IS_STATED_OF_IT = "device_is_not_what_is_stated_of_it"
    FACT_WITHOUT_MESSAGE = "fact_without_message"
    MESSAGE_WITHOUT_FACTS = "message_without_facts"
    EVENT_IS_NOT_OF_ITS_MESSAGES_TIME = "event_is_not_of_its_messages_time"
    MESSAGE_AMONG_THOSE_OF_OTHER_KINDS = "message_among_those_of_other_kinds"
    REQUEST_WITHOUT_DISTRIBUTIONS = "request_without_distributions"
    REQUEST_NOT_COUNTED = "request_not_counted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """One place where the store is not whole; what does not apply is None."""

    kind: DisagreementKind
    device_id: Eui64 | None
    request_id: RequestId | None
    message_id: UUID | None


def disagreements(*, limit: int = 1_000) -> list[Disagreement]:
    """Return up to ``limit`` disagreements, by kind and request; none if the store is whole.

    Before them all requests that delivery performance had to pass over.

    Computes every distribution and every device anew from its facts, as of one moment: others may
    go on writing.
    """
    kinds = [number for kind, number in KIND_NUMBERS.items() if kind not in _WITHOUT_FACTS]
    with (
        reading_pool().connection() as connection,
        connection.cursor(row_factory=class_row(_Row)) as cursor,
    ):
        cursor.execute(
            statement("find_disagreements"),
            {
                "kinds_with_facts": kinds,
                "undated_kinds": [KIND_NUMBERS[kind] for kind in UNDATED_KINDS],
                "import_id": IMPORT_ID,
                "limit": limit,
            },
        )
        return _not_counted() + [row.disagreement() for row in cursor]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A disagreement as it is found."""

    kind: str
    device_id: int | None
    originator: int | None
    target: int | None
    counter: int | None
    message_id: UUID | None

    def disagreement(self) -> Disagreement:
        request_id = None
        if self.originator is not None and self.target is not None and self.counter is not None:
            request_id = request_id_of(self.originator, self.target, self.counter)
        return Disagreement(
            kind=DisagreementKind(self.kind),
            device_id=None if self.device_id is None else eui_of(self.device_id),
            request_id=request_id,
            message_id=self.message_id,
        )


def _not_counted() -> list[Disagreement]:
    return [
        Disagreement(
            kind=DisagreementKind.REQUEST_NOT_COUNTED,
            device_id=None,
            request_id=request_id,
            message_id=None,
        )
        for request_id, _ in uncounted_requests()
    ]
