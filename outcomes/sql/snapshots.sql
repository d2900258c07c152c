-- Data cuts: the heads of every chain on which a study's data rest, and the requests that were under way meanwhile.
-- A head holds every entry of its chain up to its position; what had not been committed lies beyond (docs/adr/0046).

CREATE OR REPLACE FUNCTION study_heads(p_study uuid) RETURNS TABLE (chain text, "position" bigint, hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.chain, c.length, encode(c.head, 'hex') FROM audit_chain c
    WHERE outcomes_may_see(p_study) AND (c.chain IN ('system', 'study:' || p_study)
       OR c.chain IN (SELECT 'subject:' || s.id FROM casebook_subject s WHERE s.study_id = p_study))
    ORDER BY c.chain COLLATE "C"
$$;

-- A request is one transaction, in the heads as a whole or not at all, so it is left out by its name. A transaction
-- longer than a day does not exist.
CREATE OR REPLACE FUNCTION study_requests_beyond(p_study uuid, p_heads jsonb, p_instant timestamptz) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT COALESCE(array_agg(DISTINCT t.request_id), '{}') FROM audit_trail t
    LEFT JOIN LATERAL (SELECT (p_heads ->> t.chain)::bigint AS position) h ON true
    WHERE t.at <= p_instant AND t.at > p_instant - interval '1 day' AND t.request_id <> ''
      AND CASE WHEN h.position IS NULL THEN t.study_id = p_study ELSE t.position > h.position END
$$;

-- What a cut says of itself never changes, whoever asks; neither do its files.
CREATE OR REPLACE FUNCTION outcomes_cut_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A data cut and its files are written once: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['outcomes_datacut', 'outcomes_datacutfile', 'outcomes_datacutcontent'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS once_rows ON %I', name);
        EXECUTE format('CREATE TRIGGER once_rows BEFORE UPDATE OR DELETE ON %I FOR EACH ROW'
            ' EXECUTE FUNCTION outcomes_cut_refuse()', name);
    END LOOP;
END
$$;
