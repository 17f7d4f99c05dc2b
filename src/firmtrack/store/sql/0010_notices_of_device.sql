-- A device's notices are found by the request that they name; those that name none, to be told to
-- another party than the request's own, by the device. These are few: the index costs little.
CREATE INDEX notice_of_request ON notice (service_request_id)
    WHERE service_request_id IS NOT NULL;
CREATE INDEX notice_of_device ON notice USING gin (device_ids)
    WHERE service_request_id IS NULL AND device_ids IS NOT NULL;
