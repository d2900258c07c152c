-- What an import entered, and which lines were refused, stays: only a preview can be thrown away, nothing goes back to one.

CREATE OR REPLACE FUNCTION imports_keep_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state <> 'staged' AND (TG_OP = 'DELETE' OR NEW.state = 'staged'
        OR (NEW.sha256, NEW.rows, NEW.lines, NEW.counts, NEW.committed_by_id, NEW.committed_at)
           IS DISTINCT FROM (OLD.sha256, OLD.rows, OLD.lines, OLD.counts, OLD.committed_by_id, OLD.committed_at)
        OR NEW.touched IS DISTINCT FROM OLD.touched AND (OLD.state, NEW.state) <> ('committed', 'reversed')) THEN
        RAISE EXCEPTION 'What an import entered stays as it was: % is refused.', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN COALESCE(NEW, OLD);
END
$$;
DROP TRIGGER IF EXISTS keep_entered ON imports_importbatch;
CREATE TRIGGER keep_entered BEFORE UPDATE OR DELETE ON imports_importbatch
    FOR EACH ROW EXECUTE FUNCTION imports_keep_entered();
