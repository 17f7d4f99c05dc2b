"""A party's endpoints that notices can go to from here."""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.notices import statement
from firmtrack.notices.channel import Channel
from firmtrack.notices.channels import channel_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEndpoint:
    """An endpoint that is on, and the topics that its owner chose."""

    endpoint_id: int
    channel: Channel
    topics: Sequence[str]


def open_endpoints(connection: Connection[TupleRow], party_id: int) -> list[OpenEndpoint]:
    """Return the party's endpoints that are on and whose channel is known, in order of making."""
    rows = connection.execute(statement("open_endpoints"), (party_id,)).fetchall()
    return [
        OpenEndpoint(endpoint_id=endpoint_id, channel=channel, topics=topics)
        for endpoint_id, name, topics in rows
        if (channel := channel_of(name)) is not None
    ]
