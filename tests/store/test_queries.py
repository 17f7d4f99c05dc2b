"""Who sees what, asked as DCC, as its owner, as another supplier and as a stranger."""

import csv
from collections.abc import Sequence
from io import StringIO
from itertools import product

import pytest

from firmtrack.answers.requests import NO_REASON, DistributionFilter
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation.csv import COLUMNS, distributions_csv
from firmtrack.store import audit
from firmtrack.store.database import pool
from firmtrack.store.reading import requests, statement
from firmtrack.store.reading.filtering import condition
from firmtrack.store.reading.known import as_known
from tests.looking import find_device
from tests.store.facts import (
    ALL,
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    IMAGE_HASH,
    METER,
    METERS,
    OTHER_VERSION,
    REQUEST_ID,
    STRANGER,
    VERSION,
    answer,
    at,
    distributions,
    inventory,
    meter,
    reported,
    request,
    step,
    take,
)

# Of a statement of up to so many octets psycopg keeps what it has parsed.
KEPT_OCTETS = 4096

pytestmark = pytest.mark.usefixtures("database")

BRAVOS_REQUEST_ID = RequestId(BRAVO_ID, DCC_ID, 2000)
UNKNOWN_REQUEST_ID = RequestId(ALPHA_ID, DCC_ID, 9999)
NOBODY_ELSE = [BRAVO, STRANGER]


def csv_of(
    viewer: Viewer = DCC, request_id: RequestId = REQUEST_ID, wanted: DistributionFilter = ALL
) -> bytes:
    return b"".join(distributions_csv(viewer, request_id, wanted))


def rows_of(octets: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(octets.decode(), newline="")))


# A Service Request.


@pytest.mark.parametrize("viewer", [DCC, ALPHA])
def test_a_request_is_found_by_its_owner_and_by_dcc(viewer: Viewer) -> None:
    take(request(sent_at=at(0)), answer(code="W110101", answered_at=at(1), refused=METERS[:1]))
    take(reported(Status.VERIFIED, at(9), METERS[1:3]))

    found = requests.find_request(viewer, REQUEST_ID)

    assert found is not None
    assert found.submitted_at == at(0)
    assert (found.response_code, found.answered_at) == ("W110101", at(1))
    assert found.device_count == len(METERS)
    assert found.completion_counts == {
        CompletionStatus.FAILED: 1,
        CompletionStatus.SUCCESSFUL: 2,
        CompletionStatus.IN_PROGRESS: 2,
    }
    assert found.status_counts == {Status.REJECTED: 1, Status.VERIFIED: 2, Status.ACCEPTED: 2}


@pytest.mark.parametrize("viewer", NOBODY_ELSE)
def test_someone_elses_request_is_as_one_that_does_not_exist(viewer: Viewer) -> None:
    take(request(), answer())

    for request_id in (REQUEST_ID, UNKNOWN_REQUEST_ID):
        assert requests.find_request(viewer, request_id) is None
        assert distributions(request_id, viewer=viewer) == []
        assert csv_of(viewer, request_id) == ",".join(COLUMNS).encode() + b"\r\n"


def test_a_request_that_does_not_exist_is_not_found_by_anybody() -> None:
    assert [requests.find_request(viewer, UNKNOWN_REQUEST_ID) for viewer in (DCC, ALPHA)] == [
        None,
        None,
    ]


# Its distributions.


def test_filters_take_what_they_say() -> None:
    take(request(), answer(refused=METERS[:1]), reported(Status.VERIFIED, at(9), METERS[1:3]))
    take(reported(Status.VERIFICATION_FAILED, at(9), METERS[3:4], reason="8F1C"))

    def wanted(
        completion: CompletionStatus | None = None,
        status: Status | None = None,
        reason: str | None = None,
    ) -> list[Eui64]:
        filtered = DistributionFilter(completion=completion, status=status, reason=reason)
        found = [each.device_id for each in distributions(wanted=filtered, viewer=ALPHA)]
        shown = [row[2] for row in rows_of(csv_of(ALPHA, wanted=filtered))[1:]]
        assert shown == list(map(str, found))
        return found

    assert wanted(CompletionStatus.FAILED) == [METERS[0], METERS[3]]
    assert wanted(CompletionStatus.SUCCESSFUL) == list(METERS[1:3])
    assert wanted(CompletionStatus.IN_PROGRESS) == [METERS[4]]
    assert wanted(status=Status.REJECTED) == [METERS[0]]
    assert wanted(status=Status.VERIFIED) == list(METERS[1:3])
    assert wanted(status=Status.ACCEPTED) == [METERS[4]]
    assert wanted(CompletionStatus.FAILED, Status.VERIFICATION_FAILED) == [METERS[3]]
    assert wanted(CompletionStatus.FAILED, Status.VERIFIED) == []
    assert wanted(reason="not_commissioned") == [METERS[0]]
    assert wanted(status=Status.VERIFICATION_FAILED, reason="8F1C") == [METERS[3]]
    assert wanted(status=Status.REJECTED, reason="8F1C") == []
    assert wanted(CompletionStatus.SUCCESSFUL, reason="8F1C") == []
    assert wanted(reason="8f1c") == wanted(reason="N61") == []
    assert wanted() == list(METERS)


