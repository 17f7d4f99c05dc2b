"""What fuzzing has found: octets that broke a promise, one file for each kind of failure."""

import hashlib
import traceback
from pathlib import Path

_PACKAGE = "firmtrack"


def kind_of(error: Exception) -> str:
    """Return a name of what went wrong that is the same for other octets that do the same."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [each for each in frames if f"/{_PACKAGE}/" in each.filename]
    last = own[-1] if own else frames[-1]
    where = f"{Path(last.filename).stem}-{last.name}"
    text = str(error) if isinstance(error, AssertionError) else ""
    mark = hashlib.sha256(text.split(":", 1)[0].encode()).hexdigest()[:6] if text else "0"
    return f"{type(error).__name__}-{where}-{mark}"


def keep(directory: Path, octets: bytes, error: Exception) -> bool:
    """Write the octets and the traceback, unless there are such already; return if they are new."""
    path = directory / kind_of(error)
    if path.exists():
        return False
    directory.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    text = "".join(traceback.format_exception(error))
    path.with_name(f"{path.name}.txt").write_text(text, encoding="utf-8", errors="replace")
    return True


def found(directory: Path) -> list[Path]:
    """Return the files of octets that broke a promise, by name."""
    if not directory.is_dir():
        return []
    return sorted(path for path in directory.iterdir() if path.suffix != ".txt")
