-- What another party has: requests %(first)s to %(last)s, of a hundred devices each whose IDs come
-- before all others, with their events, facts, figures, notices and withdrawals.
INSERT INTO request (originator, target, counter, message_id, recorded_at, sent_at, variant,
    stated_version, statement_count)
SELECT %(user_id)s, %(dcc)s, %(zero)s + r, gen_random_uuid(), now(),
    '2026-01-05'::timestamptz + r * interval '1 minute', '11.1', '00000001', 1
FROM generate_series(%(first)s, %(last)s) AS r;
CREATE TEMPORARY TABLE made AS
SELECT r.request_key, r.message_id, r.sent_at, %(zero)s + 1 + i AS device_id,
    %(zero)s + 1000000000 + i AS comms_hub_id
FROM generate_series(%(first)s * 100, %(last)s * 100 + 99) AS i
JOIN request AS r ON r.counter = %(zero)s + i / 100;
INSERT INTO recorded_request_statement (request_key, message_id, recorded_at, sent_at, variant,
    stated_version, image)
SELECT DISTINCT request_key, message_id, now(), sent_at, '11.1', '00000001', '{"size_bytes": 1}'::jsonb
FROM made;
INSERT INTO recorded_event (device_id, request_key, message_id, occurred_at, recorded_at, stage,
    failed, addressee, message_kind, code, comms_hub_id)
SELECT device_id, request_key, gen_random_uuid(), sent_at + s * interval '1 hour', now(), s, false,
    %(user_id)s, 3, 'N60', comms_hub_id
FROM made, generate_series(2, 4) AS s;
INSERT INTO dated_message (message_id, user_id, occurred_at, recorded_at, kind, code, body, submitter)
SELECT message_id, addressee, occurred_at, recorded_at, message_kind, code, '', 'Bravo Power'
FROM recorded_event
ON CONFLICT DO NOTHING;
INSERT INTO distribution (device_id, request_key, message_id, occurred_at, stage, addressee)
SELECT e.device_id, request_key, e.message_id, e.occurred_at, stage, addressee
FROM recorded_event AS e
JOIN made USING (device_id, request_key)
WHERE e.stage = 4;
INSERT INTO device (device_id, message_id, learnt_at, device_type, csp_region, manufacturer, model,
    comms_hub_id)
SELECT device_id, message_id, sent_at, 'ESME', 'North', 'Another', 'A1', comms_hub_id FROM made;
INSERT INTO recorded_inventory_statement (device_id, message_id, recorded_at, learnt_at, user_id,
    message_kind, device_type, csp_region, manufacturer, model, comms_hub_id)
SELECT d.device_id, d.message_id, now(), d.learnt_at, %(user_id)s, 9, d.device_type, d.csp_region,
    d.manufacturer, d.model, d.comms_hub_id
FROM device AS d
JOIN made USING (device_id);
INSERT INTO comms_hub_device (comms_hub_id, device_id)
SELECT comms_hub_id, device_id FROM made ON CONFLICT DO NOTHING;
INSERT INTO device_segment (csp_region, device_type, manufacturer, model)
VALUES ('North', 'ESME', 'Another', 'A1') ON CONFLICT DO NOTHING;
INSERT INTO performance_count
SELECT request_key, segment_key, 4, false, 'in_progress', NULL, count(*)
FROM made, device_segment
GROUP BY request_key, segment_key;
INSERT INTO withdrawal (message_id, withdrawn_at, withdrawn_because)
SELECT gen_random_uuid(), now(), 'sent by mistake' FROM made;
INSERT INTO notice (notice_id, endpoint_id, topic, service_request_id, device_ids, device_count,
    body, created_at, waits_since)
SELECT gen_random_uuid(), e.endpoint_id, 'distribution.failed', m.request_key::text,
    ARRAY[m.device_id], 1, '', now(), now()
FROM made AS m, notice_endpoint AS e JOIN accounts_party AS p ON p.id = e.party_id
WHERE p.name = 'Bravo Power';
INSERT INTO lookup_audit (viewer, kind, term, row_count) SELECT 'Ben', 'device', '', 1 FROM made;
INSERT INTO stay_at_hub SELECT request_key, 4, device_id, comms_hub_id, now(), true FROM made;
INSERT INTO request_standing SELECT DISTINCT request_key, %(user_id)s::bigint, now(), 0, 100, 0, 100,
    '{}'::smallint[], '{}'::text[], '{}'::integer[], now(), now()
FROM made;
INSERT INTO trouble_update SELECT request_key, device_id, 4, false, NULL, now() FROM made;
INSERT INTO stalled_update SELECT request_key, device_id, 4 FROM made;
INSERT INTO standing_due (request_key) SELECT request_key FROM made;
INSERT INTO accounts_user (email, password, party_id, role, is_active, added_at)
SELECT 'ben@bravo.example', '', id, 'viewer', true, now() FROM accounts_party WHERE name = 'Bravo Power'
ON CONFLICT DO NOTHING;
INSERT INTO watch (person_id, party_id, device_id, endpoint_id, told, due_at)
SELECT u.id, u.party_id, m.device_id, e.endpoint_id, '{}', now()
FROM made AS m, accounts_user AS u JOIN notice_endpoint AS e USING (party_id)
WHERE u.email = 'ben@bravo.example';
DROP TABLE made;
