"""What a process that serves says of itself, and that it needs no database to be there."""

import socket
import subprocess
import sys

import pytest
from asgiref.typing import HTTPScope

from firmtrack.wsgi import body_bytes_of
from tests.journeys.processes import environment

_MEBIBYTE = 1 << 20
_TOKEN = b"ft_" + b"x" * 48


def scope_of(path: bytes, authorization: bytes | None = None) -> HTTPScope:
    headers = [] if authorization is None else [(b"authorization", authorization)]
    return {"type": "http", "raw_path": path, "headers": headers}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("path", "authorization", "size_bytes"),
    [
        (b"/api/v1/messages", b"Bearer " + _TOKEN, 32 * _MEBIBYTE),
        (b"/api/v1/messages", b"bearer " + _TOKEN, 32 * _MEBIBYTE),
        (b"/api/v1/messages", None, 65_536),
        (b"/api/v1/messages", b"Bearer x", 65_536),
        (b"/api/v1/messages", b"Bearer " + _TOKEN + b"x", 65_536),
        (b"/api/v1/messages", b"Basic " + _TOKEN, 65_536),
        (b"/sign-in", None, _MEBIBYTE),
        (b"/sign-in", b"Bearer " + _TOKEN, _MEBIBYTE),
    ],
)
def test_a_large_body_is_read_only_of_who_seems_to_have_a_token(
    path: bytes, authorization: bytes | None, size_bytes: int
) -> None:
    assert body_bytes_of(scope_of(path, authorization)) == size_bytes


def test_to_import_what_serves_opens_no_database() -> None:
    with socket.create_server(("127.0.0.1", 0)) as database:
        port = database.getsockname()[1]
        subprocess.run(
            [sys.executable, "-c", "import firmtrack.wsgi"],
            env=environment(DATABASE_URL=f"postgresql://127.0.0.1:{port}/firmtrack"),
            check=True,
        )
        database.setblocking(False)
        with pytest.raises(BlockingIOError):
            database.accept()
