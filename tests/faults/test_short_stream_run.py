"""A short fault run on a stream: some of the faults of ``make test-faults STREAM=1``, each once."""

from pathlib import Path

import pytest

from tests.databases import QUICK
from tests.faults.stream_faults import FAULTS
from tests.faults.stream_run import StreamFaultRun
from tests.faults.striking import Plan


@pytest.mark.thorough
def test_what_the_stream_acknowledged_while_faults_happened_is_recorded_once(
    tmp_path: Path,
) -> None:
    faults = [fault for fault in FAULTS if not fault.is_long]
    plan = Plan(
        requests=3,
        devices=200,
        seed=5,
        seconds=0,
        fault_seconds=(0.5, 1.0),
        clients=2,
        patience_seconds=120,
        settings=QUICK,
    )
    report = StreamFaultRun(plan, faults, tmp_path, acknowledged_within_seconds=4).happen()

    assert [each.kind for each in report.happened] == [fault.kind for fault in faults]
    assert report.counts["recorded"] > 0
