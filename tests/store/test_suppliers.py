"""Who was a device's Responsible Supplier when, and what a new one sees of others' updates."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, is_dataclass
from datetime import datetime
from itertools import permutations
from threading import Barrier
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmtrack.answers.devices import OthersStep, OthersUpdate
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import ActivationStep, CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.device import open_device_page
from firmtrack.store.consistency import DisagreementKind, disagreements
from firmtrack.store.database import pool
from tests.examples import examples
from tests.looking import find_device, find_inventory
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    IMAGE_HASH,
    METER,
    METERS,
    OTHER_IMAGE_HASH,
    REQUEST_ID,
    STRANGER,
    VERSION,
    activation,
    answer,
    at,
    imported,
    inventory,
    reported,
    request,
    step,
    supplier_change,
    take,
)

pytestmark = pytest.mark.usefixtures("database")

VIEWERS = (ALPHA, BRAVO, STRANGER, DCC)
CHARLIE_ID = Eui64(BRAVO_ID + 1)
ALPHA_SEEING_OTHERS = Viewer.of_user_ids("Ada of Alpha", [ALPHA_ID], sees_others_updates=True)
STRANGER_SEEING_OTHERS = Viewer.of_user_ids("a stranger", [], sees_others_updates=True)
UNKNOWN_MESSAGE_ID = UUID(int=1)
BRAVOS_ID = RequestId(BRAVO_ID, DCC_ID, 7_777_777)

Period = tuple[Eui64 | None, bool, datetime | None]


def periods(viewer: Viewer = DCC, device_id: Eui64 = METER) -> list[Period] | None:
    """Return (supplier, is it a change, since when), latest first; None if nothing is shown."""
    found = find_inventory(viewer, device_id)
    if found is None:
        return None
    return [(each.supplier, each.is_change, each.source.learnt_at) for each in found.suppliers]


# Since when.


def test_suppliers_are_dated_whatever_the_order_of_the_imports() -> None:
    statements = [(None, CHARLIE_ID), (at(1), ALPHA_ID), (at(2), BRAVO_ID), (at(3), ALPHA_ID)]
    orders = list(permutations(statements))
    devices = [Eui64(METER + number) for number in range(len(orders))]
    for device_id, order in zip(devices, orders, strict=True):
        for learnt_at, supplier in order:
            imported(device_id, learnt_at=learnt_at, responsible_supplier=supplier)

    expected = [(supplier, False, learnt_at) for learnt_at, supplier in reversed(statements)]
    assert all(periods(device_id=device_id) == expected for device_id in devices)


@given(
    st.lists(
        st.tuples(st.none() | st.integers(0, 3).map(at), st.sampled_from([ALPHA_ID, BRAVO_ID])),
        min_size=1,
        max_size=7,
    )
)
@settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_of_each_time_the_word_imported_last_counts(
    statements: list[tuple[datetime | None, Eui64]],
) -> None:
    with pool().connection() as connection:
        for table in ("device", "recorded_inventory_statement"):
            connection.execute(f"DELETE FROM {table}".encode())
    for learnt_at, supplier in statements:
        imported(learnt_at=learnt_at, responsible_supplier=supplier)

    latest = dict(statements)
    timed = sorted((each for each in latest if each is not None), reverse=True)
    in_order = [*timed, *([None] if None in latest else [])]
    assert periods() == [(latest[learnt_at], False, learnt_at) for learnt_at in in_order]


def test_importing_again_adds_no_period() -> None:
    for _ in range(2):
        for minutes, supplier in ((1, ALPHA_ID), (2, BRAVO_ID)):
            imported(learnt_at=at(minutes), responsible_supplier=supplier)

    assert periods() == [(BRAVO_ID, False, at(2)), (ALPHA_ID, False, at(1))]


def test_imports_and_messages_at_the_same_time_lose_no_word() -> None:
    writers = 6
    start = Barrier(writers)

    def write(number: int) -> None:
        start.wait()
        for device_id in METERS:
            imported(device_id, learnt_at=at(number), responsible_supplier=ALPHA_ID)
            take(inventory(at(number), device_id, model="M1"))

    with ThreadPoolExecutor(writers) as threads:
        list(threads.map(write, range(writers)))

    expected = [(ALPHA_ID, False, at(number)) for number in reversed(range(writers))]
    assert [periods(device_id=device_id) for device_id in METERS] == [expected] * len(METERS)


def test_a_change_of_supplier_says_that_it_changed_and_not_to_whom() -> None:
    imported(learnt_at=at(1), responsible_supplier=ALPHA_ID)
    change = supplier_change(at(2))
    take(change)

    expected = [(None, True, at(2)), (ALPHA_ID, False, at(1))]
    assert periods(DCC) == periods(ALPHA) == expected
    found = find_inventory(DCC, METER)
    assert found is not None
    assert found.suppliers[0].source.kind is MessageKind.CHANGE_OF_SUPPLIER
    assert found.suppliers[0].source.message_id == change.message_id

    imported(learnt_at=at(3), responsible_supplier=BRAVO_ID)
    assert periods(DCC) == [(BRAVO_ID, False, at(3)), *expected]


def test_of_a_change_that_another_party_was_told_the_day_is_shown() -> None:
    take(
        request(BRAVOS_ID, sent_at=at(0)),
        answer(BRAVOS_ID, answered_at=at(1)),
        inventory(at(2), responsible_supplier=BRAVO_ID),
        supplier_change(at(73), user_id=ALPHA_ID),
    )
    shown = {}
    for viewer in (BRAVO, DCC):
        page = open_device_page(viewer, METER)
        assert page is not None
        shown[viewer.name] = (
            page.found.device.supplier_changed_at,
            "10:13" in repr(page.found.diagnoses[BRAVOS_ID]),
        )
    assert shown == {BRAVO.name: (start_of_day(at(73)), False), DCC.name: (at(73), True)}


def test_a_change_told_twice_is_one_change() -> None:
    change = supplier_change(at(2))
    take(change, change)
    take(change)

    assert periods(DCC) == [(None, True, at(2))]


def test_only_dcc_and_the_present_supplier_see_who_was_it_when_and_it_only_itself() -> None:
    take(inventory(at(0), model="M1"))  # described to Alpha
    for minutes, supplier in ((1, ALPHA_ID), (2, CHARLIE_ID), (3, BRAVO_ID)):
        imported(learnt_at=at(minutes), responsible_supplier=supplier)

    assert {viewer.name: periods(viewer) for viewer in VIEWERS} == {
        DCC.name: [(BRAVO_ID, False, at(3)), (CHARLIE_ID, False, at(2)), (ALPHA_ID, False, at(1))],
        BRAVO.name: [(BRAVO_ID, False, at(3)), (None, False, at(2)), (None, False, at(1))],
        ALPHA.name: [],
        STRANGER.name: None,
    }


def test_check_finds_a_change_of_supplier_apart_from_its_message() -> None:
    change = supplier_change(at(2))
    take(change)
    imported(learnt_at=at(1), responsible_supplier=ALPHA_ID)
    imported(learnt_at=at(3), responsible_supplier=BRAVO_ID)
    assert disagreements() == []

    with pool().connection() as connection:
        connection.execute(
            "UPDATE recorded_supplier_change SET message_id = %s WHERE message_id = %s",
            (UNKNOWN_MESSAGE_ID, change.message_id),
        )
    assert [(each.kind, each.device_id, each.message_id) for each in disagreements()] == [
        (DisagreementKind.FACT_WITHOUT_MESSAGE, METER, UNKNOWN_MESSAGE_ID),
        (DisagreementKind.MESSAGE_WITHOUT_FACTS, None, change.message_id),
    ]


# Others' updates.


def leaves(value: object) -> Iterator[object]:
    """Yield every plain value that an answer holds, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.items():
            yield from leaves(item)
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def bravo_updates_a_meter_that_becomes_alphas() -> list[object]:
    """Take it all in, and return what would give Bravo away."""
    messages = [
        request(BRAVOS_ID, sent_at=at(0), image_hash=IMAGE_HASH),
        answer(BRAVOS_ID, answered_at=at(1)),
        step(Status.SENT_TO_CSP, at(2), request_id=BRAVOS_ID),
        reported(Status.TRANSFERRED_TO_DEVICE, at(3), request_id=BRAVOS_ID, user_id=BRAVO_ID),
        reported(Status.VERIFIED, at(4), request_id=None, image_hash=IMAGE_HASH, user_id=BRAVO_ID),
        activation(ActivationStep.REQUESTED, at(5), originator=BRAVO_ID, counter=8_888_888),
        activation(
            ActivationStep.ANSWERED,
            at(6),
            originator=BRAVO_ID,
            counter=8_888_888,
            version=VERSION,
        ),
    ]
    take(*messages)
    imported(learnt_at=at(0), responsible_supplier=BRAVO_ID)
    imported(learnt_at=at(7), responsible_supplier=ALPHA_ID)
    private = [BRAVO_ID, BRAVOS_ID.counter, 8_888_888, IMAGE_HASH]
    return [*private, *(message.message_id for message in messages)]


