"""What the tracker should make of a simulated world's traffic, line by line.

``kind`` says what a line is about. Times are DCC's, RFC 3339 with ``Z``, or null if DCC gave none.

``traffic``, the first line: ``messages`` as written, copies included; of them ``recorded`` (first
copies), ``duplicate`` and ``ignored`` (all copies: not about firmware or the inventory);
``requests``, ``distributions`` (tracked or not), ``unattributed_events``.

``request``: ``service_request_id``; ``service_reference_variant``, ``firmware_version``,
``image_hash`` (hexadecimal), ``response_code``, each null if no message tells; ``submitted_at``,
the time of DCC's answer or else of the first message that names the request; ``is_stub``, true if
the request itself is not in the traffic; ``device_count``; ``by_completion_status`` and
``by_current_status``, counts of its distributions.

``distribution``: ``service_request_id``, ``device_id``, ``completion_status``,
``current_status``, ``current_status_reason`` (a code or null), ``current_status_updated_at``;
``is_tracked``, false for a device out of scope that the request names all the same.
A request that DCC has not answered yet has no time: its distributions are ``received``, null.

``unattributed``: an event that fits no request: ``device_id``, ``status``, ``reason``,
``occurred_at``.

``device``: a device that the inventory knows and that is not tracked: ``device_id``,
``not_tracked_reason`` (``comms_hub``, ``type_2``, ``smets1``).

``activation``: ``service_request_id`` of an 11.3, ``device_id``, ``status``, ``reason``,
``scheduled_for``, ``firmware_version`` (what the device said that it runs), ``updated_at``, null
while nothing but the request is known; ``distribution``, the request that brought the image, null
if none did.

``inventory``: a device that messages describe, be it by one fact: ``device_id``, and each fact that
they state, named as the API's inventory names it, and ``smi_firmware_version``. Its hub is the one
that its alerts came through, too; a device that nothing but such alerts names has no line.

``responsible_supplier``: what the inventory files tell of a device that went from one supplier to
another, the earlier line first: ``device_id``, ``responsible_supplier``, ``learnt_at``.

``flags``: ``device_id`` and the sorted ``codes`` of what does not fit. A tracked device without
such a line has none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.chronicle import Chronicle
from firmtrack.simulator.output import rfc3339
from firmtrack.simulator.truth import TrueActivation, TrueDistribution
from firmtrack.simulator.updates import SentUpdate
from tests.oracle.flags import flags_of

Line = Mapping[str, Any]


def lines_of(chronicle: Chronicle) -> Iterator[Line]:
    """Yield the lines in the order: traffic, each request and its distributions, the rest."""
    yield _traffic_line(chronicle)
    for update in chronicle.updates:
        yield from _request_lines(update, is_stub=False)
    for update in chronicle.stubs:
        yield from _request_lines(update, is_stub=True)
    for stray in chronicle.unattributed:
        yield {
            "kind": "unattributed",
            "device_id": str(stray.device_id),
            "status": stray.event.status,
            "reason": stray.event.reason,
            "occurred_at": _time(stray.event.at),
        }
    for device_id, reason in chronicle.not_tracked.items():
        yield {"kind": "device", "device_id": str(device_id), "not_tracked_reason": reason}
    yield from map(_activation_line, chronicle.activations)
    for device_id in chronicle.statements.devices():
        facts = chronicle.statements.facts_of(device_id)
        if facts.keys() - {"comms_hub_id"}:
            values = {name: facts[name].value for name in sorted(facts)}
            yield {"kind": "inventory", "device_id": str(device_id), **values}
    for row in chronicle.suppliers.histories():
        yield {
            "kind": "responsible_supplier",
            "device_id": str(row.device_id),
            "responsible_supplier": str(row.responsible_supplier),
            "learnt_at": rfc3339(row.learnt_at),
        }
    yield from _flag_lines(chronicle)


def _flag_lines(chronicle: Chronicle) -> Iterator[Line]:
    distributed: dict[Eui64, list[tuple[SentUpdate, TrueDistribution]]] = defaultdict(list)
    for update in chronicle.updates:
        for named in update.named:
            if named.distribution.is_tracked:
                distributed[named.device_id].append((update, named.distribution))
    activations: dict[Eui64, list[TrueActivation]] = defaultdict(list)
    for activation in chronicle.activations:
        activations[activation.device_id].append(activation)
    for device_id in {**distributed, **dict.fromkeys(chronicle.statements.devices())}:
        if device_id not in chronicle.not_tracked:
            facts = chronicle.statements.facts_of(device_id)
            codes = flags_of(facts, distributed[device_id], activations[device_id])
            if codes:
                yield {"kind": "flags", "device_id": str(device_id), "codes": codes}


def _traffic_line(chronicle: Chronicle) -> Line:
    recorded = {message.number for message in chronicle.messages if message.is_recorded}
    ignored = sum(not message.is_recorded for message in chronicle.messages)
    return {
        "kind": "traffic",
        "messages": len(chronicle.messages),
        "recorded": len(recorded),
        "duplicate": len(chronicle.messages) - ignored - len(recorded),
        "ignored": ignored,
        "requests": sum(1 for _ in chronicle.requests()),
        "distributions": sum(1 for _ in chronicle.distributions()),
        "unattributed_events": len(chronicle.unattributed),
    }


def _request_lines(update: SentUpdate, *, is_stub: bool) -> Iterator[Line]:
    distributions = [named.distribution for named in update.named]
    completions = Counter(one.completion_status.value for one in distributions)
    statuses = Counter(one.current.status.value for one in distributions)
    yield {
        "kind": "request",
        "service_request_id": str(update.request_id),
        "service_reference_variant": None if is_stub else update.variant,
        "firmware_version": None if is_stub else update.firmware_version,
        "image_hash": None if is_stub else update.image_hash.hex(),
        "response_code": update.answer.code if update.is_answered else None,
        "submitted_at": _time(update.known_since),
        "is_stub": is_stub,
        "device_count": len(distributions),
        "by_completion_status": dict(sorted(completions.items())),
        "by_current_status": dict(sorted(statuses.items())),
    }
    for one in distributions:
        yield {
            "kind": "distribution",
            "service_request_id": str(update.request_id),
            "device_id": str(one.device_id),
            "completion_status": one.completion_status,
            "current_status": one.current.status,
            "current_status_reason": one.current.reason,
            "current_status_updated_at": _time(one.current.at),
            "is_tracked": one.is_tracked,
        }


def _activation_line(activation: TrueActivation) -> Line:
    distribution = activation.distribution
    return {
        "kind": "activation",
        "service_request_id": str(activation.request_id),
        "device_id": str(activation.device_id),
        "status": activation.status,
        "reason": activation.reason,
        "scheduled_for": _time(activation.scheduled_for),
        "firmware_version": activation.firmware_version,
        "updated_at": _time(activation.updated_at),
        "distribution": None if distribution is None else str(distribution),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
