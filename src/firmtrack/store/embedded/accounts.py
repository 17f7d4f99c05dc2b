"""As whom PostgreSQL runs. It refuses to run as root, and root is often who starts it.

For root, the ways are tried in the order of ``_ROOT_WAYS``; decision record 002 has the reasons.
"""

import grp
import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_NOBODY = 65534
_FREE_GROUPS = range(30_000, 60_000)  # login.defs' range for people; far above where it begins
_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""Nothing of the caller's: PGDATA, PGPORT and the like would reach the server."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One way to run PostgreSQL's programs.

    ``prefix`` comes before the program. ``user`` and ``group`` are what the process is changed to
    before that, None for no change. ``owner`` and ``owner_group`` own the data directory.
    ``directory_mode`` is that of the directory around it.
    """

    name: str
    owner: int
    owner_group: int
    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None
    directory_mode: int = 0o700

    def start(
        self,
        command: Sequence[str],
        *,
        output: int | IO[bytes],
        input_from: int = subprocess.DEVNULL,
        inherited: Sequence[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Return the program, started in a session of its own. Raises OSError if it cannot be."""
        return subprocess.Popen(
            [*self.prefix, *command],
            stdin=input_from,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=inherited,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            user=self.user,
            group=self.group,
            extra_groups=None if self.user is None else [],
            umask=0o077,
        )

    def owned(self, path: Path) -> None:
        """Give ``path``, which is ours, to the data's owner."""
        if os.geteuid() == 0:
            os.chown(path, self.owner, self.owner_group, follow_symlinks=False)


def possible_accounts(directory: Path, data: Path) -> tuple[Account, ...]:
    """Return the ways to run a server for ``directory``, the preferred first.

    ``data``, if it exists, must go on with an account that owns it.
    """
    accounts = _ordinary_accounts() if os.geteuid() else _root_accounts(directory.stat())
    if not data.exists():
        return accounts
    owner = data.stat().st_uid
    return tuple(account for account in accounts if account.owner == owner)


def _ordinary_accounts() -> tuple[Account, ...]:
    me, group = os.geteuid(), os.getegid()
    return (
        Account(name=f"as user {me}", owner=me, owner_group=group),
        *_namespace_account(me, group),
    )


def _root_accounts(directory: os.stat_result) -> tuple[Account, ...]:
    return tuple(account for way in _ROOT_WAYS for account in way(directory))


def _as_server(directory: os.stat_result) -> Account:
    """Return who serves a directory that root opens: its owner, or else nobody."""
    user = directory.st_uid
    if user:
        return Account(
            name=f"as user {user}",
            owner=user,
            owner_group=directory.st_gid,
            user=user,
            group=directory.st_gid,
        )
    group = _group_of(directory)
    return Account(
        name=f"as user {_NOBODY} (nobody)",
        owner=_NOBODY,
        owner_group=group,
        user=_NOBODY,
        group=group,
        directory_mode=0o710,
    )


def _group_of(directory: os.stat_result) -> int:
    """Return the group that only this directory's server has, so that no other nobody gets in."""
    if stat.S_IMODE(directory.st_mode) == 0o710 and directory.st_gid in _FREE_GROUPS:
        return directory.st_gid
    taken = {entry.gr_gid for entry in grp.getgrall()}
    return secrets.choice([group for group in _FREE_GROUPS if group not in taken])


def _plain(directory: os.stat_result) -> tuple[Account, ...]:
    return (_as_server(directory),)


def _with_capability(capability: str) -> Callable[[os.stat_result], tuple[Account, ...]]:
    def way(directory: os.stat_result) -> tuple[Account, ...]:
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            return ()
        plain = _as_server(directory)
        prefix = (
            setpriv,
            f"--reuid={plain.user}",
            f"--regid={plain.group}",
            "--clear-groups",
            "--securebits=+no_setuid_fixup",  # access(2), which PostgreSQL asks, minds them too
            f"--inh-caps=-all,+{capability}",
            f"--ambient-caps=-all,+{capability}",
            f"--bounding-set=-all,+{capability}",
            "--no-new-privs",
            "--",
        )
        return (
            Account(
                name=f"{plain.name} with {capability}",
                owner=plain.owner,
                owner_group=plain.owner_group,
                prefix=prefix,
                directory_mode=plain.directory_mode,
            ),
        )

    return way


def _in_namespace(directory: os.stat_result) -> tuple[Account, ...]:
    return () if directory.st_uid else _namespace_account(0, 0)


def _namespace_account(owner: int, group: int) -> tuple[Account, ...]:
    """Return the account that is ``owner`` outside and a user with a name inside a namespace."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    try:
        inside = pwd.getpwnam("nobody").pw_uid
    except KeyError:
        return ()
    prefix = (unshare, "--user", f"--map-user={inside}", f"--map-group={inside}", "--")
    return (
        Account(
            name=f"as user {owner} in a user namespace",
            owner=owner,
            owner_group=group,
            prefix=prefix,
        ),
    )


_ROOT_WAYS: tuple[Callable[[os.stat_result], tuple[Account, ...]], ...] = (
    _plain,
    _with_capability("dac_read_search"),
    _with_capability("dac_override"),
    _in_namespace,
)
