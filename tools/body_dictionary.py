"""Trains the dictionary with which message bodies are stored, on traffic made up for it.

``python -m tools.body_dictionary FILE`` writes the dictionary. The same code and the same library
make the same octets. Without FILE it says how many octets the bodies of other traffic take, by
kind, in the edition that is stored today; a new dictionary is a new edition.
"""

import argparse
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.files import media_type_of
from firmtrack.intake.reading import ReadingRules, read_envelope
from firmtrack.simulator.encoding import Encoder
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.simulation import imagine
from firmtrack.simulator.world import DCC
from firmtrack.store.bodies import compressor_with, pack, zstd

DICTIONARY_BYTES = 16 * 1024
"""Half of it costs a twentieth more octets a body, twice as much saves a fiftieth."""

TRAINING_SEEDS = range(101, 113)
CHOOSING_SEEDS = range(201, 204)
MEASURING_SEEDS = range(901, 904)
"""The seeds of traffic to learn from, to choose by, and to measure honestly on."""

_MOST_OF_A_KIND = 500
_FROM_OTHER_HANDS = 0.3
_TRIES = 8
_LONGEST_BYTES = 8 * 1024
_SIGNATURE = re.compile(rb"<ds:Signature .*</ds:Signature>", re.DOTALL)
_AFTER_ALL = datetime(2100, 1, 1, tzinfo=UTC)
_RULES = ReadingRules(dcc_ids=frozenset({DCC}), earliest_at=datetime(2012, 1, 1, tzinfo=UTC))


