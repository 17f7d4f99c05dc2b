"""Which LibreOffice opens the spreadsheets in the tests."""

import os
import shutil
import sys

_NAMES = ("soffice", "libreoffice", "localc")


def find_libreoffice() -> str | None:
    """Return the path of a LibreOffice, None if there is none.

    ``LIBREOFFICE`` names it, else the system's is taken.
    """
    named = os.environ.get("LIBREOFFICE")
    installed = (shutil.which(name) for name in ([named] if named else _NAMES))
    return next((path for path in installed if path is not None), None)


if __name__ == "__main__":
    sys.exit(None if find_libreoffice() else f"There is no LibreOffice: see {__file__}.")
