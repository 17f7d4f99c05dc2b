"""How much of the memory the embedded server takes for its own."""

import os
from pathlib import Path

import pytest

from firmtrack.store.embedded.tuning import by_memory, memory_bytes

_GIB = 1 << 30
_MACHINE = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(
    ("gibibytes", "buffers"), [(0.1, "64MB"), (1, "256MB"), (24, "6144MB"), (512, "8192MB")]
)
def test_a_quarter_of_the_memory_is_the_servers_within_bounds(
    gibibytes: float, buffers: str
) -> None:
    assert by_memory(int(gibibytes * _GIB))["shared_buffers"] == buffers


def _groups(place: Path, own: str, limits: dict[str, str]) -> tuple[Path, Path]:
    for name, limit in limits.items():
        file = place / "groups" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(limit + "\n")
    (place / "own").write_text(own)
    return place / "groups", place / "own"


@pytest.mark.parametrize(
    ("own", "limits", "expected"),
    [
        ("0::/a/b\n", {"a/b/memory.max": "9000000", "a/memory.max": "max"}, 9_000_000),
        ("0::/a/b\n", {"a/b/memory.max": "9000000", "a/memory.max": "7000000"}, 7_000_000),
        ("0::/\n", {"memory.max": "8000000"}, 8_000_000),
        (
            "5:cpu,cpuacct:/c\n4:memory:/a\n0::/\n",
            {"memory/a/memory.limit_in_bytes": "6000000", "cpu/c/memory.limit_in_bytes": "5"},
            6_000_000,
        ),
        ("4:memory:/a\n", {"memory/a/memory.limit_in_bytes": str((1 << 63) - 4096)}, _MACHINE),
        ("0::/a\n", {"a/memory.max": "max"}, _MACHINE),
        ("0::/gone\n", {}, _MACHINE),
        ("", {}, _MACHINE),
    ],
)
def test_memory_is_what_the_narrowest_control_group_leaves(
    tmp_path: Path, own: str, limits: dict[str, str], expected: int
) -> None:
    assert memory_bytes(*_groups(tmp_path, own, limits)) == expected


def test_without_control_groups_memory_is_the_machines(tmp_path: Path) -> None:
    assert memory_bytes(tmp_path / "groups", tmp_path / "own") == _MACHINE
