"""Statements about updates and the known causes that each of them has."""

from firmtrack.notices import statement
from firmtrack.store.reports.cause_counting import profiles_of

_ELIGIBLE = """
    SELECT c.device_id, c.request_key, c.submitted_at, c.firmware_version, u.status, u.reason,
        u.part
    FROM eligible AS u
    JOIN current_distribution AS c ON c.device_id = u.device_id AND c.request_key = u.request_key
"""


def with_causes(name: str) -> bytes:
    """Return the statement, in which ``{updates_with_causes}`` is what makes ``with_cause``.

    Of the updates in its part ``updates``, with the party and how fresh a cause must be as it asks;
    ``part`` is what tells an update's rows from others'.
    """
    text = statement("updates_with_causes").decode()
    made = text.replace("{profiles}", profiles_of(_ELIGIBLE, None))
    return statement(name).replace(b"{updates_with_causes}", made.encode())
