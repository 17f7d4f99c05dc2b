"""The inventory's one write: what batches and imports tell of devices, merged in sets.

The rule is that of firmtrack.domain.inventory. Its SQL is made here from the facts' names, because
it says the same of each of them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from psycopg import Cursor, Rollback
from psycopg.rows import TupleRow

from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import FACT_NAMES, IMPORT_ID, Knowledge, Origin
from firmtrack.store.database import pool
from firmtrack.store.locks import AdvisoryKey, take
from firmtrack.store.numbers import eui_of, to_bigint

EUI_FACTS = frozenset({"comms_hub_id", "responsible_supplier"})
"""The facts that are EUI-64s; the others are texts."""

_STAGED_TYPES = (
    "int8", "timestamptz", "bytea",
    *("int8" if name in EUI_FACTS else "text" for name in FACT_NAMES),
    "jsonb", "int8",
)  # fmt: skip
_COLUMNS = f"device_id, learnt_at, message_id, {', '.join(FACT_NAMES)}, older"
_COPY = f"COPY staged_device ({_COLUMNS}, row_number) FROM STDIN (FORMAT binary)"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What one row of an import states of a device; ``number`` counts the import's rows."""

    number: int
    statement: DeviceFacts


@dataclass(frozen=True, slots=True)
class RepeatedDevice:
    """A row of an import about a device that an earlier row of it describes."""

    number: int
    device_id: Eui64


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReceipt:
    """What an import did: how many of its rows changed what is known, and how many did not.

    Not ``is_kept``: it left everything as it was.
    """

    changed: int
    unchanged: int
    is_kept: bool


def _latest(row: str) -> str:
    """Return SQL for the age of a row's latest statement: as Origin.age."""
    return f"(coalesce({row}.learnt_at, '-infinity'), {row}.message_id)"


def _age(row: str, fact: str) -> str:
    """Return SQL for the age of a row's word on a fact."""
    place = f"{row}.older -> '{fact}'"
    return (
        f"CASE WHEN {row}.older ? '{fact}'"
        f" THEN (coalesce(({place} ->> 0)::timestamptz, '-infinity'), ({place} ->> 1)::uuid)"
        f" ELSE {_latest(row)} END"
    )


def _is_news(fact: str) -> str:
    """Return SQL for whether the new row's word on a fact replaces the known row's."""
    told, known = _age("excluded", fact), _age("d", fact)
    return (
        f"(excluded.{fact} IS NOT NULL AND (d.{fact} IS NULL OR {told} > {known}"
        f" OR ({told} = {known} AND excluded.{fact} <> d.{fact})))"
    )


def _place(row: str, fact: str) -> str:
    """Return SQL for what ``older`` holds of a row's word once both are one row; may be null."""
    latest = f"greatest({_latest('excluded')}, {_latest('d')})"
    return (
        f"CASE WHEN {row}.{fact} IS NOT NULL AND {_age(row, fact)} < {latest}"
        f" THEN coalesce({row}.older -> '{fact}',"
        f" jsonb_build_array({row}.learnt_at, {row}.message_id)) END"
    )


def _for_each_fact(separator: str, text: Callable[[str], str]) -> str:
    return separator.join(map(text, FACT_NAMES))


def _merge_statement() -> bytes:
    """Return the statement that merges ``staged_device`` into ``device``, changed rows only.

    Its order gives all writers one locking order.
    """
    is_later = f"{_latest('excluded')} > {_latest('d')}"
    values = _for_each_fact(
        ",\n    ", lambda f: f"{f} = CASE WHEN {_is_news(f)} THEN excluded.{f} ELSE d.{f} END"
    )
    places = _for_each_fact(
        ",\n        ",
        lambda f: (
            f"'{f}', CASE WHEN {_is_news(f)} THEN {_place('excluded', f)} ELSE {_place('d', f)} END"
        ),
    )
    return f"""
INSERT INTO device AS d ({_COLUMNS})
SELECT {_COLUMNS} FROM staged_device ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE
SET learnt_at = CASE WHEN {is_later} THEN excluded.learnt_at ELSE d.learnt_at END,
    message_id = CASE WHEN {is_later} THEN excluded.message_id ELSE d.message_id END,
    {values},
    older = nullif(jsonb_strip_nulls(jsonb_build_object(
        {places}
    )), '{{}}')
WHERE {is_later} OR {_for_each_fact(" OR ", _is_news)}
""".encode()  # noqa: S608 - made of our own names alone


