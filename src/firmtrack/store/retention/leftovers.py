"""What is of no use once its time is over, and would otherwise be left."""

from firmtrack.answers.pruning import What
from firmtrack.store.retention.ends import Ending

OF_FACTS = (
    # A withdrawal itself stays: without it what the inventory holds of its message would count.
    Ending(
        what=What.CAME_AGAIN,
        table="withdrawn_again",
        asked="""
            SELECT coalesce(array_agg(message_id), '{}') AS known
            FROM message
            WHERE message_id = ANY (ARRAY(SELECT message_id FROM withdrawn_again))
        """,
        condition="t.recorded_at < %(before)s AND t.message_id <> ALL (%(known)s::uuid[])",
    ),
    Ending(
        what=What.STALLS,
        table="stalled_distribution",
        asked="""
            SELECT coalesce(array_agg(device_id), '{}') AS devices,
                coalesce(array_agg(request_key), '{}') AS requests
            FROM distribution
            WHERE device_id = ANY (ARRAY(
                SELECT device_id FROM stalled_distribution WHERE found_at < %(before)s
            ))
        """,
        condition="""
            t.found_at < %(before)s
            AND (t.device_id, t.request_key) NOT IN (
                SELECT * FROM unnest(%(devices)s::bigint[], %(requests)s::bigint[])
            )
        """,
    ),
)
"""Of updates and messages that are gone."""

OF_SIGN_INS = (
    Ending(
        what=What.SESSIONS,
        table="django_session",
        condition="t.expire_date < now()",
    ),
    Ending(
        what=What.SESSIONS,
        table="usersessions_usersession",
        condition="NOT EXISTS"
        " (SELECT FROM django_session AS s WHERE s.session_key = t.session_key)",
    ),
    Ending(
        what=What.ATTEMPTS,
        table="web_signinattempt",
        condition="t.tried_at < now() - interval '1 day'",
    ),
)
"""Of those who signed in, or tried to; signing in forgets them, too."""
