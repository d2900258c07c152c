-- The trail's one writer. Runs as the owner, so the app role needs no right on the trail but SELECT.

CREATE OR REPLACE FUNCTION audit_items(row_values jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT (row_values - 'extra' - 'missing')
        || COALESCE((SELECT jsonb_object_agg('extra.' || key, value)
                     FROM jsonb_each(row_values -> 'extra')), '{}'::jsonb)
        || COALESCE((SELECT jsonb_object_agg('missing.' || key, value)
                     FROM jsonb_each(row_values -> 'missing')), '{}'::jsonb)
$$;

CREATE OR REPLACE FUNCTION audit_payload(entry audit_trail) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT convert_to(concat_ws(E'\x1f',
        entry.chain, (extract(epoch FROM entry.at) * 1000000)::bigint::text,
        COALESCE(entry.user_id::text, '-'), entry.role, COALESCE(entry.study_id::text, '-'),
        COALESCE(entry.site_id::text, '-'), COALESCE(entry.subject_id::text, '-'),
        entry.table_name, entry.row_id, entry.action, entry.changes::text, entry.reason, entry.request_id,
        NULLIF(entry.prompt, '')), 'UTF8')
$$;

CREATE OR REPLACE FUNCTION audit_record() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    chain_kind text := TG_ARGV[0];
    redacted text[] := string_to_array(TG_ARGV[1], ',');
    old_items jsonb;
    new_items jsonb;
    here jsonb;
    entry audit_trail;
    payload bytea;
BEGIN
    entry.user_id := app_user_id();
    entry.role := COALESCE(current_setting('app.role', true), '');
    IF entry.user_id IS NULL AND entry.role <> 'system' THEN
        RAISE EXCEPTION 'No actor: a change to % must run inside audit.acting.', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP <> 'INSERT' THEN old_items := audit_items(to_jsonb(OLD)); END IF;
    IF TG_OP <> 'DELETE' THEN new_items := audit_items(to_jsonb(NEW)); END IF;
    here := COALESCE(new_items, old_items);
    IF TG_OP = 'UPDATE' THEN
        SELECT COALESCE(jsonb_object_agg(key, CASE WHEN key = ANY (redacted) THEN '["***", "***"]'::jsonb
                ELSE jsonb_build_array(old_items -> key, new_items -> key) END), '{}'::jsonb)
        INTO entry.changes
        FROM (SELECT key FROM jsonb_object_keys(old_items) AS key
              UNION SELECT key FROM jsonb_object_keys(new_items) AS key) AS keys
        WHERE old_items -> key IS DISTINCT FROM new_items -> key;
        IF entry.changes = '{}'::jsonb THEN RETURN NULL; END IF;
    ELSE
        SELECT COALESCE(jsonb_object_agg(key, CASE WHEN key = ANY (redacted) THEN '"***"'::jsonb
                ELSE value END), '{}'::jsonb)
        INTO entry.changes
        FROM jsonb_each(here) WHERE value <> 'null'::jsonb;
    END IF;

    entry.at := clock_timestamp();
    entry.action := left(TG_OP, 1);
    entry.table_name := TG_TABLE_NAME;
    entry.row_id := COALESCE(here ->> 'id', '');
    entry.study_id := CASE WHEN TG_TABLE_NAME = 'studies_study' THEN here ->> 'id' ELSE here ->> 'study_id' END;
    entry.site_id := here ->> 'site_id';
    entry.reason := COALESCE(current_setting('app.reason', true), '');
    entry.request_id := COALESCE(current_setting('app.request_id', true), '');
    entry.prompt := COALESCE(current_setting('app.prompt', true), '');
    IF chain_kind = 'subject' THEN
        entry.subject_id := CASE WHEN TG_TABLE_NAME = 'casebook_subject' THEN here ->> 'id'
            ELSE here ->> 'subject_id' END;
    END IF;
    IF entry.subject_id IS NOT NULL THEN
        entry.chain := 'subject:' || entry.subject_id;
    ELSIF chain_kind IN ('subject', 'study') AND entry.study_id IS NOT NULL THEN
        entry.chain := 'study:' || entry.study_id;
    ELSIF chain_kind = 'user' THEN
        entry.chain := 'events:' || COALESCE(here ->> 'user_id', '-');
    ELSE
        entry.chain := 'system';
    END IF;
    IF entry.role = '' THEN
        SELECT m.role INTO entry.role FROM app_roles() m
        WHERE (m.study_id = entry.study_id OR m.study_id IS NULL)
          AND (m.site_id IS NULL OR m.site_id = entry.site_id)
        ORDER BY m.study_id NULLS LAST, m.site_id NULLS LAST LIMIT 1;
        entry.role := COALESCE(entry.role, '');
    END IF;
    IF entry.role = 'inspector' THEN
        RAISE EXCEPTION 'An inspector reads the record and changes nothing: % on % is refused.', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;

    -- One statement locks the chain, extends it and gives its new head: writers queue per chain only.
    payload := audit_payload(entry);
    INSERT INTO audit_chain AS c (chain, length, head) VALUES (entry.chain, 1, sha256(payload))
    ON CONFLICT (chain) DO UPDATE SET length = c.length + 1, head = sha256(c.head || payload)
    RETURNING c.length, c.head INTO entry.position, entry.hash;
    entry.id := nextval('audit_trail_id_seq');
    entry.transaction := audit_transaction();
    INSERT INTO audit_trail SELECT entry.*;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The audit trail is written once: % on % is refused.', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Where a chain does not agree with itself or with its head: no rows means that everything recorded still stands.
CREATE OR REPLACE FUNCTION audit_breaks() RETURNS TABLE (chain text, "position" bigint, problem text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH linked AS (
        SELECT t.chain, t.position, t.hash,
               sha256(COALESCE(lag(t.hash) OVER w, ''::bytea) || audit_payload(t)) AS expected,
               COALESCE(lag(t.position) OVER w, 0) + 1 AS expected_position
        FROM audit_trail t WINDOW w AS (PARTITION BY t.chain ORDER BY t.position)
    ), tails AS (
        SELECT l.chain, max(l.position) AS length FROM linked l GROUP BY l.chain
    )
    SELECT l.chain, l.position,
           CASE WHEN l.position <> l.expected_position THEN 'entries are missing before this one'
                ELSE 'this entry, or the one before it, was altered' END
    FROM linked l WHERE l.hash <> l.expected OR l.position <> l.expected_position
    UNION ALL
    SELECT c.chain, c.length, 'the end of the chain is missing'
    FROM audit_chain c LEFT JOIN tails t USING (chain) WHERE c.length <> COALESCE(t.length, 0)
    UNION ALL
    SELECT t.chain, t.length, 'the chain has no head'
    FROM tails t LEFT JOIN audit_chain c USING (chain) WHERE c.chain IS NULL
    UNION ALL
    SELECT c.chain, c.length, 'the head does not match the last entry'
    FROM audit_chain c JOIN audit_trail t ON t.chain = c.chain AND t.position = c.length WHERE t.hash <> c.head
    ORDER BY 1, 2
$$;
