"""Random identifiers and words, as Hypothesis draws them."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from tests.rules import StatusEvent

COUNTER_MAX = 2**64 - 1

eui64s = st.integers(0, 2**64 - 1).map(Eui64)
counters = st.integers(0, COUNTER_MAX)
request_ids = st.builds(RequestId, eui64s, eui64s, counters)
image_hashes = st.binary(min_size=32, max_size=32)

# Few of them, so that histories are full of ties.
times = st.integers(1, 5).map(lambda day: datetime(2026, 3, day, tzinfo=UTC))
digests = st.integers(0, 9).map(lambda number: bytes([number]) * 32)

# The whole request is only ever said to be received, accepted or refused, or sent on.
STEPS = (
    Status.RECEIVED,
    Status.ACCEPTED,
    Status.REJECTED,
    Status.SENT_TO_CSP,
    Status.SEND_TO_CSP_FAILED,
)

events = st.builds(
    StatusEvent,
    status=st.sampled_from(Status),
    names_device=st.just(True),
    occurred_at=times,
    digest=digests,
) | st.builds(
    StatusEvent,
    status=st.sampled_from(STEPS),
    names_device=st.just(False),
    occurred_at=times,
    digest=digests,
)
# A message says at most one thing of a device, and one of the whole request.
histories = st.lists(
    events, max_size=12, unique_by=lambda event: (event.digest, event.names_device)
)
