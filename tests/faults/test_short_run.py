"""A short fault run: some of the faults of ``make test-faults``, each once, and less traffic."""

from pathlib import Path

from tests.databases import QUICK
from tests.faults.faults import FAULTS
from tests.faults.run import FaultRun
from tests.faults.striking import Plan


def test_what_is_acknowledged_while_faults_happen_is_kept_and_told(tmp_path: Path) -> None:
    faults = [fault for fault in FAULTS if not fault.is_long and not fault.needs_own_disk]
    plan = Plan(
        requests=4,
        devices=200,
        seed=5,
        seconds=0,
        fault_seconds=(0.5, 1.5),
        clients=4,
        patience_seconds=90,
        settings=QUICK,
    )
    report = FaultRun(plan, faults, tmp_path).happen()

    assert [each.kind for each in report.happened] == [fault.kind for fault in faults]
    assert report.skipped == []
