"""Few calls, and each device's changes in their order."""

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.notices.grouping import DEVICES_PER_CALL, Change, Matter, grouped

ALPHA = Eui64.parse("90-B3-D5-1F-30-01-00-00")
REQUEST = RequestId(ALPHA, Eui64(2), 1)
MORNING = datetime(2026, 3, 1, 9, tzinfo=UTC)


def matter(topic: str = "distribution.delivered_to_comms_hub") -> Matter:
    return Matter(ALPHA, topic, None, REQUEST, "0A0B0C0D", "{}", is_from_alert=False)


def change(topic: str, minute: int, *devices: int) -> Change:
    ids = tuple(map(Eui64, devices))
    return Change(matter(topic), MORNING + timedelta(minutes=minute), ids, len(ids))


def whole(topic: str, minute: int) -> Change:
    return Change(matter(topic), MORNING + timedelta(minutes=minute), None, 50_000)


def test_a_request_of_50_000_devices_that_come_one_by_one_is_50_calls() -> None:
    groups = grouped(change("a", 1, number) for number in range(50_000))

    assert [group.device_count for group in groups] == [DEVICES_PER_CALL] * 50


def test_word_about_a_whole_request_is_one_call_between_what_was_before_and_after() -> None:
    groups = grouped([change("a", 1, 1), whole("b", 2), change("a", 3, 2)])

    assert [(group.matter.topic, group.device_count) for group in groups] == [
        ("a", 1),
        ("b", 50_000),
        ("a", 1),
    ]
    assert groups[1].devices is None


def test_a_call_tells_the_time_of_each_device_and_the_latest() -> None:
    (group,) = grouped([change("a", 5, 1), change("a", 2, 2)])

    assert group.devices == {
        Eui64(1): MORNING + timedelta(minutes=5),
        Eui64(2): MORNING + timedelta(minutes=2),
    }
    assert group.occurred_at == MORNING + timedelta(minutes=5)


changes = st.lists(
    st.builds(
        change,
        st.sampled_from("abc"),
        st.integers(0, 9),
        st.integers(0, 4),
    )
    | st.builds(whole, st.sampled_from("abc"), st.integers(0, 9)),
    max_size=40,
)


@given(changes, st.integers(1, 3))
def test_all_is_told_once_and_each_devices_changes_in_their_order(
    history: list[Change], devices_per_call: int
) -> None:
    groups = grouped(history, devices_per_call=devices_per_call)

    heard: dict[int | None, list[str]] = defaultdict(list)
    for group in groups:
        assert group.devices is None or len(group.devices) <= devices_per_call
        assert group.devices is None or len(group.devices) == group.device_count
        for device_id in _heard_by(group.devices):
            heard[device_id].append(group.matter.topic)
    said: dict[int | None, list[str]] = defaultdict(list)
    for each in history:
        for device_id in _heard_by(each.device_ids):
            said[device_id].append(each.matter.topic)
    assert {device: Counter(topics) for device, topics in heard.items()} == {
        device: Counter(topics) for device, topics in said.items()
    }
    assert heard == said


def _heard_by(devices: object) -> list[int | None]:
    """Return who hears it; word about the whole request, every device and None."""
    if devices is None:
        return [None, *range(5)]
    assert isinstance(devices, dict | tuple)
    return list(devices)