def test_the_new_supplier_sees_how_far_anothers_update_is_if_the_operator_shows_it() -> None:
    bravo_updates_a_meter_that_becomes_alphas()

    found = find_device(ALPHA_SEEING_OTHERS, METER)

    assert found is not None
    assert (found.distributions, found.other_activations, found.unattributed) == ((), (), ())
    (update,) = found.others_updates
    assert update == OthersUpdate(
        variant=update.variant,
        firmware_version=VERSION,
        submitted_at=at(0),
        status=Status.VERIFIED,
        updated_at=at(4),
        steps=(
            OthersStep(status=Status.VERIFIED, occurred_at=at(4)),
            OthersStep(status=Status.TRANSFERRED_TO_DEVICE, occurred_at=at(3)),
            OthersStep(status=Status.SENT_TO_CSP, occurred_at=at(2)),
            OthersStep(status=Status.ACCEPTED, occurred_at=at(1)),
            OthersStep(status=Status.RECEIVED, occurred_at=at(0)),
        ),
    )
    assert update.completion is CompletionStatus.SUCCESSFUL


@pytest.mark.parametrize("viewer", [ALPHA, ALPHA_SEEING_OTHERS])
def test_nothing_in_an_answer_gives_the_other_party_away(viewer: Viewer) -> None:
    private = bravo_updates_a_meter_that_becomes_alphas()
    take(request(sent_at=at(8), image_hash=OTHER_IMAGE_HASH), answer(answered_at=at(9)))

    device = find_device(viewer, METER)
    assert device is not None
    assert [each.distribution.request_id for each in device.distributions] == [REQUEST_ID]
    assert [value for value in leaves(device) if value in private] == []
    read = find_inventory(viewer, METER)
    assert read is not None
    assert [value for value in leaves(read) if value in private] == []
    from_bravo = (read.sources["firmware_version"], read.sources["comms_hub_id"])
    assert all(source.is_anothers for source in from_bravo)
    # The walk does find them where they are shown.
    assert set(private) <= set(leaves(find_device(DCC, METER))) | {BRAVO_ID}


def test_without_the_setting_or_the_supply_no_update_of_others_is_shown() -> None:
    bravo_updates_a_meter_that_becomes_alphas()

    for viewer in (ALPHA, BRAVO, DCC):
        found = find_device(viewer, METER)
        assert found is not None
        assert found.others_updates == ()
    for viewer in (STRANGER, STRANGER_SEEING_OTHERS):
        assert find_device(viewer, METER) is None
        assert find_inventory(viewer, METER) is None

    imported(learnt_at=at(9), responsible_supplier=CHARLIE_ID)
    assert find_device(ALPHA_SEEING_OTHERS, METER) is None


def test_an_update_that_dcc_did_not_take_on_is_nobody_elses_business() -> None:
    take(request(BRAVOS_ID, sent_at=at(0)), inventory(at(0), model="M1"))
    imported(learnt_at=at(0), responsible_supplier=ALPHA_ID)

    def others() -> int:
        found = find_device(ALPHA_SEEING_OTHERS, METER)
        assert found is not None
        return len(found.others_updates)

    assert others() == 0
    take(answer(BRAVOS_ID, answered_at=at(1), refused=[METER]))
    assert others() == 0
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), request_id=BRAVOS_ID, user_id=BRAVO_ID))
    assert others() == 1
