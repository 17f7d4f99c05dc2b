"""Fails when a page of the docs points to, or names, something of the project that is not there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
_SOURCE = ROOT / "src/firmtrack"
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z]+:")
_CODE = re.compile(r"`([^`\n]+)`")
_FILE = re.compile(r"[\w*][\w*.-]*/[\w*./-]*|[\w*-]+\.(?:py|sql|md|html|toml)")
_MODULE = re.compile(r"[a-z_]+(?:\.\w+)+")
_HISTORY = re.compile(r"^Status: replaced by ", re.MULTILINE)


def pages() -> list[Path]:
    """Return the project's Markdown pages, sorted by path."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def broken_links(page: Path) -> Iterator[str]:
    """Yield each link of ``page`` that leads nowhere within the project, as it is written."""
    for target in _LINK.findall(_prose(page)):
        if _ELSEWHERE.match(target):
            continue
        path, _, anchor = target.partition("#")
        place = page.parent / path if path else page
        if not place.exists() or (anchor and anchor not in _anchors(place)):
            yield target


def missing_names(page: Path) -> Iterator[str]:
    """Yield each file or module that ``page`` names as code and that is not there, as written.

    Files stand below the project or below src/firmtrack, or by their name alone; modules may be
    followed by a name of theirs. A decision that was replaced may name what is gone.
    """
    prose = _prose(page)
    if _HISTORY.search(prose):
        return
    for name in _CODE.findall(prose):
        if _FILE.fullmatch(name):
            is_there = _is_file(name)
        elif _MODULE.fullmatch(name):
            is_there = _is_module(name)
        else:
            continue
        if not is_there:
            yield name


def _is_file(name: str) -> bool:
    pattern = name.rstrip("/")
    if any(any(root.glob(pattern)) for root in (ROOT, _SOURCE)):
        return True
    return "/" not in name and any(_SOURCE.rglob(pattern))


def _is_module(name: str) -> bool:
    """Return whether a module, or something in one, is there; so is what is no module's name."""
    parts = name.removeprefix("firmtrack.").split(".")
    if not (_SOURCE / parts[0]).is_dir():
        return not name.startswith("firmtrack.")
    place = _SOURCE
    for number, part in enumerate(parts, start=1):
        if (place / part).is_dir():
            place /= part
            continue
        module = place / f"{part}.py"
        if module.exists():
            return number == len(parts) or _defines(module, parts[number])
        return number == len(parts) and _defines(place / "__init__.py", part)
    return True


def _defines(module: Path, name: str) -> bool:
    text = module.read_text(encoding="utf-8")
    return re.search(rf"^(?:def |class )?{name}\b", text, re.MULTILINE) is not None


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    headings = _HEADING.findall(_prose(page))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def main() -> None:
    """Exit with the list of broken links, and of names of what is not there, if there is any."""
    wrong = [
        f"{page.relative_to(ROOT)}: {each}"
        for page in pages()
        for each in [*broken_links(page), *missing_names(page)]
    ]
    if wrong:
        sys.exit("Links that lead nowhere, and names of what is not there:\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
