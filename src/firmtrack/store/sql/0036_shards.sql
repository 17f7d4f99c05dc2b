-- The statements that used them hold their texts: no shard can be asked for what a function reads.
DROP FUNCTION attributed_request(bigint, timestamptz, bytea, text, bigint);
DROP FUNCTION performance_request(boolean, bigint[], bigint, timestamptz, timestamptz);
DROP VIEW update_profile;

-- What "older" of a device's row keeps of a fact: when it was learnt, null if that is not known, and by
-- which message. A time in it says its zone, so that both are the same in every session, which
-- PostgreSQL does not know of the casts in them.
CREATE FUNCTION fact_origin(learnt_at timestamptz, message_id uuid) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN jsonb_build_array(learnt_at, message_id);
CREATE FUNCTION fact_learnt_at(origin jsonb) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (origin ->> 0)::timestamptz;
CREATE FUNCTION fact_origins(names text[], origins jsonb[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT jsonb_object_agg(name, origin) FILTER (WHERE origin IS NOT NULL)
        FROM unnest(names, origins) AS of_fact (name, origin)
    );
