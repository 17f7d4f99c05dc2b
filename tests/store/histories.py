"""Random histories of every kind of message, made from a seed: the same in every process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NamedTuple
from uuid import UUID

from firmtrack.domain.facts import DeviceFacts, IncidentKind, Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import ActivationStep, Status
from firmtrack.store.ledger.quarantine import Refusal
from firmtrack.store.ledger.recording import Batch
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    DCC_ID,
    HUB,
    IMAGE_HASH,
    OTHER_IMAGE_HASH,
    OTHER_VERSION,
    VERSION,
    activation,
    answer,
    at,
    befell,
    digest,
    inventory,
    meter,
    proposed,
    reported,
    request,
    step,
    supplier_change,
    verdict,
)

DEVICES = [meter(number) for number in range(40)]
REQUEST_IDS = [
    *(RequestId(ALPHA_ID, DCC_ID, counter) for counter in range(4)),
    RequestId(BRAVO_ID, DCC_ID, 0),
    RequestId(BRAVO_ID, DCC_ID, 1),
]
QUOTAS = {"Alpha": 40_000, "Bravo": 25_000}
"""How many octets of each may wait in quarantine; the operator has no quota."""

_USERS = (ALPHA_ID, BRAVO_ID)
_MINUTES = 60
_MOST_IN_BATCH = 40
_INPUTS = 12


class Move(NamedTuple):
    """Messages that are withdrawn, or restored."""

    is_withdrawal: bool
    messages: Sequence[Message]


@dataclass(frozen=True)
class History:
    """What comes before all writers begin, what comes while they write, and what is done meanwhile.

    Only messages that came ``earlier`` are withdrawn: so it is sure that they were there.
    """

    seed: int
    earlier: Sequence[Message]
    coming: Sequence[Message]
    moves: Sequence[Move]
    imported: Sequence[DeviceFacts]

    @property
    def messages(self) -> list[Message]:
        return [*self.earlier, *self.coming]

    @property
    def counted(self) -> list[Message]:
        """The messages that are not withdrawn in the end."""
        withdrawn: set[bytes] = set()
        for move in self.moves:
            digests = {message.digest for message in move.messages}
            withdrawn = withdrawn | digests if move.is_withdrawal else withdrawn - digests
        return [message for message in self.messages if message.digest not in withdrawn]

    @property
    def by_id(self) -> Mapping[UUID, Message]:
        return {message.message_id: message for message in self.messages}

    def batches(self, writer: int, writers: int) -> list[Batch]:
        """Return what one writer records, in an order of its own, cut at random.

        Each message is two writers' at least, if there are two; some are there twice, and some of
        those that came earlier come again.
        """
        chance = Random(f"{self.seed} {writer}")
        mine = [
            message
            for number, message in enumerate(self.coming)
            if (number - writer) % writers < 2 or chance.random() < 0.2
        ]
        mine += chance.sample(self.earlier, len(self.earlier) // 4)
        mine += chance.sample(mine, len(mine) // 5)
        chance.shuffle(mine)
        batches = []
        while mine:
            size = 1 if chance.random() < 0.5 else chance.randrange(2, _MOST_IN_BATCH)
            batch, mine = mine[:size], mine[size:]
            batches.append(self._batch(chance, batch))
        return batches

    def _batch(self, chance: Random, messages: Sequence[Message]) -> Batch:
        if chance.random() < 0.6:
            return Batch(messages=messages)
        return Batch(
            messages=messages,
            refusals=[_refusal(chance) for _ in range(chance.randrange(1, 6))],
            ignored={"b": 1, "a": 2},
            most_quarantined_bytes=QUOTAS,
        )


def _refusal(chance: Random) -> Refusal:
    submitter = chance.choice(["operator", *QUOTAS])
    number = chance.randrange(_INPUTS)
    return Refusal(
        body=f"{submitter} {number} ".encode().ljust(3_000 + 1_000 * number, b"."),
        media_type="application/xml",
        received_at=None,
        origin="a test",
        submitter=submitter,
        reason_code="not_xml",
        reason="It is not XML.",
    )


def history(seed: int) -> History:
    """Return a history: a half of its requests is known before the writers begin."""
    chance = Random(seed)
    made = _Making(chance, seed)
    known, new = REQUEST_IDS[::2], REQUEST_IDS[1::2]
    earlier = [each for request_id in known for each in made.request(request_id)]
    earlier += [made.word() for _ in range(40)]
    coming = [each for request_id in new for each in made.request(request_id)]
    # Of those that were known some come only now, and some answers are another time's.
    coming += [each for request_id in known for each in made.request(request_id)[1:]]
    coming += [made.word() for _ in range(160)]
    moves = []
    for _ in range(8):
        some = chance.sample(earlier, chance.randrange(1, 6))
        moves.append(Move(True, some))
        moves.append(Move(False, some[: chance.randrange(len(some) + 1)]))
    imported = [
        DeviceFacts(
            device_id=device_id,
            learnt_at=at(chance.randrange(_MINUTES)),
            model=f"M{chance.randrange(5)}",
            csp_region=chance.choice(["North", "South"]),
        )
        for device_id in chance.sample(DEVICES, 15)
    ]
    return History(seed, earlier, coming, moves, imported)


class _Making:
    def __init__(self, chance: Random, seed: int) -> None:
        self._chance = chance
        self._seed = seed
        self._made = 0

    def request(self, request_id: RequestId) -> list[Message]:
        """Return the request, its answers, which may refuse it or some devices, and its steps."""
        chance = self._chance
        version, image_hash = chance.choice(
            [(VERSION, IMAGE_HASH), (OTHER_VERSION, OTHER_IMAGE_HASH)]
        )
        named = chance.sample(DEVICES, 25)
        return [
            request(
                request_id,
                named,
                sent_at=chance.choice([None, self._time()]),
                version=version,
                image_hash=image_hash,
                identity=self._identity(),
            ),
            answer(
                request_id,
                answered_at=self._time(),
                code=chance.choice(["I0", "I0", "I0", "E110101"]),
                refused=named[: chance.randrange(5)],
                identity=self._identity(),
            ),
            *(
                step(status, self._time(), request_id=request_id, identity=self._identity())
                for status in (Status.SENT_TO_CSP, Status.SEND_TO_CSP_FAILED)
                if chance.random() < 0.6
            ),
        ]

    def word(self) -> Message:
        """Return a message of any other kind; words about updates are most of them."""
        kinds = [
            self._report, self._report, self._report, self._report, self._report, self._activation,
            self._inventory, self._proposal, self._verdict, self._change, self._incident,
        ]  # fmt: skip
        return self._chance.choice(kinds)()

    def _report(self) -> Message:
        chance = self._chance
        statuses = [status for status in Status if status is not Status.REJECTED]
        return reported(
            chance.choice(statuses),
            self._time(),
            chance.sample(DEVICES, chance.randrange(1, 8)),
            request_id=chance.choice([None, *REQUEST_IDS]),
            reason=chance.choice([None, "N19"]),
            version=chance.choice([None, VERSION, OTHER_VERSION]),
            image_hash=chance.choice([None, IMAGE_HASH, OTHER_IMAGE_HASH]),
            user_id=chance.choice(_USERS),
            identity=self._identity(),
        )

    def _activation(self) -> Message:
        chance = self._chance
        return activation(
            chance.choice(list(ActivationStep)),
            self._time(),
            originator=chance.choice(_USERS),
            device_id=self._device(),
            counter=chance.randrange(2),
            reason=chance.choice([None, None, "failed"]),
            version=chance.choice([None, VERSION]),
            image_hash=chance.choice([None, IMAGE_HASH]),
            identity=self._identity(),
        )

    def _inventory(self) -> Message:
        return inventory(
            self._time(),
            self._device(),
            user_id=self._chance.choice(_USERS),
            model=f"M{self._chance.randrange(5)}",
            comms_hub_id=self._chance.choice([None, HUB]),
            responsible_supplier=self._chance.choice([None, *_USERS]),
            identity=self._identity(),
        )

    def _proposal(self) -> Message:
        return proposed(
            self._device(),
            user_id=self._chance.choice(_USERS),
            counter=self._chance.randrange(5),
            model=f"M{self._chance.randrange(5)}",
            identity=self._identity(),
        )

    def _verdict(self) -> Message:
        return verdict(
            self._time(),
            user_id=self._chance.choice(_USERS),
            counter=self._chance.randrange(5),
            is_accepted=self._chance.random() < 0.7,
            identity=self._identity(),
        )

    def _change(self) -> Message:
        return supplier_change(
            self._time(),
            self._device(),
            user_id=self._chance.choice(_USERS),
            identity=self._identity(),
        )

    def _incident(self) -> Message:
        chance = self._chance
        return befell(
            chance.choice(list(IncidentKind)),
            self._time(),
            request_id=chance.choice([None, *REQUEST_IDS]),
            device_id=chance.choice([None, self._device()]),
            user_id=chance.choice(_USERS),
            identity=self._identity(),
        )

    def _device(self) -> Eui64:
        return self._chance.choice(DEVICES)

    def _time(self) -> datetime:
        return at(self._chance.randrange(_MINUTES))

    def _identity(self) -> bytes:
        self._made += 1
        return digest((self._seed, self._made))
