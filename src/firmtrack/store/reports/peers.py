"""Is it only me? How other devices fare that have something in common with one device's update."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.inventory import HubDevice
from firmtrack.answers.peers import PeerGroup, PeerGroupKind, PeersAnswer, PeerScope
from firmtrack.answers.side_parts import side_part
from firmtrack.domain.disclosure import may_show
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus
from firmtrack.domain.viewer import Viewer
from firmtrack.store import reading
from firmtrack.store.database import pool
from firmtrack.store.numbers import eui_of, request_id_of, request_parts, to_bigint
from firmtrack.store.reading.inventory_lookup import look_up
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.reports import performance, statement

_GREAT_BRITAIN = ZoneInfo("Europe/London")
_COUNTING_SECONDS = 0.05


def find_peers(viewer: Viewer, device_id: Eui64) -> PeersAnswer | None:
    """Return how others fare beside the device's newest update, None if the viewer sees none of it.

    Only counts: nothing tells whose the others are. The two wider groups are read from figures that
    are counted as people look, and may lag behind by what came since.
    """
    side_part(
        "delivery performance, counted anew",
        lambda: performance.refresh(seconds=_COUNTING_SECONDS),
    )
    with pool().connection() as connection:
        return _find(connection, viewer, device_id)


def _find(connection: Connection[TupleRow], viewer: Viewer, device_id: Eui64) -> PeersAnswer | None:
    newest = connection.execute(
        reading.statement("list_updates"),
        asked_by(viewer) | {"device_id": to_bigint(device_id)},
    ).fetchone()
    if newest is None:
        return None
    _, _, originator, target, counter, _, version, _, submitted_at, *_ = newest
    request_id = request_id_of(originator, target, counter)
    day = _day_of(submitted_at)
    known = look_up(connection, viewer, device_id)
    groups = [_in_request(connection, viewer, request_id)]
    if known is not None:
        facts = known.facts
        if facts.comms_hub_id is not None:
            groups.insert(0, _on_hub(connection, viewer, device_id, known.hub_devices))
        if version and facts.manufacturer and facts.model:
            groups.append(_of_model(connection, viewer, version, facts))
        if facts.csp_region:
            groups.append(_of_day(connection, viewer, day, facts.csp_region))
    return PeersAnswer(
        device_id=device_id,
        request_id=request_id,
        firmware_version=version,
        day=day,
        facts=None if known is None else known.facts,
        groups=tuple(groups),
    )


def _on_hub(
    connection: Connection[TupleRow],
    viewer: Viewer,
    device_id: Eui64,
    hub_devices: tuple[HubDevice, ...],
) -> PeerGroup:
    """Count on one hub: it is one home, so never another party's updates."""
    ids = [to_bigint(each) for each in (device_id, *(each.device_id for each in hub_devices))]
    asked = asked_by(viewer) | {"device_ids": ids}
    return _own(PeerGroupKind.COMMS_HUB, viewer, _rows(connection, "peers_on_hub", asked))


def _in_request(
    connection: Connection[TupleRow], viewer: Viewer, request_id: RequestId
) -> PeerGroup:
    originator, target, counter = request_parts(request_id)
    asked = {"originator": originator, "target": target, "counter": counter}
    return _own(
        PeerGroupKind.SERVICE_REQUEST,
        viewer,
        _rows(connection, "peers_in_request", asked),
    )


def _of_model(
    connection: Connection[TupleRow], viewer: Viewer, version: FirmwareVersion, facts: DeviceFacts
) -> PeerGroup:
    asked = {
        "firmware_version": version,
        "manufacturer": facts.manufacturer,
        "model": facts.model,
    }
    by_user = _by_user(_rows(connection, "peers_of_model", asked))
    return _shown(PeerGroupKind.MODEL_AND_VERSION, viewer, by_user)


def _of_day(
    connection: Connection[TupleRow], viewer: Viewer, day: date, csp_region: str
) -> PeerGroup:
    asked = {
        "csp_region": csp_region,
        "first_at": _midnight(day),
        "end_at": None if day == date.max else _midnight(day + timedelta(days=1)),
    }
    by_user = _by_user(_rows(connection, "peers_of_day", asked))
    return _shown(PeerGroupKind.REGION_AND_DAY, viewer, by_user)


def _own(kind: PeerGroupKind, viewer: Viewer, rows: Sequence[TupleRow]) -> PeerGroup:
    return PeerGroup(
        kind=kind,
        scope=PeerScope.ALL_PARTIES if viewer.sees_all else PeerScope.YOUR_REQUESTS,
        counts={CompletionStatus(completion): count for completion, count in rows},
    )


def _shown(
    kind: PeerGroupKind, viewer: Viewer, by_user: Mapping[Eui64, Mapping[CompletionStatus, int]]
) -> PeerGroup:
    """Return all parties' counts, or the viewer's own if the others are no crowd."""
    others = {
        user_id: sum(counts.values())
        for user_id, counts in by_user.items()
        if user_id not in viewer.user_ids
    }
    shows_all = viewer.sees_all or may_show(others)
    counted = Counter[CompletionStatus]()
    for user_id, counts in by_user.items():
        if shows_all or user_id in viewer.user_ids:
            counted.update(counts)
    scope = PeerScope.ALL_PARTIES if shows_all else PeerScope.YOUR_REQUESTS
    return PeerGroup(kind=kind, scope=scope, counts=counted)


def _by_user(rows: Sequence[TupleRow]) -> dict[Eui64, dict[CompletionStatus, int]]:
    by_user: dict[Eui64, dict[CompletionStatus, int]] = {}
    for originator, completion, count in rows:
        by_user.setdefault(eui_of(originator), {})[CompletionStatus(completion)] = int(count)
    return by_user


def _rows(
    connection: Connection[TupleRow], name: str, asked: Mapping[str, object]
) -> Sequence[TupleRow]:
    return connection.execute(statement(name), asked).fetchall()


def _day_of(at: datetime) -> date:
    """Return the day in Great Britain, or in UTC where that is in no year that there is."""
    try:
        return at.astimezone(_GREAT_BRITAIN).date()
    except OverflowError:
        return at.date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, _GREAT_BRITAIN)
