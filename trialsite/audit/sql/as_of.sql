-- The rows of a table as the trail leaves them at an instant: the values of each row by column, `extra` and `missing`
-- put together again. Every entry names its columns as they were called then; `p_names` says what they are called now.
-- Only the entries that the reader may see are folded. `p_chain` NULL folds all chains; `p_open` are requests that had
-- not ended at the instant: nobody had seen anything of them.
CREATE OR REPLACE FUNCTION audit_fold(p_table text, p_instant timestamptz, p_chain text, p_names jsonb, p_open text[])
RETURNS TABLE (row_id text, "values" jsonb) LANGUAGE sql STABLE AS $$
    WITH entries AS (
        SELECT t.id, t.row_id, t.action, t.changes,
               max(t.id) FILTER (WHERE t.action = 'I') OVER w AS born,
               COALESCE(max(t.id) FILTER (WHERE t.action = 'D') OVER w, 0) AS gone
        FROM public.audit_trail t
        WHERE t.table_name = p_table AND t.at <= p_instant AND (p_chain IS NULL OR t.chain = p_chain)
          AND NOT t.request_id = ANY (p_open)
        WINDOW w AS (PARTITION BY t.row_id)
    ), items AS (
        SELECT DISTINCT ON (e.row_id, COALESCE(p_names ->> i.key, i.key))
               e.row_id, COALESCE(p_names ->> i.key, i.key) AS key,
               CASE e.action WHEN 'U' THEN i.value -> 1 ELSE i.value END AS value
        FROM entries e CROSS JOIN LATERAL jsonb_each(e.changes) i
        WHERE e.id >= e.born AND e.born > e.gone
        ORDER BY e.row_id, COALESCE(p_names ->> i.key, i.key), e.id DESC
    )
    SELECT i.row_id,
        COALESCE(jsonb_object_agg(i.key, i.value) FILTER (WHERE i.key !~ '^(extra|missing)\.'), '{}')
        || jsonb_build_object(
            'extra', COALESCE(jsonb_object_agg(substr(i.key, 7), i.value)
                FILTER (WHERE i.key LIKE 'extra.%' AND i.value <> 'null'), '{}'),
            'missing', COALESCE(jsonb_object_agg(substr(i.key, 9), i.value)
                FILTER (WHERE i.key LIKE 'missing.%' AND i.value <> 'null'), '{}'))
    FROM items i GROUP BY i.row_id
$$;

-- The same for a table without row-level security, which everybody who may read it reads whole: sites, accounts,
-- studies. Their entries stand in chains that only administrators may read in the trail.
CREATE OR REPLACE FUNCTION audit_fold_whole(
    p_table text, p_instant timestamptz, p_chain text, p_names jsonb, p_open text[])
RETURNS TABLE (row_id text, "values" jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    source regclass := format('public.%I', p_table)::regclass;
BEGIN
    IF (SELECT c.relrowsecurity FROM pg_class c WHERE c.oid = source)
       OR NOT has_table_privilege(session_user, source, 'SELECT') THEN
        RAISE EXCEPTION '% is not read whole.', p_table USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT f.row_id, f."values" FROM audit_fold(p_table, p_instant, p_chain, p_names, p_open) f;
END
$$;

-- The requests that were under way at an instant: a request is one transaction, seen whole or not at all.
CREATE OR REPLACE FUNCTION audit_open_requests(p_instant timestamptz) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT COALESCE(array_agg(DISTINCT t.request_id), '{}') FROM audit_trail t
    WHERE t.at > p_instant AND t.at <= p_instant + interval '1 hour' AND t.request_id <> '' AND t.request_id IN (
        SELECT b.request_id FROM audit_trail b WHERE b.at <= p_instant AND b.at > p_instant - interval '1 hour')
$$;
