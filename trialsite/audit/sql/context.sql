-- Who acts, as `audit.acting` told this transaction. Nothing is set at session level, so connections can be reused.
CREATE OR REPLACE FUNCTION app_user_id() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT NULLIF(current_setting('app.user_id', true), '')::uuid $$;

CREATE OR REPLACE FUNCTION app_is_system() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT COALESCE(current_setting('app.role', true), '') = 'system' $$;

-- Every membership that holds on a day, with the required trainings that its person does not have then and whether its
-- duties are delegated: active when nothing is missing and they are. What somebody ended counts no more from that
-- moment on; with `p_since` (the start of a day that is being reviewed) it counts if it stood at that instant or later,
-- and what was recorded after that day does not count. The tables are named with their schema: who reads as of an
-- instant has temporary tables before them, and reads with the rights of today.
CREATE OR REPLACE FUNCTION access_standing(p_day date, p_since timestamptz DEFAULT NULL)
RETURNS TABLE (membership_id uuid, user_id uuid, study_id uuid, site_id uuid, role text, missing text[],
               delegated boolean)
LANGUAGE sql STABLE AS $$
    SELECT m.id, m.user_id, m.study_id, m.site_id, m.role::text,
        ARRAY(
            SELECT r.kind::text FROM public.access_requiredtraining r
            WHERE r.role = m.role AND NOT EXISTS (
                SELECT 1 FROM public.access_training t
                WHERE t.user_id = m.user_id AND t.kind = r.kind AND t.completed_on <= p_day
                  AND (t.expires_on IS NULL OR t.expires_on >= p_day)
                  AND (t.withdrawn_at IS NULL OR t.withdrawn_at >= p_since)
                  AND (p_since IS NULL OR t.recorded_at < p_since + interval '1 day')
                  AND (t.protocol_version_id IS NULL OR EXISTS (
                      SELECT 1 FROM public.studies_studysite s
                      WHERE s.study_id = m.study_id AND (m.site_id IS NULL OR s.site_id = m.site_id)
                        AND s.protocol_version_id = t.protocol_version_id)
                      OR NOT EXISTS (  -- no site is open yet: any version of the study
                          SELECT 1 FROM public.studies_studysite s WHERE s.study_id = m.study_id)
                      AND EXISTS (
                          SELECT 1 FROM public.studies_protocolversion v
                          WHERE v.id = t.protocol_version_id AND v.study_id = m.study_id)))
            ORDER BY r.kind),
        m.principal OR m.role NOT IN ('coordinator', 'investigator') OR EXISTS (
            SELECT 1 FROM public.access_delegation d
            WHERE d.membership_id = m.id AND d.starts_on <= p_day AND (d.ends_on IS NULL OR d.ends_on >= p_day)
              AND (d.ended_at IS NULL OR d.ended_at >= p_since))
    FROM public.access_membership m
    WHERE m.starts_on <= p_day AND (m.ends_on IS NULL OR m.ends_on >= p_day)
      AND (m.ended_at IS NULL OR m.ended_at >= p_since)
$$;

-- The active roles of the acting user today: the only place where a policy or a function asks for them.
CREATE OR REPLACE FUNCTION app_roles() RETURNS TABLE (study_id uuid, site_id uuid, role text) LANGUAGE sql STABLE AS $$
    SELECT a.study_id, a.site_id, a.role FROM access_standing(current_date) a
    WHERE a.user_id = app_user_id() AND a.missing = '{}' AND a.delegated
$$;

-- The same rows for `grants_of`, for one person; in plpgsql, which keeps the plan of the query.
CREATE OR REPLACE FUNCTION access_grants(p_user uuid)
RETURNS TABLE (study_id uuid, site_id uuid, role text, active boolean) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY SELECT a.study_id, a.site_id, a.role, a.missing = '{}' AND a.delegated
        FROM access_standing(current_date) a WHERE a.user_id = p_user;
END
$$;

-- The places that the acting user's active roles (one of `roles`, or any that reads the record: a committee for events
-- sees its packages alone) open: "study" for each study, and
-- "study" || "site" for each of its sites, those of a study-wide role included. Every policy asks for them in every
-- statement, so the answer is kept with its user for the rest of the acting context (`audit.acting` forgets it).
CREATE OR REPLACE FUNCTION app_places(roles text[] DEFAULT NULL) RETURNS text[] LANGUAGE plpgsql STABLE AS $$
DECLARE
    mark text := app_user_id()::text || '|';
    kept text := current_setting('app.places', true);
    places text[];
BEGIN
    IF app_places.roles IS NULL AND starts_with(kept, mark) THEN
        RETURN string_to_array(substr(kept, length(mark) + 1), ',');
    END IF;
    places := ARRAY(
        SELECT m.study_id::text || place.site
        FROM app_roles() m
        CROSS JOIN LATERAL (
            SELECT '' AS site
            UNION ALL
            SELECT s.site_id::text FROM public.studies_studysite s
            WHERE s.study_id = m.study_id AND (m.site_id IS NULL OR s.site_id = m.site_id)
        ) place
        WHERE m.study_id IS NOT NULL AND CASE WHEN app_places.roles IS NULL
            THEN m.role NOT IN ('adjudicator', 'chair') ELSE m.role = ANY (app_places.roles) END);
    IF app_places.roles IS NULL AND mark IS NOT NULL THEN
        PERFORM set_config('app.places', mark || array_to_string(places, ','), true);
    END IF;
    RETURN places;
END
$$;
