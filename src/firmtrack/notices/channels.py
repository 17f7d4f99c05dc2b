"""The table of channels: whoever needs to know one asks here."""

from collections.abc import Mapping

from firmtrack.errors import FirmtrackError
from firmtrack.notices.channel import Channel, ChannelWords
from firmtrack.notices.duis_alerts import DUIS_ALERTS
from firmtrack.notices.email_digest import EMAIL_DIGEST
from firmtrack.notices.watch_mail import WATCH_MAIL
from firmtrack.notices.webhook import WEBHOOK

CHANNELS: Mapping[str, Channel] = {
    each.name: each for each in (WEBHOOK, DUIS_ALERTS, EMAIL_DIGEST, WATCH_MAIL)
}
"""By their names, in the order in which people choose among them."""

_OF_PARTIES = tuple(name for name, channel in CHANNELS.items() if not channel.is_of_people)


class UnknownChannel(FirmtrackError):
    """A channel by which no notices are sent."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no channel {name[:60]!r}. Channels: {', '.join(_OF_PARTIES)}.")


def channel_named(name: str) -> Channel:
    """Return the channel of this name, by which a party may be notified. Raises UnknownChannel."""
    if name not in _OF_PARTIES:
        raise UnknownChannel(name)
    return CHANNELS[name]


def channel_of(name: str) -> Channel | None:
    """Return the channel of an endpoint, None if only a newer Firmtrack knows it.

    Processes of two versions may share a database. An endpoint of such a channel is left alone: its
    notices are neither composed nor sent here, and wait for a process that knows how; people are
    shown the channel's name as it is.
    """
    return CHANNELS.get(name)


def words_of(name: str) -> ChannelWords:
    """Return what people read of an endpoint's channel: its name, where no more is known of it."""
    channel = channel_of(name)
    if channel is None:
        return ChannelWords(title=name, in_sentence=name, hint="", example="")
    return channel.words


def open_channels() -> tuple[Channel, ...]:
    """Return the channels of parties that this installation is set up for, a webhook first."""
    return tuple(CHANNELS[name] for name in _OF_PARTIES if CHANNELS[name].is_open)
