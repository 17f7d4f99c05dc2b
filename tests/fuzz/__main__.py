"""Coverage-guided fuzzing: ``make fuzz TARGET=duis|gbcs|archives|all RUNS=1000000``."""

import argparse
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import findings
from tests.fuzz.targets import TARGETS

_PLACE = Path(".make/fuzz")
# libxml2 keeps every name that it has met, so a process grows: after so many it is another one's.
_RUNS_OF_A_PROCESS = 250_000
_MOST_MEMORY_MB = 1_536
_MOST_SECONDS_OF_ONE = 20
_DONE = re.compile(r"Done (\d+) runs")
_READ = re.compile(r"READ: (\d+) of")
_STATE = re.compile(r"cov: (\d+) ft: (\d+) corp: (\d+)")


@dataclass(slots=True)
class _Tally:
    """What came of a target."""

    runs: int = 0
    read: int = 0
    seconds: float = 0.0
    edges: int = 0
    features: int = 0
    corpus: int = 0


def main() -> int:
    """Run the targets one after the other; return 1 if anything was found, else 0."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("target", choices=[*TARGETS, "all"])
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    names = list(TARGETS) if asked.target == "all" else [asked.target]
    return max([_fuzz(name, asked.runs, asked.seed) for name in names])


def _fuzz(name: str, runs: int, seed: int) -> int:
    place = _PLACE / name
    place.mkdir(parents=True, exist_ok=True)
    tally = _Tally()
    while tally.runs < runs:
        done = _one_process(name, place, min(_RUNS_OF_A_PROCESS, runs - tally.runs), seed, tally)
        seed += 1
        if not done:
            print(f"{name}: the process ended early; see {place}/log", flush=True)
            return 1
    found = findings.found(place / "found")
    print(
        f"{name}: {tally.runs:,} inputs in {tally.seconds:,.0f} s, of which {tally.read:,} said"
        f" something; {tally.edges:,} edges,"
        f" {tally.features:,} features, {tally.corpus:,} inputs kept; {len(found)} findings",
        *(f"  {path}" for path in found),
        sep="\n",
        flush=True,
    )
    return 1 if found else 0


def _one_process(name: str, place: Path, runs: int, seed: int, tally: _Tally) -> bool:
    """Run one process of atheris and add it up; return whether it did all that it was to do."""
    began_at = time.monotonic()
    options = [
        f"-runs={runs}",
        f"-seed={seed}",
        f"-rss_limit_mb={_MOST_MEMORY_MB}",
        f"-timeout={_MOST_SECONDS_OF_ONE}",
        f"-artifact_prefix={place}/found/",
    ]
    (place / "found").mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(place), *options]
    log = place / "log"
    with log.open("wb") as output:
        process = subprocess.run(command, stdout=output, stderr=output, check=False)
    said = log.read_text(errors="replace")
    tally.seconds += time.monotonic() - began_at
    for edges, features, corpus in _STATE.findall(said)[-1:]:
        tally.edges, tally.features, tally.corpus = int(edges), int(features), int(corpus)
    for read in _READ.findall(said)[-1:]:
        tally.read += int(read)
    done = _DONE.search(said)
    tally.runs += int(done[1]) if done else 0
    return process.returncode == 0 and done is not None


if __name__ == "__main__":
    sys.exit(main())