def main() -> None:
    """Train, or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE")
    file = parser.parse_args().file
    if file is None:
        _measure()
    else:
        file.write_bytes(trained())


def trained() -> bytes:
    """Return the dictionary: what the trainer finds depends on the order, so the best of a few."""
    bodies = bodies_by_kind(TRAINING_SEEDS)
    tries = (zstd.train_dict(_samples(bodies, seed), DICTIONARY_BYTES) for seed in range(_TRIES))
    unseen = _samples(bodies_by_kind(CHOOSING_SEEDS), seed=0)
    return min(tries, key=lambda each: _packed(unseen, each)).dict_content


def bodies_by_kind(seeds: Sequence[int]) -> Mapping[str, Sequence[bytes]]:
    """Return the bodies that are kept of the traffic of these seeds, signed, by kind of message.

    Each seed has suppliers and a time of its own: no ID and no day is a part of the language.
    """
    bodies: dict[str, list[bytes]] = defaultdict(list)
    for seed in seeds:
        for octets in _traffic(seed):
            message = _read(octets)
            if message is not None:
                bodies[message.kind].append(message.body)
    return bodies


def unsigned(body: bytes) -> bytes:
    """Return ``body`` without its signature."""
    return _SIGNATURE.sub(b"", body)


def _samples(bodies_by_kind: Mapping[str, Sequence[bytes]], seed: int) -> list[bytes]:
    """Return bodies as they come, signed and unsigned, in an order without order."""
    chance = random.Random(seed)  # reproducible, not secret
    samples = []
    for _, bodies in sorted(bodies_by_kind.items()):
        short = [body for body in bodies if len(body) <= _LONGEST_BYTES]
        for body in chance.sample(short, min(len(short), _MOST_OF_A_KIND)):
            samples += [body, unsigned(body)]
            if chance.random() < _FROM_OTHER_HANDS:
                samples.append(chance.choice(_OTHER_HANDS)(body))
    chance.shuffle(samples)
    return samples


def _traffic(seed: int) -> Iterator[bytes]:
    chance = random.Random(seed)  # reproducible, not secret
    suppliers = tuple(Eui64(0x90B3D51F30_000000 + chance.getrandbits(24)) for _ in range(2))
    chronicle = imagine(
        Scenario(requests=20, devices=30, seed=seed, suppliers=suppliers, start=_time(chance))
    )
    encoder = Encoder(seed, suppliers)
    for sent in chronicle.messages:
        yield encoder.octets_of(sent.content)
    signer = Encoder(seed, suppliers).signatories[0].signer
    for document in _seldom(chance, suppliers[0]):
        yield write(document, signer=signer)


def _read(octets: bytes) -> Message | None:
    envelope = Envelope(
        body=octets, media_type=media_type_of(octets), received_at=None, origin="traffic"
    )
    read = read_envelope(envelope, _RULES, taken_at=_AFTER_ALL)
    return read if isinstance(read, Message) else None


def _seldom(chance: random.Random, user: Eui64) -> Iterator[d.Document]:
    """Yield documents that the simulator does not write."""

    def eui() -> Eui64:
        return Eui64(chance.getrandbits(64))

    def request_id() -> RequestId:
        return RequestId(user, DCC, chance.getrandbits(40))

    for breach in d.QuarantineBreach:
        yield _alert(
            chance,
            user,
            "AD1",
            d.QuarantinedRequest(
                breach=breach,
                request_id=request_id(),
                quarantine_event_ref=chance.getrandbits(20),
            ),
        )
    for log in d.DeviceLog:
        old, new = eui(), eui()
        restored = d.DeviceLogRestored(
            restored_date=_time(chance).date(),
            log=log,
            old_chf_device_id=old,
            new_chf_device_id=new,
            old_gpf_device_id=Eui64(old ^ 1),
            new_gpf_device_id=Eui64(new ^ 1),
        )
        yield _alert(chance, user, "N48", restored)
    yield _alert(chance, user, "N53", d.PpmidRemoval(ppmid_device_id=eui(), chf_device_id=eui()))
    mismatch = d.DuisVersionMismatch(
        dcc_alert_code="N60", service_user_duis_version="5.1", request_id=request_id()
    )
    for body in (mismatch, replace(mismatch, device_id=eui(), request_id=None)):
        yield _alert(chance, user, "N999", body)
    version = FirmwareVersion(f"{chance.getrandbits(32):08X}")
    throttled = d.CspFirmwareDeliveryStatus(
        update_firmware_request_id=request_id(),
        comms_hub_device_id=eui(),
        target_device_id=eui(),
        firmware_version=version,
        time_stamp=_time(chance),
        comms_hub_transfer_status=d.CommsHubTransferStatus.FAILURE,
    )
    yield replace(
        _alert(chance, user, "N61", throttled),
        throttled_alert_sequence_id=chance.getrandbits(16),
        throttled_alert_count=chance.randrange(100),
    )


def _alert(chance: random.Random, user: Eui64, code: str, body: d.DccAlertBody) -> d.DccAlert:
    return d.DccAlert(
        response_id=ResponseId(DCC, user, chance.getrandbits(40)),
        responded_at=_time(chance),
        alert_code=code,
        body=body,
    )


def _time(chance: random.Random) -> datetime:
    return datetime.fromtimestamp(1_700_000_000 + chance.randrange(200_000_000), UTC)


# How others write the same: no simulated document has a declaration, white space between its
# elements, another prefix or none, and no stage report has white space.
def _declared(body: bytes) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body


def _indented(body: bytes) -> bytes:
    return _declared(unsigned(body).replace(b"><", b">\n    <"))


def _prefixed(body: bytes) -> bytes:
    return unsigned(body).replace(b"sr:", b"ns2:").replace(b"xmlns:sr=", b"xmlns:ns2=")


def _without_prefix(body: bytes) -> bytes:
    return unsigned(body).replace(b"sr:", b"").replace(b"xmlns:sr=", b"xmlns=")


def _spaced(body: bytes) -> bytes:
    return body.replace(b'":', b'": ').replace(b',"', b', "')


_OTHER_HANDS = (_declared, _indented, _prefixed, _without_prefix, _spaced)


def _measure() -> None:
    print(f"{'octets of a body, mean':38}{'signed':>16}{'unsigned':>16}{'indented':>16}")
    for kind, bodies in sorted(bodies_by_kind(MEASURING_SEEDS).items()):
        forms = (bodies, [unsigned(body) for body in bodies], [_indented(body) for body in bodies])
        cells = "".join(f"{_mean(form):>8.0f} →{_mean(map(pack, form)):>6.0f}" for form in forms)
        print(f"{kind:32}{len(bodies):>6}{cells}")


def _mean(octets: Iterable[bytes]) -> float:
    return fmean(map(len, octets))


def _packed(bodies: Sequence[bytes], dictionary: zstd.ZstdDict) -> float:
    compressor = compressor_with(dictionary)
    return _mean(compressor.compress(body, compressor.FLUSH_FRAME) for body in bodies)


if __name__ == "__main__":
    main()
