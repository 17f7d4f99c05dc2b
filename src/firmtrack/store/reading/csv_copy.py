"""A request's distributions as CSV, made by the database: COPY … TO STDOUT passed through."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.requests import DistributionFilter
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Status
from firmtrack.store.reading import statement
from firmtrack.store.reading.filtering import condition
from firmtrack.store.reading.known import as_known

_BLOCK_BYTES = 64 * 1024

# A cell that begins with one of these would be a formula in a spreadsheet; the last four are the
# full-width forms of = + - @, which some take as the same.
_SAFE = (
    "CASE WHEN {cell} ~ '^[-=+@\t\r\uff1d\uff0b\uff0d\uff20]' THEN '''' || {cell} ELSE {cell} END"
)


def query(wanted: DistributionFilter, as_of: datetime | None) -> str:
    """Return the COPY statement for the wanted distributions of one request."""
    return as_known(
        statement("copy_distributions").decode(),
        as_of,
        firmware_version=_SAFE.format(cell="c.firmware_version"),
        reason=_SAFE.format(cell="coalesce(misfit_text.text, reason_text.text, c.reason)"),
        condition=condition(wanted, as_of),
    )


def asked_in(
    request_id: RequestId,
    status_names: Mapping[Status, str],
    reason_texts: Mapping[str, str],
    misfit_texts: Mapping[tuple[Status, str], str],
) -> dict[str, object]:
    """Return the statement's parameters for the cells' words, beside those of its condition."""
    misfits = list(misfit_texts)
    return {
        "request_id": str(request_id),
        "name_stages": [int(status.stage) for status in status_names],
        "name_failed": [status.is_bad for status in status_names],
        "names": list(status_names.values()),
        "reason_codes": list(reason_texts),
        "reason_texts": list(reason_texts.values()),
        "misfit_stages": [int(status.stage) for status, _ in misfits],
        "misfit_failed": [status.is_bad for status, _ in misfits],
        "misfit_codes": [code for _, code in misfits],
        "misfit_texts": list(misfit_texts.values()),
    }


def blocks(
    connection: Connection[TupleRow], query: bytes, asked: Mapping[str, object]
) -> Iterator[bytes]:
    """Yield what the statement copies in blocks of about 64 KiB, rows ended as RFC 4180 says."""
    block = bytearray()
    with connection.cursor() as cursor, cursor.copy(query, asked) as copy:
        for row in copy:
            block += row
            if len(block) >= _BLOCK_BYTES:
                yield bytes(block.replace(b"\n", b"\r\n"))
                block.clear()
    yield bytes(block.replace(b"\n", b"\r\n"))
