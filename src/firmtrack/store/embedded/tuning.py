"""The server's settings: durable, quiet, and fit for one small machine."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_MIB = 1 << 20
_LEAST_BUFFERS, _MOST_BUFFERS = 64, 8 * 1024  # mebibytes

_FIXED: Mapping[str, str] = {
    # Reached through the socket only.
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    # What is acknowledged is on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Few, spread checkpoints: the ledger writes in bursts.
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "off",  # the wheel has only pglz, and processor time is what is short
    # Short queries by key, on solid state.
    "jit": "off",
    "random_page_cost": "1.1",
    "track_io_timing": "off",
    "work_mem": "16MB",
    # Tables grow at the end: vacuum them for their visibility map, early and often.
    "autovacuum_naptime": "20s",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_vacuum_cost_limit": "1000",
    # The same answers everywhere.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # The supervisor owns the log file.
    "logging_collector": "off",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


def server_settings(overrides: Mapping[str, str]) -> dict[str, str]:
    """Return every setting that the server is started with; ``overrides`` win."""
    return {**_FIXED, **by_memory(memory_bytes()), **overrides}


def by_memory(available_bytes: int) -> dict[str, str]:
    """Return the settings that go by how much memory there is.

    A quarter is the server's own, of which it takes only what it comes to use: where millions of
    devices are stored, the index of the open month has room there.
    """
    mebibytes = available_bytes // _MIB
    return {
        "shared_buffers": f"{_between(_LEAST_BUFFERS, mebibytes // 4, _MOST_BUFFERS)}MB",
        "effective_cache_size": f"{max(128, mebibytes // 2)}MB",
        "maintenance_work_mem": f"{_between(32, mebibytes // 32, 256)}MB",
    }


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def memory_bytes(
    groups: Path = Path("/sys/fs/cgroup"), own_groups: Path = Path("/proc/self/cgroup")
) -> int:
    """Return how much memory this process may take: the machine's, or less if its group has less.

    ``groups`` is where Linux shows control groups, ``own_groups`` says which are the process's.
    """
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_limits(groups, own_groups)])


def _limits(groups: Path, own_groups: Path) -> Iterator[int]:
    """Yield the limits of the process's groups, and of those that hold them, in both versions."""
    try:
        lines = own_groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            root, name = groups, "memory.max"
        elif "memory" in controllers.split(","):
            root, name = groups / "memory", "memory.limit_in_bytes"
        else:
            continue
        place = root / path.lstrip("/")
        for group in (place, *place.parents):
            if not group.is_relative_to(root):
                break
            try:
                yield int((group / name).read_text())
            except (OSError, ValueError):  # it has none, or "max"
                continue