def test_failures_are_counted_by_status_and_reason_the_most_frequent_first() -> None:
    take(request(), answer(refused=METERS[:1]), reported(Status.VERIFIED, at(9), METERS[1:2]))
    take(reported(Status.VERIFICATION_FAILED, at(9), METERS[2:4]))
    # A good status may come with a code, but did not fail for it.
    take(reported(Status.SENT_TO_CSP, at(9), METERS[4:], reason="8F1C"))

    found = requests.find_request(ALPHA, REQUEST_ID)

    assert found is not None
    assert list(found.failure_counts.items()) == [
        ((Status.VERIFICATION_FAILED, None), 2),
        ((Status.REJECTED, "not_commissioned"), 1),
    ]
    assert found.reasons == ("not_commissioned",)
    for wanted, devices in {
        NO_REASON: METERS[2:4],
        "not_commissioned": METERS[:1],
        "8F1C": (),
    }.items():
        filtered = DistributionFilter(reason=wanted)
        listed = distributions(wanted=filtered, viewer=ALPHA)
        assert [each.device_id for each in listed] == list(devices)
        assert found.count_of(filtered, {}) == len(devices)


def test_the_way_back_shows_the_pages_of_the_way_there() -> None:
    odd = DistributionFilter(status=Status.VERIFIED)
    devices = [meter(number) for number in range(23)]
    take(request(device_ids=devices), reported(Status.VERIFIED, at(9), devices[::2]))
    for wanted, limit in product((ALL, odd), (1, 2, 5, 12, 23, 24)):
        pages = [requests.list_distributions(ALPHA, REQUEST_ID, wanted, limit=limit)]
        assert not pages[0].has_earlier
        while (last := pages[-1].last_device_id) is not None:
            pages.append(
                requests.list_distributions(ALPHA, REQUEST_ID, wanted, limit=limit, after=last)
            )
            assert pages[-1].has_earlier
        for there, following in zip(pages[-2::-1], pages[:0:-1], strict=True):
            back = requests.list_distributions(
                ALPHA, REQUEST_ID, wanted, limit=limit, before=following.items[0].device_id
            )
            assert back == there


def test_a_page_back_at_the_beginning_is_a_whole_page_however_the_devices_have_changed() -> None:
    take(request())
    wanted = DistributionFilter(status=Status.RECEIVED)
    second = requests.list_distributions(ALPHA, REQUEST_ID, wanted, limit=2, after=METERS[1])
    take(reported(Status.VERIFIED, at(9), METERS[:1]))

    back = requests.list_distributions(
        ALPHA, REQUEST_ID, wanted, limit=2, before=second.items[0].device_id
    )

    assert [each.device_id for each in back.items] == list(METERS[1:3])
    assert not back.has_earlier
    assert back.last_device_id == METERS[2]
    beyond = requests.list_distributions(ALPHA, REQUEST_ID, wanted, limit=9, before=METERS[1])
    assert [each.device_id for each in beyond.items] == list(METERS[1:])


def test_every_page_size_shows_each_device_once_in_order() -> None:
    # Above and below 2^63: the order of the numbers, not of the signed column's octets.
    devices = [Eui64(0), Eui64(1), *METERS, Eui64(2**63 - 1), Eui64(2**63), Eui64(2**64 - 1)]
    take(request(device_ids=reversed(devices)))

    for limit in range(1, len(devices) + 2):
        assert [each.device_id for each in distributions(limit=limit)] == devices
    last = requests.list_distributions(ALPHA, REQUEST_ID, ALL, limit=len(devices))
    assert last.last_device_id is None


