"""File locks that the kernel lets go of when their holders die, however they die.

They are flock(2) locks: they belong to the open file, so a process that inherits the descriptor
holds the lock too. That tells a living server from what a dead one left behind.
"""

import fcntl
import os
import stat
from pathlib import Path

_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def open_lock(path: Path) -> int:
    """Return a descriptor of the lock file, made at first need, owned as its directory is."""
    descriptor = os.open(path, _OPEN, 0o600)
    owner = path.parent.stat().st_uid
    if os.geteuid() == 0 and os.fstat(descriptor).st_uid != owner:
        os.fchown(descriptor, owner, -1)
    return descriptor


def try_lock(descriptor: int, *, shared: bool) -> bool:
    """Take the lock if that is possible at once, and return whether it was."""
    kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_locked(path: Path) -> bool:
    """Return whether any process holds the lock exclusively."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        return not try_lock(descriptor, shared=True)
    finally:
        os.close(descriptor)


def is_private(path: Path, owner: int) -> bool:
    """Return whether ``path`` is a directory of ``owner`` that others cannot read or write."""
    try:
        facts = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == owner and not facts.st_mode & 0o067
