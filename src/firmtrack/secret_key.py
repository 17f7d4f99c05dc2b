"""The secret key that is made once and kept in the data directory, where the settings name none."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from firmtrack.environment import BadSetting


def kept_secret_key(data_dir: Path) -> str:
    """Return the secret key in the data directory, made at first need and readable by us alone.

    Raises BadSetting.
    """
    path = data_dir / "secret-key"
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        place = error.filename or data_dir
        raise BadSetting(
            "FIRMTRACK_DATA_DIR",
            f"the secret key cannot be kept in {data_dir}: {error.strerror} ({place}).",
        ) from None
    if not key.strip() or not key.isascii():
        raise BadSetting(
            "FIRMTRACK_DATA_DIR",
            f"{path} holds no secret key. Put back the one that it held, or remove the file: then "
            "a new one is made, people must sign in again, and secrets of webhooks be made anew.",
        )
    return key.decode("ascii")


def _make(path: Path) -> None:
    """Make the file whole or not at all, whatever ends this process or the machine."""
    fresh = path.with_name(f".secret-key-{os.getpid()}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        with suppress(
            FileExistsError
        ):  # another process made it in this very moment: theirs counts
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