def test_pages_stay_in_place_while_the_request_changes() -> None:
    take(request(device_ids=METERS), answer())
    first = requests.list_distributions(ALPHA, REQUEST_ID, ALL, limit=2)
    take(
        reported(Status.VERIFIED, at(9), METERS),
        reported(Status.VERIFIED, at(9), [meter(0), meter(99)]),
    )

    assert first.last_device_id == METERS[1]
    after = requests.list_distributions(
        ALPHA, REQUEST_ID, ALL, limit=10, after=first.last_device_id
    )
    assert [each.device_id for each in after.items] == [*METERS[2:], meter(99)]


# The CSV.


def test_the_csv_has_the_columns_and_a_row_for_each_device() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1), code="W110101", refused=METERS[:1]))

    octets = csv_of(ALPHA)

    assert octets.endswith(b"\r\n")
    assert octets.count(b"\n") == octets.count(b"\r\n") == len(METERS) + 1
    header, refused, accepted, *_ = rows_of(octets)
    assert header == list(COLUMNS)
    assert refused[:4] == [str(REQUEST_ID), VERSION, str(METERS[0]), "Rejected by DCC"]
    assert "not commissioned" in refused[4].lower()
    assert refused[5] == "2026-03-01T09:01:00Z"
    assert accepted[3:] == ["Accepted by DCC", "", "2026-03-01T09:01:00Z"]


@pytest.mark.parametrize(
    "hostile",
    [
        "=1+1",
        "@x",
        "-1",
        "+1",
        "\t=1",
        "\r=1",
        "=1,2",
        '="a"',
        '"',
        ",",
        "a,b",
        "a'b",
        "\uff1d1",
        "1.2",
    ],
)
def test_no_cell_of_the_csv_begins_a_formula(hostile: str) -> None:
    take(request(device_ids=[METER], version=FirmwareVersion(hostile)))
    take(reported(Status.DEVICE_TRANSFER_FAILED, at(9), reason=hostile))

    _, (_, version, _, _, reason, _) = rows_of(csv_of())

    for cell in (version, reason):
        assert cell.removeprefix("'") == hostile
        assert cell[0] not in "=@-+\t\r\uff1d"


def test_reasons_that_no_table_knows_come_as_they_are() -> None:
    take(request(), reported(Status.COMMS_HUB_DELIVERY_FAILED, at(9), reason="Z99"))

    assert rows_of(csv_of())[1][4] == "Z99"


def test_the_csv_of_a_large_request_comes_in_blocks_of_whole_rows() -> None:
    devices = [meter(number) for number in range(3_000)]
    take(request(device_ids=devices))

    blocks = list(distributions_csv(ALPHA, REQUEST_ID, ALL))

    assert len(blocks) > 3
    assert all(block.endswith(b"\r\n") for block in blocks if block)
    assert [row[2] for row in rows_of(b"".join(blocks))[1:]] == list(map(str, devices))


# A device.


def find(viewer: Viewer, device_id: Eui64 = METER) -> Sequence[RequestId] | None:
    found = find_device(viewer, device_id)
    return None if found is None else [each.distribution.request_id for each in found.distributions]


def test_a_device_shows_its_distributions_newest_first_to_those_who_may_see_them() -> None:
    second = RequestId(ALPHA_ID, DCC_ID, 1001)
    take(request(sent_at=at(0)), request(second, sent_at=at(100)))
    take(request(BRAVOS_REQUEST_ID, sent_at=at(50)))

    assert find(DCC) == [second, BRAVOS_REQUEST_ID, REQUEST_ID]
    assert find(ALPHA) == [second, REQUEST_ID]
    assert find(BRAVO) == [BRAVOS_REQUEST_ID]
    assert find(STRANGER) is None
    assert all(find(viewer, meter(77)) is None for viewer in (DCC, ALPHA, BRAVO, STRANGER))


def test_a_distributions_history_is_its_own_and_begins_with_its_current_status() -> None:
    arrived = request(sent_at=at(0))
    take(arrived, answer(answered_at=at(1)), step(Status.SENT_TO_CSP, at(2)))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(3)))
    take(reported(Status.VERIFIED, at(5), request_id=None, image_hash=IMAGE_HASH))
    take(request(BRAVOS_REQUEST_ID, sent_at=at(9)))
    take(
        reported(
            Status.TRANSFERRED_TO_DEVICE, at(9), request_id=BRAVOS_REQUEST_ID, user_id=BRAVO_ID
        )
    )

    found = find_device(ALPHA, METER)

    assert found is not None
    (only,) = found.distributions
    assert [entry.status for entry in only.history] == [
        Status.VERIFIED,
        Status.DELIVERED_TO_COMMS_HUB,
        Status.SENT_TO_CSP,
        Status.ACCEPTED,
        Status.RECEIVED,
    ]
    assert [entry.names_device for entry in only.history] == [True, True, False, False, False]
    assert only.history[0].comms_hub_id == HUB
    assert only.history[0].image_hash == IMAGE_HASH
    assert only.history[-1].message_id == arrived.message_id


