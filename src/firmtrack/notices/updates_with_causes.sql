-- Each of the party's own updates with each of the party's known causes that it has, by how it stands and what it has
-- in common with others. Only of those that may have one the profile is read, once.
eligible AS MATERIALIZED (
    SELECT *
    FROM updates
    WHERE is_own AND EXISTS (
        SELECT
        FROM party_cause AS known
        WHERE known.party_id = %(party_id)s AND known.found_at > %(fresh)s
          AND known.status = updates.status AND known.reason IS NOT DISTINCT FROM updates.reason
    )
), {profiles}, with_cause AS (
    SELECT p.*, c.cause_id, c.place AS cause_place
    FROM update_profile AS p
    JOIN request AS r ON r.request_key = p.request_key
    JOIN party_cause AS c
        ON c.party_id = %(party_id)s AND c.found_at > %(fresh)s
        AND c.status = p.status AND c.reason IS NOT DISTINCT FROM p.reason
    WHERE (c.device_type IS NULL OR c.device_type = p.device_type)
      AND (c.manufacturer IS NULL OR c.manufacturer = p.manufacturer)
      AND (c.model IS NULL OR c.model = p.model)
      AND (c.csp_region IS NULL OR c.csp_region = p.csp_region)
      AND (c.from_version IS NULL OR c.from_version = p.from_version)
      AND (c.comms_hub_manufacturer IS NULL OR c.comms_hub_manufacturer = p.comms_hub_manufacturer)
      AND (c.comms_hub_model IS NULL OR c.comms_hub_model = p.comms_hub_model)
      AND (
          c.comms_hub_firmware_version IS NULL
          OR c.comms_hub_firmware_version = p.comms_hub_firmware_version
      )
      AND (c.firmware_version IS NULL OR c.firmware_version = comparable_version(r.firmware_version))
      AND (c.image_hash IS NULL OR c.image_hash = encode(r.image_hash, 'hex'))
      AND (c.named_request_key IS NULL OR c.named_request_key = r.request_key)
)
