"""A store from which old months go: random histories around month ends, and what of it is empty."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from psycopg import sql

from firmtrack.domain.activation import CANCELLING
from firmtrack.domain.facts import Incident, IncidentKind, Message, MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import ActivationStep, Status, Variant
from firmtrack.store.database import pool
from firmtrack.store.known_from import month_before
from tests.store.drawn import (
    digests,
    image_hashes,
    meters,
    request_ids,
    some_meters,
    users,
)
from tests.store.facts import (
    ALPHA_ID,
    HUB,
    OTHER_VERSION,
    VERSION,
    activation,
    answer,
    message_of,
    reported,
    request,
    step,
)

NOW = datetime.now(UTC)  # what is of the present month is never old enough


def first(month: int) -> datetime:
    """Return when a month begins: they are counted up to 14, the present one."""
    begins_at: datetime = month_before(NOW, 14 - month)
    return begins_at


def day(month: int, day_of_month: int, hour: int = 12) -> datetime:
    """Return noon of a day of a month, which may be one of the next."""
    return first(month) + timedelta(days=day_of_month - 1, hours=hour)


MARCH, APRIL, MAY = first(6), first(7), first(8)
_TICK = timedelta(microseconds=1)

# Few values, so that histories are full of ties; and both sides of month ends.
times = st.sampled_from(
    [
        first(5) - timedelta(hours=1),
        day(5, 10),
        MARCH - _TICK,
        MARCH,
        day(6, 20),
        APRIL - _TICK,
        APRIL,
    ]
)
far_times = times | st.sampled_from(
    [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)]
)
versions = st.sampled_from([VERSION, OTHER_VERSION])
ends = st.sampled_from([Status.VERIFIED, Status.VERIFICATION_FAILED, Status.ACTIVATED])

requests = st.builds(
    request,
    request_ids,
    some_meters,
    sent_at=st.none() | times,
    version=versions,
    image_hash=st.none() | image_hashes,
    variant=st.sampled_from(Variant),
    identity=digests,
)
answers = st.builds(
    answer,
    request_ids,
    answered_at=times,
    code=st.sampled_from(["I0", "I0", "E110101"]),
    refused=st.just(()) | some_meters,
    identity=digests,
)
steps = st.builds(
    step,
    st.sampled_from([Status.SENT_TO_CSP, Status.SEND_TO_CSP_FAILED, Status.REJECTED]),
    times,
    request_id=request_ids,
    identity=digests,
)
claimed_events = st.builds(
    reported,
    st.sampled_from(Status) | ends,
    far_times,
    some_meters,
    request_id=request_ids,
    version=st.none() | versions,
    user_id=users,
    identity=digests,
)
loose_events = st.builds(
    reported,
    ends,
    far_times,
    some_meters,
    request_id=st.none(),
    version=st.none() | versions,
    image_hash=st.none() | image_hashes,
    user_id=users,
    identity=digests,
)
activations = st.builds(
    activation,
    st.sampled_from([*ActivationStep, ActivationStep.ANSWERED]),
    times,
    originator=users,
    device_id=meters,
    counter=st.sampled_from([1, 2, 3]),
    kind=st.none() | st.none() | st.just(MessageKind.COMMAND_FAILURE),
    reason=st.none() | st.just("N12"),
    image_hash=st.none() | image_hashes | image_hashes,
    scheduled_for=st.none() | times | st.just(CANCELLING),
    identity=digests,
)


@st.composite
def incidents(draw: st.DrawFn) -> Message:
    kind = draw(
        st.sampled_from(
            [
                IncidentKind.METER_DECOMMISSIONED,
                IncidentKind.COMMAND_FAILED,
                IncidentKind.COMMS_HUB_EXCHANGED,
            ]
        )
    )
    occurred_at = draw(times)
    request_id = device_id = hub = None
    if kind is IncidentKind.COMMS_HUB_EXCHANGED:
        hub = HUB
    elif kind is IncidentKind.COMMAND_FAILED:
        request_id = draw(
            request_ids | st.builds(RequestId, users, meters, st.sampled_from([1, 2, 3]))
        )
    else:
        device_id = draw(meters)
        request_id = draw(st.none() | st.none() | request_ids)
    return incident(
        kind, occurred_at, request_id=request_id, device_id=device_id, hub=hub,
        user_id=draw(users), identity=draw(digests),
    )  # fmt: skip


def incident(
    kind: IncidentKind,
    occurred_at: datetime,
    *,
    request_id: RequestId | None = None,
    device_id: Eui64 | None = None,
    hub: Eui64 | None = None,
    user_id: Eui64 = ALPHA_ID,
    identity: bytes | None = None,
) -> Message:
    """Return a message that tells what befell a request, a device or a hub."""
    return message_of(
        identity,
        MessageKind.DEVICE_STATUS_CHANGE_EVENT,
        occurred_at,
        body=b"an incident",
        user_id=user_id,
        incidents=(
            Incident(
                kind=kind,
                occurred_at=occurred_at,
                request_id=request_id,
                device_id=device_id,
                comms_hub_id=hub,
            ),
        ),
    )


messages = (
    requests
    | answers
    | steps
    | claimed_events
    | claimed_events
    | loose_events
    | loose_events
    | activations
    | incidents()
)
histories = st.lists(messages, min_size=1, max_size=16, unique_by=lambda message: message.digest)


def empty_all(but: Iterable[str] = ()) -> None:
    """Empty all tables that hold anything but what migrations and settings put there."""
    with pool().connection() as connection:
        filled = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
            " AND relkind = 'r' AND relname !~ '^(django|auth|served|rereading)'"
            " AND pg_relation_size(oid) > 0"
        ).fetchall()
        for (table,) in filled:
            if table not in but:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
