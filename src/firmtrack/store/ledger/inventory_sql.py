"""The inventory's one write in SQL, made of the facts' names: it does the same with each.

The rule is that of firmtrack.domain.inventory.
"""

from collections.abc import Callable

from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES

SEGMENT_FACTS = ("csp_region", "device_type", "manufacturer", "model")
"""What figures tell devices apart by."""

FACT_TYPES = tuple("int8" if name in EUI_FACTS else "text" for name in FACT_NAMES)
"""The types of the columns that hold facts, in their order."""

_FACTS = ", ".join(FACT_NAMES)
_DEVICE = f"device_id, learnt_at, message_id, {_FACTS}, older"
_STATED_NAMES = (
    "device_id", "message_id", "taken_by", "learnt_at", "user_id", "message_kind", "code",
    "responder", "response_counter",
    *FACT_NAMES,
)  # fmt: skip
_STATED = ", ".join(_STATED_NAMES)

COPY_DEVICES = f"COPY staged_device ({_DEVICE}, row_number) FROM STDIN (FORMAT binary)".encode()
DEVICE_TYPES = ("int8", "timestamptz", "bytea", *FACT_TYPES, "jsonb", "int8")

COPY_STATEMENTS = f"COPY staged_statement ({_STATED}) FROM STDIN (FORMAT binary)".encode()
STATEMENT_TYPES = (
    "int8", "bytea", "bytea", "timestamptz", "int8", "int2", "text", "int8", "int8", *FACT_TYPES,
)  # fmt: skip


def _latest(row: str) -> str:
    """Return SQL for the age of a row's latest statement: as Origin.age."""
    return f"(coalesce({row}.learnt_at, '-infinity'), {row}.message_id)"


def _age(row: str, fact: str) -> str:
    """Return SQL for the age of a row's statement of a fact."""
    place = f"{row}.older -> '{fact}'"
    return (
        f"CASE WHEN {row}.older ? '{fact}'"
        f" THEN (coalesce(fact_learnt_at({place}), '-infinity'), ({place} ->> 1)::uuid)"
        f" ELSE {_latest(row)} END"
    )


def _is_news(fact: str) -> str:
    """Return SQL for whether the new row's statement of a fact replaces the known row's."""
    stated, known = _age("excluded", fact), _age("d", fact)
    return (
        f"(excluded.{fact} IS NOT NULL AND (d.{fact} IS NULL OR {stated} > {known}"
        f" OR ({stated} = {known} AND excluded.{fact} <> d.{fact})))"
    )


def _place(row: str, fact: str) -> str:
    """Return SQL for what ``older`` holds of a row's fact once both are one row; may be null."""
    latest = f"greatest({_latest('excluded')}, {_latest('d')})"
    return (
        f"CASE WHEN {row}.{fact} IS NOT NULL AND {_age(row, fact)} < {latest}"
        f" THEN coalesce({row}.older -> '{fact}',"
        f" fact_origin({row}.learnt_at, {row}.message_id)) END"
    )


def _for_each_fact(separator: str, text: Callable[[str], str]) -> str:
    return separator.join(map(text, FACT_NAMES))


def _value(fact: str) -> str:
    """Return SQL for a fact's value once both rows are one."""
    return f"CASE WHEN {_is_news(fact)} THEN excluded.{fact} ELSE d.{fact} END"


def _of_segment(text: Callable[[str], str]) -> str:
    return f"({', '.join(map(text, SEGMENT_FACTS))})"


def _marking(statement: str) -> bytes:
    """Return a statement that writes rows of ``device``, marks and returns how many it wrote.

    Marked are the devices that it moves to another segment of figures.
    """
    return f"""
WITH written AS (
    {statement}
    RETURNING d.device_id, d.changed_segment
), marked AS (
    INSERT INTO stale_device SELECT device_id FROM written WHERE changed_segment
)
SELECT count(*) FROM written
""".encode()  # noqa: S608 - made of our own names alone


