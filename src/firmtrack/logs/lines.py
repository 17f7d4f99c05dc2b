"""How a line of the log is written: for people, or as JSON, by structlog."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from firmtrack.logs import calls

ACCESS = "firmtrack.access"
"""The logger of the lines that tell of each call."""

_FACTS = "facts"  # of a record: what its line tells besides its text

_PERSONAL = (
    (re.compile(r"(://[^:/@\s]*:)[^/\s]*@"), r"\1[password]@"),
    (re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9.-]{1,255}"), "[address]"),
    (re.compile(r"\bft_[A-Za-z0-9_-]+"), "[token]"),
    (re.compile(r"(?i)\bbearer\s+\S+"), "Bearer [token]"),
    (re.compile(r"\?[^\s\"'=]*=[^\s\"']*"), "?[query]"),
)
"""What no line may hold, and what stands for it. An exception's text may quote anything."""


class WithoutPaths(logging.Filter):
    """Has Django's lines about calls tell no path: what was looked for is in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave the first argument of the message, which says what happened, and let it through."""
        if isinstance(record.args, tuple) and record.args:
            record.msg, record.args = "%s", record.args[:1]
        return True


def without_personal_data(text: str) -> str:
    """Return a text in which email addresses, tokens and passwords are blacked out."""
    for pattern, stand_in in _PERSONAL:
        text = pattern.sub(stand_in, text)
    return text


def facts_of(record: logging.LogRecord) -> Mapping[str, Any]:
    """Return what a record tells besides its text: its own facts, and the ID of its call."""
    facts = dict(getattr(record, _FACTS, {}))
    call = calls.current()
    if call is not None:
        facts.setdefault("request_id", call.request_id)
    return facts


def told(**facts: object) -> dict[str, object]:
    """Return ``extra`` of a logging call, so that its line tells these facts."""
    return {_FACTS: facts}


class TextLines(logging.Formatter):
    """Lines for people: the time, how grave, who, what, then the facts."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with the traceback below it."""
        first, *rest = super().format(record).split("\n")
        facts = "".join(f" {name}={value}" for name, value in facts_of(record).items())
        return without_personal_data("\n".join([first + facts, *rest]))


def lines_of_json() -> logging.Formatter:
    """Return what writes one JSON object a line: event, level, logger, timestamp, and the facts."""
    import structlog  # takes longer to import than most commands run

    def tell_facts(
        _logger: object, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event.update(facts_of(event["_record"]))
        return event

    def write(_logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        cleaned = {name: _cleaned(value) for name, value in event.items()}
        return str(structlog.processors.JSONRenderer(sort_keys=True)(None, "", cleaned))

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            tell_facts,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            write,
        ],
    )


def _cleaned(value: object) -> object:
    return value if isinstance(value, int | float) else without_personal_data(str(value))
