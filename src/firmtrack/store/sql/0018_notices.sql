-- Each endpoint's queue is called that; which channels there are is known by firmtrack.notices alone.
ALTER TABLE notice_lane RENAME TO endpoint_queue;
ALTER TABLE endpoint_queue RENAME CONSTRAINT notice_lane_pkey TO endpoint_queue_pkey;
ALTER TABLE endpoint_queue
    RENAME CONSTRAINT notice_lane_endpoint_id_fkey TO endpoint_queue_endpoint_id_fkey;
ALTER TABLE notice_endpoint DROP CONSTRAINT notice_endpoint_channel_check;
