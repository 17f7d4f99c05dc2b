"""Reviewed causes, and what is said of them as prose: ``cause_situations.md`` beside this file.

``python -m tests.unit.diagnosis.cause_situations`` writes the prose anew; read every line that
changes.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from firmtrack.answers.causes import Cause, CausesQuestion, CauseState
from firmtrack.diagnosis.causes import advice_of, sentence_of, title_of
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status

PAGE = Path(__file__).with_name("cause_situations.md")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FIRST = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)
REQUEST = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1000")
OTHER_REQUEST = RequestId.parse("90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1001")
ALL = CausesQuestion()
OF_REQUEST = CausesQuestion(request_id=REQUEST)
HASH = "7542f475e3f12eae887d81e32c46d313741d67076b13caec2f82e00ba5e1bb36"

Q4 = Trait(Attribute.MODEL, "Q4")
NORTH = Trait(Attribute.CSP_REGION, "North")
HUB_FIRMWARE = Trait(Attribute.COMMS_HUB_FIRMWARE_VERSION, "00070001")
FROM_VERSION = Trait(Attribute.FROM_VERSION, "01020304")
IMAGE = Trait(Attribute.IMAGE_HASH, HASH)
OF_ONE_REQUEST = Trait(Attribute.SERVICE_REQUEST_ID, str(REQUEST))


def failed(
    *traits: Trait,
    status: Status = Status.DEVICE_TRANSFER_FAILED,
    reason: str | None = "image_discarded",
) -> Cause:
    """Return a cause of 1,900 of 2,310 failures, growing since 14 November."""
    key = CauseKey.of(status, reason, traits)
    return Cause(
        key=key,
        device_count=1_900,
        of_count=2_310,
        elsewhere_count=208,
        elsewhere_of=12_480,
        first_at=FIRST,
        last_at=NOW - timedelta(hours=1),
        is_growing=True,
        state=CauseState.OPEN,
        also=(),
        request_ids=(REQUEST, OTHER_REQUEST),
        request_count=2,
        by_day=((date(2026, 11, 14), 1_000), (date(2026, 11, 20), 900)),
    )


def stalled(*traits: Trait, status: Status = Status.SENT_TO_CSP) -> Cause:
    """Return a cause of 11,982 of 12,000 updates that stand still."""
    key = CauseKey.of(status, None, traits)
    return replace(
        failed(*traits),
        key=key,
        device_count=11_982,
        of_count=12_000,
        elsewhere_count=30,
        elsewhere_of=8_000,
    )


_ONE = replace(
    failed(Q4), device_count=1, of_count=1, last_at=FIRST, is_growing=False, request_count=1
)
_QUIET = replace(
    failed(Q4),
    is_growing=False,
    last_at=FIRST + timedelta(days=3),
    state=CauseState.QUIET,
)

FAILED: Mapping[str, tuple[Cause, CausesQuestion]] = {
    "A model, still growing": (failed(Q4), ALL),
    "A model, all of it": (replace(failed(Q4), device_count=2_310), ALL),
    "A model, both": (replace(failed(Q4), device_count=2, of_count=2), ALL),
    "A model, hardly any elsewhere": (replace(failed(Q4), elsewhere_count=11), ALL),
    "A model, three elsewhere": (replace(failed(Q4), elsewhere_count=3), ALL),
    "A model, none elsewhere": (replace(failed(Q4), elsewhere_count=0), ALL),
    "A model, many elsewhere": (replace(failed(Q4), elsewhere_count=3_120), ALL),
    "A model, all elsewhere": (replace(failed(Q4), elsewhere_count=12_480), ALL),
    "A model, nothing to compare with": (
        replace(failed(Q4), elsewhere_count=0, elsewhere_of=0),
        ALL,
    ),
    "A model, one other": (replace(failed(Q4), elsewhere_count=0, elsewhere_of=1), ALL),
    "A model, one other that failed too": (
        replace(failed(Q4), elsewhere_count=1, elsewhere_of=1),
        ALL,
    ),
    "A model, open and not growing": (
        replace(failed(Q4), is_growing=False, last_at=FIRST + timedelta(days=5)),
        ALL,
    ),
    "A model, quiet": (_QUIET, ALL),
    "A model, over, on one day": (
        replace(_QUIET, last_at=FIRST + timedelta(hours=3), state=CauseState.OVER),
        ALL,
    ),
    "A model, last year": (
        replace(_QUIET, first_at=FIRST - timedelta(days=365), state=CauseState.OVER),
        ALL,
    ),
    "One update alone": (_ONE, ALL),
    "One update of many": (replace(_ONE, of_count=400), ALL),
    "A model, in one request only": (
        replace(failed(Q4), request_count=1, request_ids=(REQUEST,)),
        ALL,
    ),
    "A model, as the request has it": (replace(failed(Q4), request_count=1), OF_REQUEST),
    "A model that is also an image": (replace(failed(Q4), also=(IMAGE,)), ALL),
    "A model that is also much else": (
        replace(
            failed(Q4),
            also=(Trait(Attribute.MANUFACTURER, "10A1"), HUB_FIRMWARE, OF_ONE_REQUEST),
            request_count=1,
        ),
        ALL,
    ),
    "A model in a region": (failed(Q4, NORTH), ALL),
    "Hubs of one firmware": (failed(HUB_FIRMWARE, reason="file_transfer_failure"), ALL),
    "A model behind hubs of one firmware": (failed(Q4, HUB_FIRMWARE), ALL),
    "The version before": (
        failed(FROM_VERSION, status=Status.VERIFICATION_FAILED, reason="8F1C"),
        ALL,
    ),
    "From one version to another": (
        failed(FROM_VERSION, Trait(Attribute.FIRMWARE_VERSION, "0102030A")),
        ALL,
    ),
    "An image": (failed(IMAGE, status=Status.VERIFICATION_FAILED, reason="8F1C"), ALL),
    "One Service Request": (
        replace(failed(OF_ONE_REQUEST, status=Status.REJECTED, reason="E5"), request_count=1),
        ALL,
    ),
    "A type of device": (
        failed(
            Trait(Attribute.DEVICE_TYPE, "HCALCS"),
            status=Status.REJECTED,
            reason="invalid_gbcs_version",
        ),
        ALL,
    ),
    "Of the wrong hardware": (failed(Q4, reason="hardware_version_mismatch"), ALL),
    "Not delivered in a region": (
        failed(NORTH, status=Status.COMMS_HUB_DELIVERY_FAILED, reason="N61"),
        ALL,
    ),
    "Not sent to a CSP, without a reason": (
        failed(NORTH, status=Status.SEND_TO_CSP_FAILED, reason=None),
        ALL,
    ),
    "A code that nobody knows": (
        failed(Q4, status=Status.COMMS_HUB_DELIVERY_FAILED, reason="X77"),
        ALL,
    ),
}

STALLED: Mapping[str, tuple[Cause, CausesQuestion]] = {
    "A region": (stalled(NORTH), ALL),
    "A region, no others due": (
        replace(stalled(NORTH), elsewhere_count=0, elsewhere_of=0),
        ALL,
    ),
    "A region, no others stalled": (replace(stalled(NORTH), elsewhere_count=0), ALL),
    "One update": (
        replace(stalled(NORTH), device_count=1, elsewhere_count=1, elsewhere_of=1),
        ALL,
    ),
    "Not growing, of some days": (
        replace(stalled(NORTH), is_growing=False, last_at=FIRST + timedelta(days=2)),
        ALL,
    ),
    "Behind hubs of one model": (
        stalled(
            Trait(Attribute.COMMS_HUB_MODEL, "H2"),
            Trait(Attribute.COMMS_HUB_FIRMWARE_VERSION, "00070001"),
            status=Status.DELIVERED_TO_COMMS_HUB,
        ),
        ALL,
    ),
    "At the devices of one model": (stalled(Q4, status=Status.TRANSFERRED_TO_DEVICE), ALL),
    "Accepted and not sent on, of a request": (
        stalled(NORTH, status=Status.ACCEPTED),
        OF_REQUEST,
    ),
    "Not answered": (stalled(OF_ONE_REQUEST, status=Status.RECEIVED), ALL),
}

GROUPS = {"Failed": FAILED, "Stalled": STALLED}


def prose() -> str:
    """Return the page that says of every cause what Firmtrack tells people."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    yield (
        "# What Firmtrack says of which cause\n\n"
        "For review as prose. A test compares this page with what is said; "
        "`python -m tests.unit.diagnosis.cause_situations` writes it anew.\n"
    )
    for title, group in GROUPS.items():
        yield f"\n## {title}\n"
        for name, (cause, question) in group.items():
            yield f"\n### {name}\n\n"
            yield f"**{title_of(cause.key)}**\n\n"
            yield f"> {sentence_of(cause, question, NOW)}\n>\n> {advice_of(cause.key)}\n"


if __name__ == "__main__":
    PAGE.write_text(prose(), encoding="utf-8")
