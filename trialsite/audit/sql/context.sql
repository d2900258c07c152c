-- Who acts, as `audit.acting` told this transaction. Nothing is set at session level, so connections can be reused.
CREATE OR REPLACE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT NULLIF(current_setting('app.user_id', true), '')::uuid $$;

CREATE OR REPLACE FUNCTION app_is_system() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT COALESCE(current_setting('app.role', true), '') = 'system' $$;

-- The (study, site) pairs that the acting user's memberships open today; site NULL opens every site of the study.
CREATE OR REPLACE VIEW access_current_grant WITH (security_invoker = true) AS
SELECT study_id, site_id, role
FROM access_membership
WHERE user_id = app_user_id() AND study_id IS NOT NULL
  AND starts_on <= current_date AND (ends_on IS NULL OR ends_on >= current_date);
