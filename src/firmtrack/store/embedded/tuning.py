"""The server's settings: durable, quiet, and fit for one small machine."""

import os
from collections.abc import Mapping

_MIB = 1 << 20

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
    return {**_FIXED, **_by_memory(_memory_bytes()), **overrides}


def _by_memory(memory_bytes: int) -> dict[str, str]:
    mebibytes = memory_bytes // _MIB
    return {
        "shared_buffers": f"{_between(64, mebibytes // 8, 512)}MB",
        "effective_cache_size": f"{max(128, mebibytes // 2)}MB",
        "maintenance_work_mem": f"{_between(32, mebibytes // 32, 256)}MB",
    }


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def _memory_bytes() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
