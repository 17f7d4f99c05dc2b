INSERT INTO notice_try (notice_id, started_at, milliseconds, status_code, problem)
VALUES (%(notice_id)s, %(started_at)s, %(milliseconds)s, %(status_code)s, %(problem)s)
