"""What docs/scale.md says a national installation takes is what bench.sizing computes."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import sizing

_ROOT = Path(__file__).resolve().parents[2]


def computed(*arguments: str) -> dict[str, str]:
    return {what: much for what, much, _ in sizing.results(sizing.numbers_of(arguments))}


def test_the_page_has_the_tables_as_they_are_computed() -> None:
    page = (_ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert sizing.document(sizing.numbers_of([])) in page, "python -m bench.sizing prints them"


def test_what_follows_is_right_where_it_can_be_computed_in_the_head() -> None:
    simple = computed(
        "devices=1000000", "updates=1", "events=10", "messages=1", "months=12", "lookups=1000000",
        "lookup_months=12", "peak=100", "peak_lookups=10", "event_octets=100",
        "message_octets=300", "distribution_octets=1000", "device_octets=2000",
        "lookup_octets=1000", "rate=1000", "lookup_rate=100", "alert_octets=2000",
        "sent_octets=500", "wal_octets=1000", "recorded_rate=500", "cluster_percent=10",
        "copies=3", "memory=1", "disk=8", "stream_hours=10", "headers=1000",
    )  # fmt: skip
    assert simple["events a year"] == "10,000,000"
    assert simple["disk a year, facts and bodies"] == "5 GB"
    assert simple["disk, all tables with what is kept"] == "8 GB"
    assert simple["disk to provide"] == "16 GB"
    assert simple["cores for taking messages in"] == "0.4"
    assert simple["cores for look-ups"] == "0.4"
    assert simple["machines of 2 cores for workers"] == "1"
    # Twice 100 of 50 a second, and twice 10 of 100.
    assert simple["shards’ nodes of 2 cores"] == "5"
    assert simple["database servers in all"] == "18"
    assert simple["disk of each of them"] == "7 GB"
    assert simple["network at the busiest, from those who send to the stream"] == "0.3 MB/s"
    assert simple["network at the busiest, among the stream’s nodes"] == "0.4 MB/s"
    assert simple["network at the busiest, from the workers to the database"] == "0.1 MB/s"
    assert simple["network at the busiest, from the database to its standbys"] == "0.2 MB/s"


def test_memory_and_disk_ask_for_more_nodes_where_they_are_scarce() -> None:
    usual, little_memory, little_disk = (
        int(computed(*each)["shards’ nodes of 2 cores"])
        for each in ([], ["memory=10"], ["disk=100"])
    )
    assert (usual, little_memory, little_disk) == (2, 8, 19)


def test_fewer_messages_an_event_take_less_than_half_of_the_disk() -> None:
    usual, few = (
        float(computed(*each)["disk a year, facts and bodies"].split()[0].replace(",", ""))
        for each in ([], ["messages=0.1"])
    )
    assert few < usual / 2


def test_a_number_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no such number: device"):
        sizing.numbers_of(["device=1"])
    done = subprocess.run(
        [sys.executable, "-m", "bench.sizing", "device=1"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no such number: device; there are devices" in done.stderr