def _keep_suppliers_statement() -> bytes:
    """Return the statement that keeps of two Responsible Suppliers' words the earlier one.

    The later one stands in ``device``. Words of one age are a correction: the later told counts.
    """
    told, known = _latest("s"), _age("d", "responsible_supplier")
    place = "d.older -> 'responsible_supplier'"
    return f"""
INSERT INTO supplier_word (device_id, learnt_at, message_id, responsible_supplier)
SELECT
    d.device_id,
    CASE
        WHEN {told} < {known} THEN s.learnt_at
        WHEN d.older ? 'responsible_supplier' THEN ({place} ->> 0)::timestamptz
        ELSE d.learnt_at
    END,
    CASE
        WHEN {told} < {known} THEN s.message_id
        WHEN d.older ? 'responsible_supplier' THEN ({place} ->> 1)::uuid
        ELSE d.message_id
    END,
    CASE WHEN {told} < {known} THEN s.responsible_supplier ELSE d.responsible_supplier END
FROM staged_device AS s
JOIN device AS d USING (device_id)
WHERE s.responsible_supplier IS NOT NULL
  AND d.responsible_supplier IS NOT NULL
  AND {told} <> {known}
ON CONFLICT (device_id, learnt_at, message_id) DO UPDATE
SET responsible_supplier = excluded.responsible_supplier
""".encode()  # noqa: S608 - made of our own names alone


_MERGE = _merge_statement()
_KEEP_SUPPLIERS = _keep_suppliers_statement()


def learn(cursor: Cursor[TupleRow], known: Iterable[Knowledge]) -> None:
    """Merge what is known of devices, each once, into the inventory."""
    with cursor.copy(_COPY.encode()) as copy:
        copy.set_types(_STAGED_TYPES)
        for each in known:
            values = (
                _stored(name, each.facts[name].value) if name in each.facts else None
                for name in FACT_NAMES
            )
            origin = each.latest
            copy.write_row(
                (
                    to_bigint(each.device_id), origin.learnt_at, origin.message_id.bytes,
                    *values, _older(each), None,
                )
            )  # fmt: skip
    cursor.execute(_MERGE)


def import_rows(
    rows: Iterable[ImportedRow],
    refuse: Callable[[RepeatedDevice], object],
    is_wanted: Callable[[], bool],
) -> ImportReceipt:
    """Merge an import into the inventory in one transaction, and return what it did.

    Of several rows about one device the first counts; each other goes to ``refuse``. At the end
    ``is_wanted`` tells whether to keep the import.
    """
    with (
        pool().connection() as connection,
        connection.transaction() as transaction,
        connection.cursor() as cursor,
    ):
        staged = _stage_import(cursor, rows)
        repeated = _take_out_repeated(cursor, refuse)
        if not is_wanted():
            raise Rollback(transaction)
        # Two imports at once would each keep the supplier from before both, and lose one between.
        take(cursor, AdvisoryKey.IMPORTED_SUPPLIERS)
        cursor.execute(_KEEP_SUPPLIERS)
        cursor.execute(_MERGE)
        changed = cursor.rowcount
        return ImportReceipt(changed=changed, unchanged=staged - repeated - changed, is_kept=True)
    return ImportReceipt(changed=0, unchanged=0, is_kept=False)


def _stage_import(cursor: Cursor[TupleRow], rows: Iterable[ImportedRow]) -> int:
    """Copy the rows into ``staged_device`` as they come, and return how many they were."""
    staged = 0
    origin = IMPORT_ID.bytes
    with cursor.copy(_COPY.encode()) as copy:
        copy.set_types(_STAGED_TYPES)
        for row in rows:
            it = row.statement
            hub, supplier = it.comms_hub_id, it.responsible_supplier
            # By name, not by a loop over the names: a million rows come this way.
            copy.write_row(
                (
                    to_bigint(it.device_id), it.learnt_at, origin,
                    it.device_type, it.smets_version, it.csp_region, it.manufacturer, it.model,
                    it.device_status, it.firmware_version, it.firmware_version_status,
                    it.gbcs_version, None if hub is None else to_bigint(hub),
                    None if supplier is None else to_bigint(supplier), it.smi_firmware_version,
                    None, row.number,
                )
            )  # fmt: skip
            staged += 1
    return staged


def _take_out_repeated(cursor: Cursor[TupleRow], refuse: Callable[[RepeatedDevice], object]) -> int:
    cursor.execute(
        """
        DELETE FROM staged_device AS s
        USING (
            SELECT device_id, min(row_number) AS first
            FROM staged_device GROUP BY device_id HAVING count(*) > 1
        ) AS twice
        WHERE s.device_id = twice.device_id AND s.row_number > twice.first
        RETURNING s.row_number, s.device_id
        """
    )
    for number, device_id in cursor:
        refuse(RepeatedDevice(number, eui_of(device_id)))
    return cursor.rowcount


def _stored(name: str, value: object) -> object:
    if name in EUI_FACTS:
        assert isinstance(value, Eui64)
        return to_bigint(value)
    return value


def _older(known: Knowledge) -> dict[str, list[str | None]] | None:
    places = {
        name: _as_json(word.origin)
        for name, word in known.facts.items()
        if word.origin != known.latest
    }
    return places or None


def _as_json(origin: Origin) -> list[str | None]:
    at = origin.learnt_at
    return [None if at is None else at.isoformat(), str(origin.message_id)]
