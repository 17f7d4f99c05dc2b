"""Fourteen months of updates on every kind of bad day, with the month that each goes with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from firmtrack.answers.devices import DeviceDistribution
from firmtrack.domain.activation import CANCELLING
from firmtrack.domain.facts import IncidentKind, Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.store.ledger.withdrawals import withdraw
from firmtrack.store.reading.messages import KeptMessage
from tests.looking import find_device
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    DCC_ID,
    activation,
    answer,
    distributions,
    inventory,
    meter,
    reported,
    request,
    step,
    supplier_change,
    take,
)
from tests.store.pruned import day, first, incident

S = Status


@dataclass
class Story:
    """What befell one device in one request, and in which month's prune it goes.

    ``goes`` is the first month that is still kept when it goes; None if it never does.
    """

    name: str
    goes: int | None
    messages: list[Message]
    device_id: Eui64
    request_id: RequestId
    withdrawn: list[Message] = field(default_factory=list)
    ended: str = "successful"


HUBS = (meter(700), meter(701))
_HASHES = [bytes([number]) * 32 for number in range(1, 200)]


def stories() -> list[Story]:
    """Return one device each, whose update has a request of its own."""
    told: list[Story] = []

    def tell(
        name: str,
        goes: int | None,
        *said: Callable[[RequestId, Eui64, bytes], Message],
        sent: datetime | None = None,
        answered: datetime | None = None,
        by: Eui64 = ALPHA_ID,
        ended: str = "successful",
        withdrawn: Sequence[int] = (),
        hashed: bool = True,
    ) -> Story:
        number = len(told) + 1
        device_id, request_id = meter(number), RequestId(by, DCC_ID, number)
        image_hash = _HASHES[number]
        words = [each(request_id, device_id, image_hash) for each in said]
        sent = sent or day(1, 2)
        messages = [
            request(
                request_id, [device_id], sent_at=sent, image_hash=image_hash if hashed else None
            ),
            answer(request_id, answered_at=answered or sent + timedelta(hours=1)),
            *words,
        ]
        story = Story(
            name, goes, messages, device_id, request_id, [words[each] for each in withdrawn], ended
        )
        told.append(story)
        return story

    def word(status: Status, at: datetime) -> Callable[[RequestId, Eui64, bytes], Message]:
        return lambda request_id, device_id, _: reported(
            status, at, [device_id], request_id=request_id, user_id=request_id.originator
        )

    def loose(
        status: Status, at: datetime, *, hashed: bool = True
    ) -> Callable[[RequestId, Eui64, bytes], Message]:
        return lambda request_id, device_id, image_hash: reported(
            status, at, [device_id], request_id=None, user_id=request_id.originator,
            image_hash=image_hash if hashed else None,
        )  # fmt: skip

    def activates(
        step_: ActivationStep, at: datetime | None, counter: int = 1, **said: Any
    ) -> Callable[[RequestId, Eui64, bytes], Message]:
        return lambda request_id, device_id, image_hash: activation(
            step_, at, originator=request_id.originator, device_id=device_id, counter=counter,
            image_hash=image_hash, **said,
        )  # fmt: skip

    def befalls(kind: IncidentKind, at: datetime, **said: Any) -> Callable[..., Message]:
        return lambda request_id, device_id, _: incident(
            kind,
            at,
            device_id=device_id,
            user_id=request_id.originator,
            **said,
        )

    def befalls_request(at: datetime, *, is_activation: bool = False) -> Callable[..., Message]:
        return lambda request_id, device_id, _: incident(
            IncidentKind.COMMAND_FAILED, at, user_id=request_id.originator,
            request_id=RequestId(request_id.originator, device_id, 1)
            if is_activation else request_id,
        )  # fmt: skip

    def beside(hub: Eui64, at: datetime) -> Callable[..., Message]:
        def told_of(request_id: RequestId, device_id: Eui64, _: bytes) -> Message:
            said = reported(
                S.TRANSFERRED_TO_DEVICE, at, [device_id], request_id=request_id,
                user_id=request_id.originator,
            )  # fmt: skip
            return replace(said, events=tuple(replace(e, comms_hub_id=hub) for e in said.events))

        return told_of

    def befalls_hub(hub: Eui64, at: datetime) -> Callable[..., Message]:
        return lambda *_: incident(IncidentKind.COMMS_HUB_EXCHANGED, at, hub=hub)

    done = loose(S.VERIFIED, day(1, 5))
    tell("done within its month", 2, word(S.TRANSFERRED_TO_DEVICE, day(1, 4)), done)
    tell("failed within its month", 2, word(S.DEVICE_TRANSFER_FAILED, day(1, 4)), ended="failed")
    tell("another party's", 2, done, by=BRAVO_ID)
    tell("ends at the last instant", 2, loose(S.VERIFIED, first(2) - timedelta(microseconds=1)))
    tell("ends at the first instant", 3, loose(S.VERIFIED, first(2)))
    tell("straddles a month's end", 3, word(S.SENT_TO_CSP, day(2, 0)), loose(S.VERIFIED, day(2, 1)))
    tell("a repeat comes in the next month", 3, done, word(S.TRANSFERRED_TO_DEVICE, day(2, 9)))
    tell("never ended", None, word(S.DELIVERED_TO_COMMS_HUB, day(1, 3)))
    tell("never heard of again", None)
    tell("ends after half a year", 8, word(S.SENT_TO_CSP, day(1, 3)), loose(S.VERIFIED, day(7, 3)))
    tell("a step of the whole request comes late", 4, done,
         lambda request_id, *_: step(S.SENT_TO_CSP, day(3, 3), request_id=request_id))  # fmt: skip
    tell("the whole request is refused", 2, ended="failed", answered=day(1, 3))
    told[-1].messages[1] = answer(told[-1].request_id, answered_at=day(1, 3), code="E110101")
    tell("refused in a list", 2, ended="failed")
    told[-1].messages[1] = answer(
        told[-1].request_id, answered_at=day(1, 3), refused=[told[-1].device_id]
    )
    tell("a word of year 1", 2, done, word(S.SENT_TO_CSP, datetime(1, 1, 1, tzinfo=UTC)))
    tell("a word of year 9999", None, done,
         word(S.SENT_TO_CSP, datetime(9999, 12, 31, 23, tzinfo=UTC)))  # fmt: skip
    tell("a word that may be its own comes in January", 5, done,
         loose(S.VERIFICATION_FAILED, day(4, 9), hashed=False))  # fmt: skip
    tell("activated within its month", 2, done, activates(ActivationStep.REQUESTED, day(1, 6)),
         activates(ActivationStep.ANSWERED, day(1, 7)))  # fmt: skip
    tell("its activation waits", None, done, activates(ActivationStep.REQUESTED, day(1, 6)))
    tell("its activation is answered in January", 5, done,
         activates(ActivationStep.REQUESTED, day(1, 6)),
         activates(ActivationStep.ANSWERED, day(4, 7)))  # fmt: skip
    tell("its activation is scheduled", None, done,
         activates(ActivationStep.REQUESTED, day(1, 6), scheduled_for=day(1, 20)),
         activates(ActivationStep.SCHEDULED, day(1, 7), scheduled_for=day(1, 20)))  # fmt: skip
    tell("its activation is cancelled", 2, done,
         activates(ActivationStep.REQUESTED, day(1, 6), scheduled_for=day(1, 20)),
         activates(ActivationStep.SCHEDULED, day(1, 7), scheduled_for=day(1, 20)),
         activates(ActivationStep.REQUESTED, day(1, 8), 2, scheduled_for=CANCELLING),
         activates(ActivationStep.SCHEDULED, day(1, 9), 2, scheduled_for=CANCELLING))  # fmt: skip
    tell("its activation failed", 2, done, activates(ActivationStep.REQUESTED, day(1, 6)),
         activates(ActivationStep.NOT_ANSWERED, day(1, 8), reason="N12"))  # fmt: skip
    tell("its meter is taken away in February", 6, done,
         befalls(IncidentKind.METER_DECOMMISSIONED, day(5, 3)))  # fmt: skip
    tell("its meter was taken away at once", 2, done,
         befalls(IncidentKind.METER_DECOMMISSIONED, day(1, 9)))  # fmt: skip
    tell("its hub is exchanged in March", 7, beside(HUBS[0], day(1, 6)), done,
         befalls_hub(HUBS[0], day(6, 3)))  # fmt: skip
    tell("its hub was exchanged at once", 2, beside(HUBS[1], day(1, 6)), done,
         befalls_hub(HUBS[1], day(1, 7)))  # fmt: skip
    tell("its request is held in January", 5, done, befalls_request(day(4, 3)))
    tell("its request was held at once", 2, done, befalls_request(day(1, 3)))
    tell("its activation's command fails in February", 6, done,
         activates(ActivationStep.REQUESTED, day(1, 6)),
         activates(ActivationStep.ANSWERED, day(1, 7)),
         befalls_request(day(5, 3), is_activation=True))  # fmt: skip
    tell("its only end was withdrawn", None, done, withdrawn=[0])
    tell("a later word was withdrawn", 4, done, word(S.DEVICE_TRANSFER_FAILED, day(3, 9)),
         withdrawn=[1])  # fmt: skip
    tell("begins in January", 6, loose(S.VERIFIED, day(5, 5)), sent=day(4, 2))
    tell("is of now", None, loose(S.VERIFIED, day(13, 25)), sent=day(13, 20))
    return told


class World:
    """All stories, one request with many devices, and what else there is; told in disorder."""

    def __init__(self) -> None:
        self.stories = stories()
        self.request_id = RequestId(BRAVO_ID, DCC_ID, 900)
        self.many = [meter(900 + number) for number in range(6)]
        image_hash = b"\xee" * 32
        self.of_many = [
            request(self.request_id, self.many, sent_at=day(1, 2), image_hash=image_hash),
            answer(self.request_id, answered_at=day(1, 2, 13)),
            # Three are done in October, one fails, one ends in January, one never.
            *(
                reported(S.VERIFIED, day(1, 6), [each], request_id=None, user_id=BRAVO_ID,
                         image_hash=image_hash)
                for each in self.many[:2]
            ),
            reported(S.DEVICE_TRANSFER_FAILED, day(1, 6), self.many[2:4],
                     request_id=self.request_id, user_id=BRAVO_ID),
            reported(S.VERIFIED, day(4, 6), [self.many[4]], request_id=None, user_id=BRAVO_ID,
                     image_hash=image_hash),
        ]  # fmt: skip
        device = self.stories[0].device_id
        self.of_inventory = [
            inventory(day(1, 8), device, manufacturer="0123", model="45", user_id=BRAVO_ID),
            supplier_change(day(1, 9), device),
        ]
        self.unattributed = [
            reported(S.VERIFIED, day(1, 8), [device], request_id=None, user_id=BRAVO_ID,
                     image_hash=b"\xdd" * 32),
        ]  # fmt: skip

    @property
    def messages(self) -> list[Message]:
        told = [each for story in self.stories for each in story.messages]
        return [*told, *self.of_many, *self.of_inventory, *self.unattributed]

    def tell(self) -> None:
        messages = self.messages
        for number in range(0, len(messages), 17):
            take(*messages[number : number + 17])
        for story in self.stories:
            if story.withdrawn:
                withdraw(story.withdrawn, "a test", self.read)

    def read(self, kept: KeptMessage) -> Message:
        return next(each for each in self.messages if each.message_id == kept.message_id)


def stored(world: World) -> set[tuple[Eui64, RequestId]]:
    ids = [*(story.request_id for story in world.stories), world.request_id]
    return {(each.device_id, one) for one in ids for each in distributions(one)}


def known_to_stay(world: World, month: int) -> set[tuple[Eui64, RequestId]]:
    stays = {
        (story.device_id, story.request_id)
        for story in world.stories
        if story.goes is None or story.goes > month
    }
    gone = 0 if month < 2 else 4 if month < 5 else 5
    return stays | {(each, world.request_id) for each in world.many[gone:]}


def answers(world: World, viewer: Viewer) -> dict[tuple[Eui64, RequestId], DeviceDistribution]:
    """Return what is answered of each distribution, with its history and all that befell it."""
    found = {}
    for device_id in {device_id for device_id, _ in stored(world)}:
        device = find_device(viewer, device_id)
        for each in () if device is None else device.distributions:
            found[device_id, each.distribution.request_id] = each
    return found
