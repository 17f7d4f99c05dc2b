"""The forms of endpoints: by which channel, where, and of what a party is notified."""

from typing import Any

from django import forms

from firmtrack.domain.topics import DEFAULT_TOPICS, TOPICS
from firmtrack.notices.channels import open_channels
from firmtrack.presentation.topics import TOPIC_NAMES

_NO_CHANNEL = "Select how notices are to be sent"
_NO_TOPICS = "Select what to tell you about"
_UNKNOWN_TOPIC = "Select only what is on the list"


class TopicsForm(forms.Form):
    """What an endpoint is notified of: at least one topic."""

    topics = forms.MultipleChoiceField(
        choices=[(topic.name, TOPIC_NAMES[topic.name]) for topic in TOPICS],
        initial=DEFAULT_TOPICS,
        error_messages={"required": _NO_TOPICS, "invalid_choice": _UNKNOWN_TOPIC},
    )


class EndpointForm(TopicsForm):
    """A new endpoint; only the channels that the installation is set up for can be chosen."""

    channel = forms.ChoiceField(
        initial="webhook",
        error_messages={"required": _NO_CHANNEL, "invalid_choice": _NO_CHANNEL},
    )
    address = forms.CharField(error_messages={"required": "Enter an address"})

    field_order = ("channel", "address", "topics")  # errors are listed as the page is read

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.fields["channel"]
        assert isinstance(channel, forms.ChoiceField)
        channel.choices = [(each.name, each.words.title) for each in open_channels()]
