"""Fuzzing of the DUIS reader: documents, and the GBCS payloads within them."""

import base64
import binascii
import tempfile
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import DuisRejected
from firmtrack.duis.trust import TrustStore
from firmtrack.duis.writer import write
from firmtrack.simulator.encoding import Encoder, file_name_of
from firmtrack.simulator.output import write_trust_store
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import imagine
from tests.fuzz.promise import Chance, PromiseBroken, Target, with_octets_changed
from tests.unit.duis.every_sample import EVERYTHING

_DCC_IDS = frozenset({Eui64.parse("90-B3-D5-1F-30-00-00-02")})
_RECEIVED_AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
_LONGEST_SEED_BYTES = 12_000
_TEXTS = (
    "", " ", "0", "-1", "99999999999999999999", "1e9", "true", "NaN", "\u00e9", "\u202e",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2026-02-30T00:00:00Z",
    "2026-03-01T09:30:00+14:00", "00-00-00-00-00-00-00-00", "FF-FF-FF-FF-FF-FF-FF-FF",
    "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:0",
    "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:18446744073709551616",
    "N12", "AD1", "I99", "8F72", "11.1", "11.2", "11.3", "11.4", "=", "AAAA", "x" * 5_000,
)  # fmt: skip


class DuisFuzzing:
    """The seeds, and what is known of them."""

    def __init__(self) -> None:
        self._known: frozenset[bytes] = frozenset()
        signed, self._trust = _simulated()
        self._known = frozenset(
            found.digest
            for found in (self._read(body, self._trust) for body in signed)
            if isinstance(found, Message)
        )
        self.seeds = (*(write(document) for document in EVERYTHING.values()), *signed)
        self._trees = [etree.fromstring(seed) for seed in self.seeds]
        self._elements = [each for tree in self._trees for each in tree.iter()]

    def check(self, body: bytes) -> bool:
        """Hold the reader to its promise: an answer or a rejection, the same again.

        What is said does not depend on how the XML is written; and nothing is believed as signed
        but what a trusted party signed.
        """
        try:
            found = self._read(body)
        except DuisRejected as rejection:
            _check_rejection(rejection)
            return False
        if not isinstance(found, Message):
            if not isinstance(found, NotAboutFirmware):
                raise PromiseBroken(f"read gave a {type(found).__name__}")
            return False
        if self._read(body) != found:
            raise PromiseBroken("read again, it says something else")
        again = self._read(etree.tostring(etree.fromstring(body), encoding="utf-8"))
        if not isinstance(again, Message) or again.digest != found.digest:
            raise PromiseBroken("written otherwise, it is another message")
        if (again.events, again.steps, again.devices) != (found.events, found.steps, found.devices):
            raise PromiseBroken("written otherwise, it says something else")
        self._check_not_forged(body)
        return True

    def _check_not_forged(self, body: bytes) -> None:
        try:
            believed = self._read(body, self._trust)
        except DuisRejected:
            return
        if isinstance(believed, Message) and believed.digest not in self._known:
            raise PromiseBroken("a document that nobody signed is believed")

    def _read(self, body: bytes, trust: TrustStore | None = None) -> Message | NotAboutFirmware:
        return read(body, trust=trust, dcc_ids=_DCC_IDS, received_at=_RECEIVED_AT)

    def mutate(self, body: bytes, chance: Chance) -> bytes:
        """Return a well-formed document that differs from ``body``, if that is well-formed."""
        try:
            root = etree.fromstring(body)
            for _ in range(1 + chance.below(3)):
                elements = list(root.iter(etree.Element))
                self._change(elements, chance.one_of(elements), chance)
            return etree.tostring(root, encoding="utf-8")
        except (etree.LxmlError, ValueError):  # some changes are of what XML cannot hold
            return with_octets_changed(body, chance)

    def _change(
        self, elements: list[etree._Element], element: etree._Element, chance: Chance
    ) -> None:
        parent = element.getparent()
        match chance.below(10):
            case 0 if parent is not None:
                parent.remove(element)
            case 1 if parent is not None:
                parent.append(deepcopy(element))
            case 2 if parent is not None:
                parent.insert(
                    chance.below(len(parent) + 1), deepcopy(chance.one_of(self._elements))
                )
            case 3:
                element.text = chance.one_of(_TEXTS)
            case 4:
                element.text = chance.one_of(self._elements).text
            case 5:
                element.tag = chance.one_of(self._elements).tag
            case 6:
                _change_attributes(element, chance)
            case 7:
                element.insert(0, etree.Comment("a comment"))
            case 8 if parent is not None:
                parent.insert(0, element)
            case _:
                _change_payload(elements, chance)


def _check_rejection(rejection: DuisRejected) -> None:
    if not rejection.code or len(str(rejection)) > 2_000:
        raise PromiseBroken(f"a rejection says too little or too much: {rejection.code!r}")


def _change_attributes(element: etree._Element, chance: Chance) -> None:
    names = list(element.attrib)
    if names and chance.below(2):
        element.attrib[chance.one_of(names)] = chance.one_of(_TEXTS)
    elif names and chance.below(2):
        del element.attrib[chance.one_of(names)]
    else:
        element.set(chance.one_of(("schemaVersion", "Id", "URI", "Algorithm", "x")), "5.1")


def _change_payload(elements: list[etree._Element], chance: Chance) -> None:
    """Change octets of a text in base64, such as a GBCS message."""
    texts = [each for each in elements if each.text is not None and len(each.text) > 40]
    if not texts:
        return
    element = chance.one_of(texts)
    try:
        octets = base64.b64decode(element.text or "", validate=True)
    except (binascii.Error, ValueError):
        return
    element.text = base64.b64encode(with_octets_changed(octets, chance)).decode()


def _simulated() -> tuple[tuple[bytes, ...], TrustStore]:
    """Return one signed message of each kind, and whom to trust."""
    chronicle = imagine(Scenario(requests=40, devices=3, seed=11, image_bytes=1_024))
    encoder = Encoder(chronicle.scenario.seed, chronicle.scenario.suppliers)
    first_of_kind: dict[str, bytes] = {}
    for message in chronicle.messages:
        kind = file_name_of(0, message.content)
        if kind not in first_of_kind and kind.endswith(".xml"):
            octets = encoder.octets_of(message.content)
            if len(octets) <= _LONGEST_SEED_BYTES:
                first_of_kind[kind] = octets
    with tempfile.TemporaryDirectory() as directory:
        write_trust_store(Path(directory), encoder.signatories)
        trust = TrustStore.load(Path(directory))
    return tuple(first_of_kind.values()), trust


def target() -> Target:
    """Return the DUIS reader as a target."""
    fuzzing = DuisFuzzing()
    return Target("duis", fuzzing.seeds, fuzzing.check, fuzzing.mutate, most_bytes=30_000)