def _merge_statement() -> bytes:
    """Return the statement that merges ``staged_device`` into ``device``, changed rows only.

    Its order gives all writers one locking order.
    """
    is_later = f"{_latest('excluded')} > {_latest('d')}"
    values = _for_each_fact(",\n    ", lambda f: f"{f} = {_value(f)}")
    places = _for_each_fact(
        ",\n        ",
        lambda f: f"CASE WHEN {_is_news(f)} THEN {_place('excluded', f)} ELSE {_place('d', f)} END",
    )
    return _marking(f"""
INSERT INTO device AS d ({_DEVICE}, changed_segment)
SELECT {_DEVICE}, {_of_segment(str)} IS DISTINCT FROM {_of_segment(lambda _: "NULL")}
FROM staged_device ORDER BY device_id
ON CONFLICT (device_id) DO UPDATE
SET learnt_at = CASE WHEN {is_later} THEN excluded.learnt_at ELSE d.learnt_at END,
    message_id = CASE WHEN {is_later} THEN excluded.message_id ELSE d.message_id END,
    {values},
    older = fact_origins(ARRAY[{_for_each_fact(", ", "'{}'".format)}], ARRAY[
        {places}
    ]),
    changed_segment = {_of_segment("d.{}".format)} IS DISTINCT FROM {_of_segment(_value)}
WHERE {is_later} OR {_for_each_fact(" OR ", _is_news)}
""")  # noqa: S608 - made of our own names alone


def _insert_import_statement() -> bytes:
    """Return the statement that appends what an import states, of ``staged_device``.

    A row that adds nothing to what earlier imports stated of its time is left out. Mostly it is the
    latest of them again; else each fact is compared with the latest that stated it.
    """
    same = (
        "k.device_id = s.device_id AND k.message_id = s.message_id AND k.taken_by IS NULL"
        " AND k.learnt_at IS NOT DISTINCT FROM s.learnt_at"
    )
    is_again = _for_each_fact(
        "\n      AND ", lambda f: f"(s.{f} IS NULL OR s.{f} = before.{f}) IS TRUE"
    )
    is_new = _for_each_fact(
        "\n      OR ",
        lambda f: (
            f"s.{f} IS NOT NULL AND s.{f} IS DISTINCT FROM ("  # noqa: S608 - as below
            f"SELECT k.{f} FROM recorded_inventory_statement AS k"
            f" WHERE {same} AND k.{f} IS NOT NULL ORDER BY k.recorded_at DESC LIMIT 1)"
        ),
    )
    return f"""
INSERT INTO recorded_inventory_statement
    (device_id, message_id, recorded_at, learnt_at, {_FACTS})
SELECT s.device_id, s.message_id, %(moment)s, s.learnt_at, {_for_each_fact(", ", "s.{}".format)}
FROM staged_device AS s
LEFT JOIN LATERAL (
    SELECT k.*
    FROM recorded_inventory_statement AS k
    WHERE {same}
    ORDER BY k.recorded_at DESC
    LIMIT 1
) AS before ON true
WHERE before.device_id IS NULL
   OR NOT ({is_again})
  AND ({is_new})
ORDER BY s.device_id
""".encode()  # noqa: S608 - made of our own names alone


def _folded() -> str:
    """Return SQL for what is stated of each ``restated_device``, as a row of ``device``."""
    age = "coalesce(s.learnt_at, '-infinity') DESC, s.message_id DESC"
    return f"""
WITH stated AS MATERIALIZED (
    SELECT s.*
    FROM (SELECT DISTINCT device_id FROM restated_device) AS wanted
    JOIN inventory_statement AS s USING (device_id)
), latest AS (
    SELECT DISTINCT ON (device_id) device_id, learnt_at, message_id
    FROM stated AS s
    ORDER BY device_id, {age}
), known AS (
    SELECT DISTINCT ON (device_id, name) s.device_id, f.name, f.value, s.learnt_at, s.message_id
    FROM stated AS s
    CROSS JOIN LATERAL (
        VALUES {_for_each_fact(", ", lambda f: f"('{f}', to_jsonb(s.{f}))")}
    ) AS f (name, value)
    WHERE f.value IS NOT NULL
    ORDER BY s.device_id, f.name, {age}, s.recorded_at DESC
), folded AS (
    SELECT l.device_id, l.learnt_at, l.message_id,
        coalesce(jsonb_object_agg(k.name, k.value) FILTER (WHERE k.name IS NOT NULL), '{{}}')
            AS facts,
        jsonb_object_agg(k.name, jsonb_build_array(k.learnt_at, k.message_id)) FILTER (
            WHERE (k.learnt_at, k.message_id) IS DISTINCT FROM (l.learnt_at, l.message_id)
                AND k.name IS NOT NULL
        ) AS older
    FROM latest AS l
    LEFT JOIN known AS k USING (device_id)
    GROUP BY l.device_id, l.learnt_at, l.message_id
)
SELECT f.device_id, f.learnt_at, f.message_id, {_for_each_fact(", ", "w.{}".format)}, f.older,
    {_of_segment("w.{}".format)} IS DISTINCT FROM {_of_segment(lambda _: "NULL")}
FROM folded AS f
CROSS JOIN LATERAL jsonb_populate_record(NULL::device, f.facts) AS w
ORDER BY f.device_id
"""  # noqa: S608 - made of our own names alone


