-- Following the trail without a gap. Entries are numbered before they commit, so numbers alone would pass over a late
-- commit; in the order of (transaction, id) everything before audit_settled() is there for good (docs/adr/0050).

-- The transaction that writes. audit_base() is raised where the record was restored on another server, whose own count
-- of transactions begins anew.
CREATE OR REPLACE FUNCTION audit_transaction() RETURNS bigint LANGUAGE sql AS $$
    SELECT public.audit_base() + pg_current_xact_id()::text::bigint
$$;

-- The first transaction that may still be under way: all before it have ended.
CREATE OR REPLACE FUNCTION audit_settled() RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT public.audit_base() + pg_snapshot_xmin(pg_current_snapshot())::text::bigint
$$;

-- The last entry, of whatever place, before which nothing can appear any more; no row in an empty trail.
CREATE OR REPLACE FUNCTION audit_settled_end() RETURNS TABLE (transaction bigint, id bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.transaction, t.id FROM audit_trail t WHERE t.transaction < audit_settled()
    ORDER BY t.transaction DESC, t.id DESC LIMIT 1
$$;

-- Whether a place in this order is that of an entry: of a record that was restored to an earlier state it may be none.
CREATE OR REPLACE FUNCTION audit_stands(p_transaction bigint, p_id bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM audit_trail t WHERE t.id = p_id AND t.transaction = p_transaction)
$$;
