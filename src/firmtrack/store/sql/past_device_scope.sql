INSERT INTO past_scope_device (device_id) VALUES (%(device_id)s)
