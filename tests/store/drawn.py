"""What Hypothesis draws messages from: few values, so that histories are full of ties."""

from hypothesis import strategies as st

from firmtrack.domain.identifiers import RequestId
from tests.store.facts import (
    ALPHA_ID,
    BRAVO_ID,
    DCC_ID,
    IMAGE_HASH,
    OTHER_IMAGE_HASH,
    digest,
    meter,
)

METERS = tuple(map(meter, range(3)))
REQUEST_IDS = (
    RequestId(ALPHA_ID, DCC_ID, 1),
    RequestId(ALPHA_ID, DCC_ID, 2**64 - 1),
    RequestId(BRAVO_ID, DCC_ID, 1),
)

request_ids = st.sampled_from(REQUEST_IDS)
meters = st.sampled_from(METERS)
some_meters = st.sets(meters, min_size=1).map(sorted)
users = st.sampled_from([ALPHA_ID, BRAVO_ID])
image_hashes = st.sampled_from([IMAGE_HASH, OTHER_IMAGE_HASH])
digests = st.integers(0, 2**16).map(digest)
