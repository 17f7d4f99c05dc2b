"""Files that are there whole or not at all."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, blocks: Iterable[bytes]) -> None:
    """Write the blocks to a file that is under its name only once it is whole.

    Until then, and if anything fails, what had the name stays as it was. What is no regular file,
    such as a pipe, is written as it is. Raises OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as there:
            there.writelines(blocks)
        return
    target = Path(os.path.realpath(path))  # a link stays one
    unfinished = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with unfinished.open("xb") as file:
            file.writelines(blocks)
        unfinished.replace(target)
    except BaseException:  # an interruption, too
        with suppress(OSError):
            unfinished.unlink()
        raise
