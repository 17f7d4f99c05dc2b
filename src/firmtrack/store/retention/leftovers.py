"""What is of no use once its time is over, and would otherwise be left."""

from firmtrack.answers.pruning import What
from firmtrack.store.retention.ends import Ending

OF_FACTS = (
    # A withdrawal itself stays: without it what the inventory holds of its message would count.
    Ending(
        what=What.CAME_AGAIN,
        table="withdrawn_again",
        condition="t.recorded_at < %(before)s"
        " AND NOT EXISTS (SELECT FROM message AS m WHERE m.message_id = t.message_id)",
    ),
    Ending(
        what=What.STALLS,
        table="stalled_distribution",
        condition="""
            t.found_at < %(before)s
            AND NOT EXISTS (
                SELECT FROM distribution AS d
                WHERE d.device_id = t.device_id AND d.request_key = t.request_key
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
