"""Each channel is told apart from the others, by people and by the database."""

import pytest

from firmtrack.notices.channels import CHANNELS, UnknownChannel, channel_named


def test_every_channel_has_words_of_its_own() -> None:
    words = [channel.words for channel in CHANNELS.values()]

    for told_apart in ("title", "in_sentence", "hint"):
        assert len({getattr(each, told_apart) for each in words}) == len(CHANNELS)


def test_a_channel_is_found_by_its_name_and_an_unknown_one_is_answered_with_the_list() -> None:
    of_parties = [name for name, channel in CHANNELS.items() if not channel.is_of_people]
    assert [channel_named(name).name for name in of_parties] == of_parties
    with pytest.raises(UnknownChannel, match="Channels: webhook, duis, email"):
        channel_named("watch-email")  # no party adds one

    with pytest.raises(
        UnknownChannel, match=r"no channel 'pigeon'\. Channels: webhook, duis, email"
    ):
        channel_named("pigeon")
