-- Roles are changed by administrators, delegations signed by the principal investigator of their site: the database
-- holds it before the change, so that nobody opens a door for themselves.

CREATE OR REPLACE FUNCTION access_guard_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (app_is_system() OR EXISTS (SELECT 1 FROM app_roles() r WHERE r.role = 'administrator')) THEN
        RAISE EXCEPTION 'Only an administrator changes roles: % on % is refused.', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS guard_roles ON access_membership;
CREATE TRIGGER guard_roles BEFORE INSERT OR UPDATE ON access_membership
    FOR EACH ROW EXECUTE FUNCTION access_guard_roles();

CREATE OR REPLACE FUNCTION access_guard_delegations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.signed_by_id IS DISTINCT FROM app_user_id() OR NOT EXISTS (
            SELECT 1 FROM access_standing(current_date) a JOIN public.access_membership m ON m.id = a.membership_id
            WHERE a.user_id = NEW.signed_by_id AND m.principal AND a.missing = '{}'
              AND a.study_id = NEW.study_id AND a.site_id = NEW.site_id) THEN
            RAISE EXCEPTION 'A delegation is signed by the principal investigator of its site.'
                USING ERRCODE = 'insufficient_privilege';
        END IF;
    ELSIF (NEW.membership_id, NEW.study_id, NEW.site_id, NEW.duties, NEW.starts_on, NEW.signed_at, NEW.signed_by_id)
          IS DISTINCT FROM
          (OLD.membership_id, OLD.study_id, OLD.site_id, OLD.duties, OLD.starts_on, OLD.signed_at, OLD.signed_by_id)
          OR OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'What was signed does not change: a delegation is ended, and another one is signed.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
DROP TRIGGER IF EXISTS guard_delegations ON access_delegation;
CREATE TRIGGER guard_delegations BEFORE INSERT OR UPDATE ON access_delegation
    FOR EACH ROW EXECUTE FUNCTION access_guard_delegations();
