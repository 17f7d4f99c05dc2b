"""Who hands messages in, as it is kept beside each message."""

from typing import NamedTuple


class Submission(NamedTuple):
    """Who hands messages in: a party's name or ``operator``; the ending of the token, if by one."""

    submitter: str
    token: str | None = None


OPERATOR = Submission("operator")
