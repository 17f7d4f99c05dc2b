"""A world in which failures have something in common: what happened, and what is to be found.

Times are relative to when it is told: causes are of requests submitted lately.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.facts import DeviceFacts, Event, Message, MessageKind, RequestStep
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status, Variant
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reports import performance
from tests.pages.messages import ALPHA_ID, BRAVO_ID, BROKER, answer, message, request

DISCARDING = RequestId(ALPHA_ID, BROKER, 5001)
"""Alpha's: 60 of 100 devices of model Q4 discarded the image, 2 of 200 others."""
SILENT = RequestId(ALPHA_ID, BROKER, 5002)
"""Alpha's: 90 of 100 devices in region North stand still, none of 140 others."""
AGAIN = RequestId(ALPHA_ID, BROKER, 5003)
"""Alpha's, later: three of those that discarded the image are Successful, two are under way."""
BRAVOS = RequestId(BRAVO_ID, BROKER, 5001)
"""Bravo's: 50 of 75 devices of model Q4 discarded the image, 1 of 75 others."""

Q4 = CauseKey.of(Status.DEVICE_TRANSFER_FAILED, "image_discarded", [Trait(Attribute.MODEL, "Q4")])
NORTH = CauseKey.of(Status.SENT_TO_CSP, None, [Trait(Attribute.CSP_REGION, "North")])
OF_REQUEST = CauseKey.of(
    Status.DEVICE_TRANSFER_FAILED,
    "image_discarded",
    [Trait(Attribute.SERVICE_REQUEST_ID, str(DISCARDING))],
)
"""None that stands out, but one that updates of Alpha are of."""
OF_BRAVOS_REQUEST = CauseKey.of(
    Status.DEVICE_TRANSFER_FAILED,
    "image_discarded",
    [Trait(Attribute.SERVICE_REQUEST_ID, str(BRAVOS))],
)
OLD = RequestId(ALPHA_ID, BROKER, 5000)
"""Alpha's, of sixty days ago: 3 of 20 devices were not handed the image."""
OF_OLD_REQUEST = CauseKey.of(
    Status.DEVICE_TRANSFER_FAILED,
    "file_transfer_failure",
    [Trait(Attribute.SERVICE_REQUEST_ID, str(OLD))],
)
NOBODYS = CauseKey.of(
    Status.COMMS_HUB_DELIVERY_FAILED, "N61", [Trait(Attribute.MODEL, "There is none")]
)
"""One that no update is of."""

HOUR = timedelta(hours=1)


def _devices(first: int, count: int) -> tuple[Eui64, ...]:
    return tuple(Eui64(0x00DB12345679_0000 + first + number) for number in range(count))


Q4_DEVICES = _devices(0x1000, 100)
OTHER_DEVICES = _devices(0x2000, 200)
NORTH_DEVICES = _devices(0x3000, 100)
SOUTH_DEVICES = _devices(0x4000, 140)
OLD_DEVICES = _devices(0x7000, 20)
BRAVOS_Q4_DEVICES = _devices(0x5000, 75)
BRAVOS_OTHER_DEVICES = _devices(0x6000, 75)

DISCARDED = Q4_DEVICES[:60]
UPDATED_SINCE = DISCARDED[:3]
UNDER_WAY = DISCARDED[3:5]
TO_SEND_AGAIN = DISCARDED[5:]
STALLED = NORTH_DEVICES[:90]