def _fold_statement() -> bytes:
    """Return the statement that makes the rows of ``restated_device`` what is stated of them.

    The same rule: firmtrack.domain.inventory. Only changed rows are written.
    """
    return _marking(f"""
INSERT INTO device AS d ({_DEVICE}, changed_segment)
{_folded()}
ON CONFLICT (device_id) DO UPDATE
SET learnt_at = excluded.learnt_at,
    message_id = excluded.message_id,
    {_for_each_fact(", ", lambda f: f"{f} = excluded.{f}")},
    older = excluded.older,
    changed_segment = {_of_segment("d.{}".format)} IS DISTINCT FROM
        {_of_segment("excluded.{}".format)}
WHERE (d.learnt_at, d.message_id, {_for_each_fact(", ", "d.{}".format)}, d.older)
    IS DISTINCT FROM (excluded.learnt_at, excluded.message_id,
        {_for_each_fact(", ", "excluded.{}".format)}, excluded.older)
""")


def _same_statement() -> str:
    return (
        "k.device_id = s.device_id AND k.message_id = s.message_id"
        " AND k.taken_by IS NOT DISTINCT FROM s.taken_by"
    )


def _insert_statement() -> bytes:
    """Return the statement that appends what is staged.

    What DCC took may have been stated before: its request and each answer come in any order.
    """
    return f"""
INSERT INTO recorded_inventory_statement (recorded_at, {_STATED})
SELECT now(), {_STATED}
FROM staged_statement AS s
WHERE taken_by IS NULL
   OR NOT EXISTS (SELECT FROM recorded_inventory_statement AS k WHERE {_same_statement()})
ORDER BY device_id
""".encode()  # noqa: S608 - made of our own names alone


def _forget_misread_statement() -> bytes:
    """Return the statement that deletes what the staged messages do not state as they are read."""
    return f"""
WITH forgotten AS (
    DELETE FROM recorded_inventory_statement AS k
    USING (SELECT DISTINCT device_id, message_id FROM staged_statement) AS read
    WHERE k.device_id = read.device_id AND k.message_id = read.message_id
      AND NOT EXISTS (
          SELECT
          FROM staged_statement AS s
          WHERE {_same_statement()}
            AND ({", ".join(map("s.{}".format, _STATED_NAMES))})
                IS NOT DISTINCT FROM ({", ".join(map("k.{}".format, _STATED_NAMES))})
      )
    RETURNING k.device_id
)
INSERT INTO restated_device SELECT device_id FROM forgotten
""".encode()  # noqa: S608 - made of our own names alone


def _insert_read_statement() -> bytes:
    """Return the statement that adds what is staged and missing, as if read so when it came."""
    return f"""
WITH added AS (
    INSERT INTO recorded_inventory_statement AS i (recorded_at, {_STATED})
    SELECT greatest(m.recorded_at, a.recorded_at), {", ".join(map("s.{}".format, _STATED_NAMES))}
    FROM staged_statement AS s
    JOIN message AS m ON m.message_id = s.message_id
    LEFT JOIN message AS a ON a.message_id = s.taken_by
    WHERE NOT EXISTS (SELECT FROM recorded_inventory_statement AS k WHERE {_same_statement()})
    RETURNING i.device_id
)
INSERT INTO restated_device SELECT device_id FROM added
""".encode()  # noqa: S608 - made of our own names alone


MERGE = _merge_statement()
"""Merge ``staged_device`` into ``device``."""

FOLD = _fold_statement()
"""Fold the rows of ``restated_device`` anew, of those of which anything is stated that counts."""

INSERT = _insert_statement()
INSERT_IMPORT = _insert_import_statement()
FORGET_MISREAD = _forget_misread_statement()
INSERT_READ = _insert_read_statement()