def test_word_about_the_whole_request_is_not_in_a_refused_devices_history() -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1), refused=[METER]))

    found = find_device(ALPHA, METER)

    assert found is not None
    assert [entry.status for entry in found.distributions[0].history] == [
        Status.REJECTED,
        Status.RECEIVED,
    ]


def test_word_that_fits_no_request_is_seen_by_whom_it_was_sent_to() -> None:
    take(reported(Status.RECEIVED, at(1), request_id=None, version=VERSION, user_id=BRAVO_ID))

    assert [find(viewer) for viewer in (DCC, ALPHA, BRAVO, STRANGER)] == [[], None, [], None]
    for viewer in (DCC, BRAVO):
        found = find_device(viewer, METER)
        assert found is not None
        assert [entry.status for entry in found.unattributed] == [Status.RECEIVED]

    # Alpha has a request for the device by now; what was said to Bravo alone stays Bravo's.
    take(request(version=OTHER_VERSION, sent_at=at(0)))
    found = find_device(ALPHA, METER)
    assert found is not None
    assert found.unattributed == ()


def test_an_inventory_is_shown_to_those_who_were_told_it() -> None:
    take(inventory(at(0), device_type="ESME", model="M1", user_id=ALPHA_ID))
    take(request(BRAVOS_REQUEST_ID))

    shown = {
        viewer: found and found.inventory and found.inventory.model
        for viewer in (DCC, ALPHA, BRAVO, STRANGER)
        for found in [find_device(viewer, METER)]
    }

    assert shown == {DCC: "M1", ALPHA: "M1", BRAVO: None, STRANGER: None}
    assert find(BRAVO) == [BRAVOS_REQUEST_ID]
    assert find(STRANGER) is None


def test_an_inventory_is_shown_to_those_whose_request_dcc_accepted() -> None:
    take(inventory(at(0), device_type="ESME", model="M1", user_id=ALPHA_ID))
    take(request(BRAVOS_REQUEST_ID), answer(BRAVOS_REQUEST_ID))

    found = find_device(BRAVO, METER)

    assert found is not None
    assert found.inventory is not None
    assert found.inventory.model == "M1"


def test_the_responsible_supplier_sees_the_inventory() -> None:
    take(inventory(at(0), model="M1", responsible_supplier=BRAVO_ID))

    found = find_device(BRAVO, METER)

    assert found is not None
    assert found.inventory is not None
    assert found.inventory.model == "M1"
    assert find_device(STRANGER, METER) is None


def test_the_hub_is_the_one_that_the_latest_word_names() -> None:
    other_hub = Eui64(HUB + 1)
    take(inventory(at(1), comms_hub_id=other_hub), request(sent_at=at(0)))

    def hub() -> Eui64 | None:
        found = find_device(ALPHA, METER)
        assert found is not None
        assert found.inventory is not None
        assert found.inventory.learnt_at == at(1)
        return found.inventory.comms_hub_id

    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(0.5)))
    assert hub() == other_hub
    take(reported(Status.TRANSFERRED_TO_DEVICE, at(2)))
    assert hub() == HUB


def test_a_device_that_is_not_tracked_says_why() -> None:
    take(inventory(at(0), HUB, device_type="CHF"))

    found = find_device(ALPHA, HUB)

    assert found is not None
    assert found.not_tracked_reason is NotTrackedReason.COMMS_HUB
    assert find_device(BRAVO, HUB) is None


# The audit.


def test_a_look_up_is_recorded() -> None:
    audit.record_lookup(ALPHA, "device", "x" * 1_000, 3)

    with pool().connection() as connection:
        (row,) = connection.execute(
            "SELECT viewer, kind, term, row_count, now() - looked_up_at < '1 minute'"
            " FROM lookup_audit"
        )
    assert row == ("Ada of Alpha", "device", "x" * 200, 3, True)


def test_hot_statements_are_short_enough_to_be_kept_parsed() -> None:
    for name in ("find_request", "count_distributions", "list_distributions"):
        reported = as_known(statement(name).decode(), None, condition=condition(ALL, None))
        assert len(reported.encode()) <= KEPT_OCTETS, name