@dataclass(frozen=True, slots=True)
class _Told:
    """What one request's messages have in common."""

    request_id: RequestId
    at: datetime

    @property
    def user_id(self) -> Eui64:
        return self.request_id.originator

    def begun(self, devices: Iterable[Eui64]) -> Iterator[Message]:
        """Yield that a request was sent, accepted and sent on."""
        variant = Variant.UPDATE_FIRMWARE
        yield request(self.request_id, variant, devices, self.at, user_id=self.user_id)
        yield answer(self.request_id, variant, "I0", self.at + HOUR / 60, user_id=self.user_id)
        step = RequestStep(
            request_id=self.request_id,
            status=Status.SENT_TO_CSP,
            occurred_at=self.at + HOUR / 30,
            reason=None,
        )
        yield message(
            MessageKind.STAGE_REPORT,
            self.user_id,
            occurred_at=step.occurred_at,
            steps=(step,),
        )

    def reached(
        self, status: Status, after: timedelta, devices: Iterable[Eui64], reason: str | None = None
    ) -> Message:
        """Return word that devices reached a status so long after the request."""
        return message(
            MessageKind.STAGE_REPORT,
            self.user_id,
            occurred_at=self.at + after,
            events=tuple(
                Event(
                    device_id=device,
                    status=status,
                    occurred_at=self.at + after,
                    request_id=self.request_id,
                    reason=reason,
                )
                for device in devices
            ),
        )

    def passed(self, devices: Iterable[Eui64]) -> Iterator[Message]:
        """Yield that devices came to the end, an hour a step."""
        steps = (Status.DELIVERED_TO_COMMS_HUB, Status.TRANSFERRED_TO_DEVICE, Status.VERIFIED)
        for number, status in enumerate(steps, start=1):
            yield self.reached(status, number * HOUR, devices)

    def discarded(self, devices: Iterable[Eui64], after: timedelta) -> Iterator[Message]:
        """Yield that the image came to the hub, and was discarded."""
        yield self.reached(Status.DELIVERED_TO_COMMS_HUB, HOUR, devices)
        yield self.reached(Status.DEVICE_TRANSFER_FAILED, after, devices, "image_discarded")


def tell() -> None:
    """Record everything that happened in this world, and count it as a server would."""
    now = datetime.now(UTC).replace(microsecond=0)
    record(Batch(messages=tuple(_messages(now))))
    performance.refresh()


def _messages(now: datetime) -> Iterator[Message]:
    yield from _inventory(now - timedelta(days=10))
    old = _Told(OLD, now - timedelta(days=60))
    yield from old.begun(OLD_DEVICES)
    yield from old.passed(OLD_DEVICES[3:])
    yield old.reached(
        Status.DEVICE_TRANSFER_FAILED, 2 * HOUR, OLD_DEVICES[:3], "file_transfer_failure"
    )
    discarding = _Told(DISCARDING, now - timedelta(days=4))
    yield from discarding.begun((*Q4_DEVICES, *OTHER_DEVICES))
    yield from discarding.discarded(DISCARDED[:40], 2 * HOUR)
    yield from discarding.discarded(DISCARDED[40:], 50 * HOUR)
    yield from discarding.discarded(OTHER_DEVICES[:2], 2 * HOUR)
    yield from discarding.passed((*Q4_DEVICES[60:], *OTHER_DEVICES[2:]))
    silent = _Told(SILENT, now - timedelta(days=5))
    yield from silent.begun((*NORTH_DEVICES, *SOUTH_DEVICES))
    yield from silent.passed((*NORTH_DEVICES[90:], *SOUTH_DEVICES))
    again = _Told(AGAIN, now - 4 * HOUR)
    yield from again.begun((*UPDATED_SINCE, *UNDER_WAY))
    yield from again.passed(UPDATED_SINCE)
    yield again.reached(Status.DELIVERED_TO_COMMS_HUB, 4 * HOUR, UNDER_WAY)
    bravos = _Told(BRAVOS, now - timedelta(days=3))
    yield from bravos.begun((*BRAVOS_Q4_DEVICES, *BRAVOS_OTHER_DEVICES))
    yield from bravos.discarded((*BRAVOS_Q4_DEVICES[:50], BRAVOS_OTHER_DEVICES[0]), 2 * HOUR)
    yield from bravos.passed((*BRAVOS_Q4_DEVICES[50:], *BRAVOS_OTHER_DEVICES[1:]))


def _inventory(at: datetime) -> Iterator[Message]:
    groups = (
        (ALPHA_ID, Q4_DEVICES, "Q4", "South"),
        (ALPHA_ID, OTHER_DEVICES, "Z9", "South"),
        (ALPHA_ID, NORTH_DEVICES, "Z9", "North"),
        (ALPHA_ID, SOUTH_DEVICES, "Z9", "South"),
        (BRAVO_ID, BRAVOS_Q4_DEVICES, "Q4", "South"),
        (BRAVO_ID, BRAVOS_OTHER_DEVICES, "Z9", "South"),
    )
    for user_id, devices, model, region in groups:
        yield message(
            MessageKind.INVENTORY_RESPONSE,
            user_id,
            code="I0",
            occurred_at=at,
            devices=tuple(
                DeviceFacts(
                    device_id=device,
                    learnt_at=at,
                    device_type="ESME",
                    manufacturer="10A1",
                    model=model,
                    csp_region=region,
                )
                for device in devices
            ),
        )
