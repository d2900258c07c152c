-- Who acts, as `audit.acting` told this transaction. Nothing is set at session level, so connections can be reused.
CREATE OR REPLACE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT NULLIF(current_setting('app.user_id', true), '')::uuid $$;

CREATE OR REPLACE FUNCTION app_is_system() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT COALESCE(current_setting('app.role', true), '') = 'system' $$;

-- The places that the acting user's memberships (in one of `roles`, or in any) open today: "study" for each study, and
-- "study" || "site" for each of its sites, those of a study-wide membership included. Read once a statement. No temporary
-- table stands before the tables of rights: who reads as of an instant reads with the memberships of today.
CREATE OR REPLACE FUNCTION app_places(roles text[] DEFAULT NULL) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
BEGIN
    RETURN ARRAY(
        SELECT m.study_id::text || place.site
        FROM access_membership m
        CROSS JOIN LATERAL (
            SELECT '' AS site
            UNION ALL
            SELECT s.site_id::text FROM studies_studysite s
            WHERE s.study_id = m.study_id AND (m.site_id IS NULL OR s.site_id = m.site_id)
        ) place
        WHERE m.user_id = app_user_id() AND m.study_id IS NOT NULL
          AND (app_places.roles IS NULL OR m.role = ANY (app_places.roles))
          AND m.starts_on <= current_date AND (m.ends_on IS NULL OR m.ends_on >= current_date));
END
$$;
