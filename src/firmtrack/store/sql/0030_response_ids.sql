-- DCC's Response ID of a message: who responded, DCC or a device, and its counter; the third part, to
-- whom, is user_id. Both null of what has none: a request, a stage report, some alerts.
ALTER TABLE message ADD COLUMN responder bigint, ADD COLUMN response_counter bigint;

-- What is recorded from now on is read by this edition.
INSERT INTO rereading (edition, phase, ended_at)
SELECT 4, 'done', now()
WHERE NOT EXISTS (SELECT FROM message);
