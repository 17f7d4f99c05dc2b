"""The notes of a demonstration, a file beside its data: the password, when its world began."""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from firmtrack.demonstration.world import EDITION, Pause


def path() -> Path:
    """Return where the notes are."""
    data_dir: Path = settings.ENVIRONMENT.data_dir
    return data_dir / "demonstration.json"


def read() -> dict[str, Any]:
    """Return what is noted, nothing if there are no notes."""
    try:
        noted: dict[str, Any] = json.loads(path().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return noted


def write(noted: Mapping[str, object]) -> None:
    """Write the notes, all at once and readable by us alone."""
    fresh = path().with_suffix(".new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(noted, file)
    fresh.replace(path())


def add(**noted: object) -> None:
    """Note something more."""
    write(read() | noted)


def world_of(began_at: datetime) -> dict[str, object]:
    """Return what is noted of a world that began then."""
    return {"edition": EDITION, "began_at": began_at.isoformat(), "pauses": []}


def began_at(noted: Mapping[str, Any]) -> datetime | None:
    """Return when the noted world began; None if this code cannot go on with it."""
    world = noted.get("world")
    if world is None or world["edition"] != EDITION:
        return None
    return datetime.fromisoformat(world["began_at"])


def pauses(noted: Mapping[str, Any]) -> list[Pause]:
    """Return the pauses of the noted world, in the order of time."""
    return [
        Pause(datetime.fromisoformat(since), datetime.fromisoformat(until))
        for since, until in noted["world"]["pauses"]
    ]


def add_pause(pause: Pause) -> None:
    """Note that nobody asked for anything in that time."""
    noted = read()
    noted["world"]["pauses"].append([pause.since.isoformat(), pause.until.isoformat()])
    write(noted)
