"""The one root of every error that Firmtrack raises on purpose."""

from inspect import cleandoc


class FirmtrackError(Exception):
    """Something that Firmtrack expected might go wrong went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or cleandoc(type(self).__doc__ or type(self).__name__))
