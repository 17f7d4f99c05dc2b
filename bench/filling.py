"""Facts in numbers, as the ledger leaves them, but written by the database itself: for reads."""

from math import ceil

import psycopg

from bench.report import console
from bench.scene import DCC, USER
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.inventory import IMPORT_ID
from firmtrack.store.numbers import to_bigint

EVENTS_PER_DEVICE = 6
DEVICES_PER_REQUEST = 20_000
SUPPLIERS = 16

_FIRST_DEVICE = 0x00DB_0000_0000_0000
_SCATTERED = 1 << 40
_DEVICES_AT_ONCE = 200_000

# Requests of 16 suppliers in turn, eleven hours apart; the i-th device's ID scattered by a
# multiplication, four devices a hub, six events each of which the last names no request. Rows are
# written in the order of their keys, which spares the indexes.
_FILL = """
SET synchronous_commit = off;
SET work_mem = '512MB';
CREATE TEMPORARY TABLE filled_request AS
SELECT r AS number, %(user)s + r %% %(suppliers)s AS originator, %(zero)s + r AS counter,
    '2026-01-05'::timestamptz + r %% 500 * interval '11 hours' AS sent_at,
    gen_random_uuid() AS message_id, gen_random_uuid() AS step_message_id,
    sha256(r::text::bytea) AS image_hash
FROM generate_series(%(first)s / %(per_request)s, (%(last)s - 1) / %(per_request)s) AS r
WHERE NOT EXISTS (
    SELECT FROM request
    WHERE originator = %(user)s + r %% %(suppliers)s AND target = %(dcc)s AND counter = %(zero)s + r
);
INSERT INTO undated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body)
SELECT message_id, originator, sent_at, now(), 1, NULL, '\\x01'::bytea FROM filled_request;
INSERT INTO dated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body)
SELECT step_message_id, originator, sent_at, now(), 2, 'I0', '\\x01'::bytea FROM filled_request;
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, image, statement_count, stepped_at, step_stage, step_occurred_at,
    step_message_id)
SELECT originator, %(dcc)s, counter, message_id, now(), sent_at, '11.1',
    to_char(number / 20, 'FM00000000'), image_hash, '{"size_bytes": 1}', 1, sent_at, 2, sent_at,
    step_message_id
FROM filled_request;
INSERT INTO recorded_request_statement (request_key, message_id, recorded_at, sent_at, variant,
    stated_version, image_hash, image)
SELECT r.request_key, r.message_id, r.recorded_at, r.sent_at, r.variant, r.stated_version,
    r.image_hash, r.image
FROM request AS r
JOIN filled_request AS f USING (message_id);
INSERT INTO recorded_request_step (request_key, message_id, occurred_at, recorded_at, stage, failed,
    message_kind, code, user_id)
SELECT r.request_key, r.step_message_id, r.step_occurred_at, r.recorded_at, r.step_stage,
    r.step_failed, 2, 'I0', r.originator
FROM request AS r
JOIN filled_request AS f USING (message_id);
INSERT INTO stale_request SELECT request_key FROM request JOIN filled_request USING (message_id);
INSERT INTO standing_due (request_key)
SELECT request_key FROM request JOIN filled_request USING (message_id);
CREATE TEMPORARY TABLE filled_device AS
SELECT i, %(device)s + (i * 2654435761 %% %(scattered)s) AS device_id, request_key, originator,
    sent_at, image_hash
FROM generate_series(%(first)s::bigint, %(last)s - 1) AS i
JOIN request ON originator = %(user)s + i / %(per_request)s %% %(suppliers)s AND target = %(dcc)s
    AND counter = %(zero)s + i / %(per_request)s
ORDER BY device_id;
CREATE TEMPORARY TABLE filled_event AS
SELECT device_id, request_key, originator, image_hash, e AS stage, gen_random_uuid() AS message_id,
    sent_at + e * interval '5 hours' AS occurred_at
FROM filled_device
CROSS JOIN generate_series(1, 6) AS e
ORDER BY device_id;
INSERT INTO dated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body)
SELECT message_id, originator, occurred_at, now(), 3, 'N60', '\\x01'::bytea
FROM filled_event
ORDER BY message_id;
INSERT INTO recorded_event (device_id, request_key, message_id, occurred_at, recorded_at, stage,
    failed, firmware_version, image_hash, addressee, message_kind, code, responder,
    response_counter)
SELECT device_id, CASE WHEN stage < 6 THEN request_key END, message_id, occurred_at, now(), stage,
    false, NULL, CASE WHEN stage = 6 THEN image_hash END, originator, 3, 'N60',
    %(dcc)s, %(zero)s + stage
FROM filled_event;
INSERT INTO distribution (device_id, request_key, message_id, occurred_at, stage, addressee)
SELECT device_id, request_key, message_id, occurred_at, stage, originator
FROM filled_event
WHERE stage = 6;
INSERT INTO recorded_inventory_statement (device_id, message_id, recorded_at, learnt_at,
    device_type, csp_region, manufacturer, model, comms_hub_id)
SELECT device_id, %(import)s, now(), '2026-01-01', 'ESME',
    (ARRAY['North', 'Central', 'South'])[1 + i %% 3], '1001', 'M' || i %% 2, %(hub)s + i / 4
FROM filled_device;
INSERT INTO device (device_id, message_id, learnt_at, device_type, csp_region, manufacturer, model,
    comms_hub_id)
SELECT device_id, message_id, learnt_at, device_type, csp_region, manufacturer, model, comms_hub_id
FROM recorded_inventory_statement
JOIN filled_device USING (device_id);
DROP TABLE filled_request, filled_device, filled_event;
"""


def fill(
    conninfo: str, first: int, last: int, *, devices_per_request: int = DEVICES_PER_REQUEST
) -> None:
    """Fill in devices ``first`` to ``last``, each with an update of six events, and its facts."""
    numbers = {
        "user": to_bigint(USER),
        "dcc": to_bigint(DCC),
        "zero": to_bigint(0),
        "device": to_bigint(_FIRST_DEVICE),
        "hub": to_bigint(_FIRST_DEVICE - _SCATTERED),
        "scattered": _SCATTERED,
        "per_request": devices_per_request,
        "suppliers": SUPPLIERS,
        "import": IMPORT_ID,
    }
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=psycopg.ClientCursor) as made:
        for start in range(first, last, _DEVICES_AT_ONCE):
            end = min(start + _DEVICES_AT_ONCE, last)
            made.execute(_FILL, numbers | {"first": start, "last": end})
            console.print(f"  {end:,} of {last:,} devices filled in")
        made.execute("VACUUM ANALYZE")
        made.execute("CHECKPOINT")


def device_at(number: int) -> Eui64:
    """Return the ID of the device of this number."""
    return Eui64(_FIRST_DEVICE + number * 2654435761 % _SCATTERED)


def request_at(number: int, devices_per_request: int = DEVICES_PER_REQUEST) -> RequestId:
    """Return the ID of the request that names the device of this number."""
    request = number // devices_per_request
    return RequestId(Eui64(USER + request % SUPPLIERS), DCC, request)


def devices_for(events: int) -> int:
    """Return how many devices have that many events, or a few more."""
    return ceil(events / EVENTS_PER_DEVICE)
