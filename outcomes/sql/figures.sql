-- Figures of a whole study, over all its sites, for those who work in it: counts and times without identifiers.
-- Each function asks for itself whether the acting user has a clinical role in the study today, and gives nothing
-- otherwise. The arm is told only to roles that may see figures by arm, and to all once the study is locked.
--
-- The counting itself stands in functions named *_here, which run with the rights and tables of whoever calls them: of
-- the owner when the study-wide ones call them, of a reader as of an earlier instant (trialsite/audit/as_of.py), whose
-- figures count the subjects that their role opens.

CREATE OR REPLACE FUNCTION outcomes_may_see(p_study uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM app_roles() m
        WHERE m.study_id = p_study
          AND m.role IN ('coordinator', 'investigator', 'monitor', 'data_manager', 'statistician', 'inspector'))
$$;

CREATE OR REPLACE FUNCTION outcomes_may_see_arms(p_study uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT outcomes_may_see(p_study) AND (
        EXISTS (SELECT 1 FROM studies_study s WHERE s.id = p_study AND s.locked_at IS NOT NULL)
        OR EXISTS (
            SELECT 1 FROM app_roles() m
            WHERE m.study_id = p_study AND m.role IN ('data_manager', 'statistician')))
$$;

-- How many subjects of the analysis set share a day and a status, for each of the endpoints asked for.
CREATE OR REPLACE FUNCTION study_endpoint_times_here(p_study uuid, p_endpoints text[])
RETURNS TABLE (endpoint text, arm text, days integer, status text, cause integer, event_type text, n bigint)
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (  -- asked once, not for each row
        SELECT outcomes_may_see(p_study) AS study, outcomes_may_see_arms(p_study) AS arms)
    SELECT r.endpoint::text, CASE WHEN seen.arms THEN r.arm ELSE '' END::text AS arm, r.days, r.status::text,
           r.cause::integer, r.event_type::text, count(*)
    FROM outcomes_endpointresult r CROSS JOIN seen
    WHERE seen.study AND r.study_id = p_study AND r.endpoint = ANY (p_endpoints) AND r.in_set
    GROUP BY 1, 2, 3, 4, 5, 6
$$;

CREATE OR REPLACE FUNCTION study_endpoint_times(p_study uuid, p_endpoints text[])
RETURNS TABLE (endpoint text, arm text, days integer, status text, cause integer, event_type text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_endpoint_times_here(p_study, p_endpoints) $$;

-- Subjects screened, failed and enrolled by site and month.
CREATE OR REPLACE FUNCTION study_accrual_here(p_study uuid)
RETURNS TABLE (site_key text, month date, screened bigint, failed bigint, enrolled bigint)
LANGUAGE sql STABLE AS $$
    SELECT t.key::text, e.month, sum(e.screened)::bigint, sum(e.failed)::bigint, sum(e.enrolled)::bigint
    FROM (
        SELECT s.site_id, date_trunc('month', s.screened_on)::date AS month, 1 AS screened,
               (s.state = 'screen_failed')::integer AS failed, 0 AS enrolled
        FROM casebook_subject s WHERE s.study_id = p_study
        UNION ALL
        SELECT s.site_id, date_trunc('month', s.enrolled_on)::date, 0, 0, 1
        FROM casebook_subject s WHERE s.study_id = p_study AND s.enrolled_on IS NOT NULL) e
    JOIN studies_site t ON t.id = e.site_id
    WHERE (SELECT outcomes_may_see(p_study))
    GROUP BY 1, 2
$$;

CREATE OR REPLACE FUNCTION study_accrual(p_study uuid)
RETURNS TABLE (site_key text, month date, screened bigint, failed bigint, enrolled bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_accrual_here(p_study) $$;

-- How many subjects reached each station of the study.
CREATE OR REPLACE FUNCTION study_flow_here(p_study uuid)
RETURNS TABLE (arm text, screened bigint, in_screening bigint, failed bigint, enrolled bigint, randomised bigint,
               treated bigint, in_crc bigint, transplanted bigint, relapsed bigint, died bigint, withdrawn bigint,
               off_study bigint)
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (
        SELECT outcomes_may_see(p_study) AS study, outcomes_may_see_arms(p_study) AS arms)
    SELECT CASE WHEN seen.arms THEN s.arm ELSE '' END::text, count(*),
           count(*) FILTER (WHERE s.state = 'screening'), count(*) FILTER (WHERE s.state = 'screen_failed'),
           count(s.enrolled_on), count(c.randomised_on), count(c.treated_on), count(c.in_crc_on),
           count(c.transplanted_on), count(c.relapsed_on), count(c.died_on), count(c.withdrawn_on),
           count(*) FILTER (WHERE s.state = 'off_study')
    FROM casebook_subject s
    LEFT JOIN outcomes_subjectcourse c ON c.subject_id = s.id AND s.enrolled_on IS NOT NULL
    CROSS JOIN seen
    WHERE seen.study AND s.study_id = p_study
    GROUP BY 1
$$;

CREATE OR REPLACE FUNCTION study_flow(p_study uuid)
RETURNS TABLE (arm text, screened bigint, in_screening bigint, failed bigint, enrolled bigint, randomised bigint,
               treated bigint, in_crc bigint, transplanted bigint, relapsed bigint, died bigint, withdrawn bigint,
               off_study bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_flow_here(p_study) $$;

-- How many subjects of a study have a record that is longer than what their derived tables have seen.
CREATE OR REPLACE FUNCTION study_behind(p_study uuid) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*) FROM casebook_subject s
    JOIN audit_chain c ON c.chain = 'subject:' || s.id
    LEFT JOIN casebook_derivation d ON d.subject_id = s.id
    WHERE (SELECT outcomes_may_see(p_study)) AND s.study_id = p_study
      AND (d.chain_length IS DISTINCT FROM c.length OR d.protocol_version_id <> s.protocol_version_id)
$$;
