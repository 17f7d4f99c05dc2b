"""Who may see, as SQL: the one place where a statement names a viewer.

A statement asks by a mark, such as ``{sees:c.originator}``, of a column or other expression; the
viewer comes in the parameters that ``asked_by`` returns. The rule in Python:
firmtrack.domain.seeing.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache

from firmtrack.domain.viewer import Viewer
from firmtrack.store import statements
from firmtrack.store.numbers import to_bigint

_IS_VIEWERS = "{0} = ANY (%(user_ids)s::bigint[])"

_RULES: Mapping[str, str] = {
    # The viewer may see what this User sent: a request by its originator.
    "sees": f"(%(sees_all)s OR {_IS_VIEWERS})",
    # The User IDs of the viewer, one a row, to look for what each of them sent.
    "each_own": "unnest(%(user_ids)s::bigint[]) AS {0} (user_id)",
    # The viewer sees all of these, whosever they are.
    "sees_every": "%(sees_all)s",
    # What was sent to this User was sent to the viewer itself.
    "is_sent_to_viewer": f"coalesce({_IS_VIEWERS}, false)",
    # What was sent to this User was sent to another party: null is nobody, and no party.
    "is_anothers": f"({{0}} IS NOT NULL AND NOT (%(sees_all)s OR {_IS_VIEWERS}))",
    # The viewer may see what is this party's: the party it is of, though it may have no User ID
    # left, or the one for which an operator looks.
    "sees_of_party": (
        "(%(sees_all)s"
        " OR {0} IN (SELECT id FROM accounts_party WHERE name = %(party)s)"
        " OR {0} IN (SELECT party_id FROM accounts_partyuserid"
        " WHERE user_id = ANY (%(user_id_texts)s::text[])))"
    ),
    # This is the viewer's own party.
    "is_own": "{0} = %(party)s",
    # This party's audit is the viewer's to read.
    "is_of_viewers_party": "(%(sees_all)s OR {0} = %(party)s)",
}
_MARK = re.compile(r"\{(" + "|".join(_RULES) + r"):([a-z_.]+)\}")


def statements_in(package: str) -> Callable[[str], bytes]:
    """Return what returns the text of ``NAME.sql`` in ``package``, its marks filled in."""
    statement = statements.statements_in(package)

    @cache
    def seen(name: str) -> bytes:
        return filled(statement(name).decode()).encode()

    return seen


def filled(text: str) -> str:
    """Return a statement in which each mark has become the condition that it stands for."""
    return _MARK.sub(lambda mark: _RULES[mark[1]].format(mark[2]), text)


def asked_by(viewer: Viewer) -> dict[str, object]:
    """Return the parameters that the conditions need."""
    user_ids = sorted(viewer.user_ids)
    return {
        "sees_all": viewer.sees_all,
        "party": viewer.party,
        "user_ids": [to_bigint(user_id) for user_id in user_ids],
        "user_id_texts": [str(user_id) for user_id in user_ids],
    }
