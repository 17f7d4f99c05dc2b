"""Whatever a party can be told of has a name of its own."""

from firmtrack.domain.topics import ENDPOINT_DISABLED, TEST, TOPICS, WATCH_TOPICS
from firmtrack.presentation.topics import TOPIC_NAMES, topic_name


def test_every_topic_has_a_name_and_no_two_the_same() -> None:
    chosen = {topic.name for topic in TOPICS}
    assert set(TOPIC_NAMES) == chosen | {*WATCH_TOPICS, ENDPOINT_DISABLED, TEST}
    assert len(set(TOPIC_NAMES.values())) == len(TOPIC_NAMES)


def test_a_topic_of_a_newer_firmtrack_is_shown_as_it_is() -> None:
    assert topic_name(TEST) == "Test"
    assert topic_name("recall.begun") == "recall.begun"
