"""Whatever a party can be told of has a name of its own."""

from firmtrack.domain.topics import ENDPOINT_DISABLED, TEST, TOPICS
from firmtrack.presentation.topics import TOPIC_NAMES


def test_every_topic_has_a_name_and_no_two_the_same() -> None:
    assert set(TOPIC_NAMES) == {topic.name for topic in TOPICS} | {ENDPOINT_DISABLED, TEST}
    assert len(set(TOPIC_NAMES.values())) == len(TOPIC_NAMES)
