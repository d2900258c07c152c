-- The hourly digest: one hash over the heads of all chains. A digest lists the heads that moved since the one before and
-- is chained to it, so it covers the heads that did not move as well (docs/adr/0016).

CREATE OR REPLACE FUNCTION audit_digest_of(p_digest audit_digest) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(concat_ws(E'\n',
        concat_ws(E'\x1f', p_digest.id, (extract(epoch FROM p_digest.at) * 1000000)::bigint, p_digest.chains,
            p_digest.previous),
        (SELECT string_agg(concat_ws(E'\x1f', h.chain, h.position, encode(h.hash, 'hex')), E'\n'
                           ORDER BY h.chain COLLATE "C")
         FROM public.audit_digest_head h WHERE h.digest_id = p_digest.id)), 'UTF8')), 'hex')
$$;

CREATE OR REPLACE FUNCTION audit_publish() RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    fresh audit_digest;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_publish', 0));
    fresh.id := nextval(pg_get_serial_sequence('audit_digest', 'id'));
    fresh.at := clock_timestamp();
    -- One snapshot of the committed heads; nobody who saves is held up, and holds this up.
    INSERT INTO audit_digest_head (digest_id, chain, position, hash)
        SELECT fresh.id, c.chain, c.length, c.head
        FROM audit_chain c
        LEFT JOIN LATERAL (SELECT h.position FROM audit_digest_head h WHERE h.chain = c.chain
                           ORDER BY h.digest_id DESC LIMIT 1) published ON true
        WHERE published.position IS DISTINCT FROM c.length;
    SELECT count(DISTINCT h.chain) INTO fresh.chains FROM audit_digest_head h;
    SELECT COALESCE((SELECT d.digest FROM audit_digest d ORDER BY d.id DESC LIMIT 1), '') INTO fresh.previous;
    fresh.digest := audit_digest_of(fresh);
    INSERT INTO audit_digest SELECT fresh.*;
    RETURN fresh.id;
END
$$;

-- Published digests that no longer come out, and the first entry of each chain that they published and that is not there.
CREATE OR REPLACE FUNCTION audit_digest_breaks() RETURNS TABLE (chain text, "position" bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT 'digest', d.id, 'the digest does not come out of the heads it lists'
    FROM audit_digest d WHERE d.digest <> audit_digest_of(d)
    UNION ALL
    SELECT 'digest', d.id, 'the digest before this one is missing or another'
    FROM (SELECT d.*, COALESCE(lag(d.digest) OVER (ORDER BY d.id), '') AS before FROM audit_digest d) d
    WHERE d.previous <> d.before
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (h.chain) h.chain, h.position,
               format('digest %s of %s holds another entry here', d.id, to_char(d.at AT TIME ZONE 'UTC',
                      'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
        FROM audit_digest_head h JOIN audit_digest d ON d.id = h.digest_id
        WHERE NOT EXISTS (SELECT 1 FROM audit_trail t
                          WHERE t.chain = h.chain AND t.position = h.position AND t.hash = h.hash)
        ORDER BY h.chain, h.position) first_of_chain
    ORDER BY 1, 2
$$;
