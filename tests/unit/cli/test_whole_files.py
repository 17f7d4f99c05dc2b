"""A file is under its name only once it is whole."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from firmtrack.cli.whole_files import write_whole


def broken_off() -> Iterator[bytes]:
    yield b"half"
    raise KeyboardInterrupt


def test_a_file_that_is_not_finished_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "request.csv"
    path.write_bytes(b"before")

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, broken_off())

    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["request.csv"]


def test_a_whole_file_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "request.csv"
    path.write_bytes(b"before")
    (tmp_path / "link.csv").symlink_to(path)

    write_whole(tmp_path / "link.csv", [b"whole", b" file"])

    assert path.read_bytes() == b"whole file"
    assert (tmp_path / "link.csv").is_symlink()
    assert len(list(tmp_path.iterdir())) == 2
