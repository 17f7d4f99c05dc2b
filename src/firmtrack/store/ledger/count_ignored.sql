INSERT INTO ignored_count AS i (kind, count)
VALUES (%s, %s)
ON CONFLICT (kind) DO UPDATE SET count = i.count + excluded.count
