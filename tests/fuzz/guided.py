"""One process of atheris: runs a target so many times, guided by what the readers' code did.

    python -m tests.fuzz.guided TARGET DIRECTORY OPTION…

``DIRECTORY`` holds the inputs that reached something new, ``corpus``, and what broke a promise,
``found``. The options are libFuzzer's.
"""

import sys
from pathlib import Path

import atheris

# Only what is imported here is watched; the standard library's zip, gzip and tar readers as well.
with atheris.instrument_imports(include=["firmtrack", "zipfile", "tarfile", "gzip"]):
    from tests.fuzz.targets import TARGETS

from tests.fuzz import findings
from tests.fuzz.promise import Chance, checked

_TELL_EVERY = 1_000


def main() -> None:
    """Run until libFuzzer ends the process."""
    name, directory, *options = sys.argv[1:]
    place = Path(directory)
    target = TARGETS[name]()
    corpus, found = place / "corpus", place / "found"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number:03d}").write_bytes(seed)

    tried = read = 0

    def try_one(octets: bytes) -> None:
        nonlocal tried, read
        tried += 1
        if tried % _TELL_EVERY == 0:
            print(f"READ: {read} of {tried}", flush=True)
        try:
            read += checked(target, octets)
        except Exception as error:  # noqa: BLE001  # kept; the next octets may find another kind
            if findings.keep(found, octets, error):
                print(f"FOUND: {findings.kind_of(error)}", flush=True)

    def mutated(octets: bytes, most: int, seed: int) -> bytes:
        chance = Chance(seed)
        if chance.below(3) == 0:
            return target.mutate(octets, chance)[:most]
        return bytes(atheris.Mutate(octets, most))

    atheris.Setup(
        [sys.argv[0], *options, f"-max_len={target.most_bytes}", str(corpus)],
        try_one,
        custom_mutator=mutated,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main()
