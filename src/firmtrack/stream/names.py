"""What the stream, its subjects and headers are called, and how many messages go together."""

STREAM = "FIRMTRACK"
DUIS_SUBJECT = "firmtrack.messages.duis"
REPORT_SUBJECT = "firmtrack.messages.report"
SUBJECTS = "firmtrack.messages.>"
"""What the stream takes: also what no worker can read, so that it ends in quarantine, not lost."""

CONSUMER = "firmtrack-worker"
"""The one durable consumer, which all workers share."""

BODIES = "FIRMTRACK_BODIES"
"""The object store of bodies that are larger than the servers take as one message."""

TIME_HEADER = "ce-time"
"""When DCC received or sent the message, as in HTTP."""

OBJECT_HEADER = "firmtrack-object"
"""The name of the object that is the body; then the message itself is empty."""

SUBMITTER_HEADER = "firmtrack-submitter"
"""The party that handed the message in to the API, percent-encoded; set by the API alone."""

TOKEN_HEADER = "firmtrack-token"  # noqa: S105  # a name
"""The ending of the token by which it did, percent-encoded."""

MESSAGE_ID_HEADER = "firmtrack-message-id"
"""The ID that the API answered with."""

DUPLICATE_HEADER = "Nats-Msg-Id"
"""By which the stream itself passes over what was handed over twice within a short time."""

BATCH_MESSAGES = 2_000
"""So many messages share a transaction, if as many wait."""
