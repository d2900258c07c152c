-- The cells of the dashboards' tables: one row for each subject in a cell (line × level) of a topic, with how often (n)
-- and what the cell measures (value). `_subjects_here` runs with the rights of its caller and is the one place that says
-- what a cell means: lists of the own sites read it, the study-wide sums of `study_cells` are made from it.
-- `p_at`: the instant from which lateness and age are counted.
CREATE OR REPLACE FUNCTION study_cell_subjects_here(p_study uuid, p_topic text, p_at timestamptz)
RETURNS TABLE (subject_id uuid, site_id uuid, arm text, line text, level text, n bigint, value numeric)
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (  -- asked once, not for each row
        SELECT outcomes_may_see(p_study) AS study, outcomes_may_see_arms(p_study) AS arms
    ), places AS MATERIALIZED (
        SELECT t.id, (p_at AT TIME ZONE t.timezone)::date AS today FROM studies_site t
    ), parts AS MATERIALIZED (
        SELECT s.id, s.site_id, CASE WHEN seen.arms THEN s.arm ELSE '' END::text AS arm, s.state, s.usubjid,
               s.from_paper_until
        FROM casebook_subject s CROSS JOIN seen WHERE seen.study AND s.study_id = p_study
    ), with_mrd AS MATERIALIZED (  -- read once, not for each visit
        SELECT c.subject_id, c.line::text AS line FROM outcomes_subjectcell c
        WHERE p_topic = 'mrd' AND c.study_id = p_study AND c.topic = 'mrd'
    ), plan AS (
        SELECT COALESCE(max(v.seed), (SELECT y.key FROM studies_study y WHERE y.id = p_study)) AS seed,
               COALESCE(max(v.sample_percent), 10) AS percent
        FROM review_verificationplan v WHERE v.study_id = p_study)
    SELECT p.id, p.site_id, p.arm, c.line::text, c.level::text, c.n::bigint, c.value
    FROM outcomes_subjectcell c JOIN parts p ON p.id = c.subject_id
    WHERE c.study_id = p_study AND c.topic = p_topic
    UNION ALL  -- MRD that was planned at a visit whose window is over, without any result
    SELECT p.id, p.site_id, p.arm, v.key || '.' || v.repeat, 'MISSING', 1, NULL
    FROM assessments_plannedvisit v JOIN parts p ON p.id = v.subject_id JOIN places t ON t.id = p.site_id
    WHERE p_topic = 'mrd' AND v.study_id = p_study AND v.latest < t.today
      AND v.latest < (p_at AT TIME ZONE 'UTC' + interval '14 hours')::date  -- nowhere is it later: an index knows it
      AND v.forms @> '[{"form": "MRD", "required": true}]'
      AND (v.ended_on IS NULL OR v.done_on IS NOT NULL OR v.target <= v.ended_on)
      AND NOT EXISTS (
        SELECT 1 FROM with_mrd m WHERE m.subject_id = p.id AND m.line = v.key || '.' || v.repeat)
    UNION ALL  -- relative dose intensity of a drug over the phases that ended and of which all is known
    SELECT p.id, p.site_id, p.arm, d.drug, '', d.phases, d.rdi
    FROM (
        SELECT i.subject_id, i.drug::text AS drug, count(*) AS phases,
               sum(i.given) / NULLIF(sum(i.wanted), 0) * sum(i.wanted_days) / NULLIF(sum(i.days), 0) AS rdi
        FROM treatment_doseintensity i
        WHERE p_topic = 'intensity' AND i.study_id = p_study AND i.reference = '' AND i.rdi IS NOT NULL
        GROUP BY 1, 2 HAVING min(i.unit) = max(i.unit)) d
    JOIN parts p ON p.id = d.subject_id WHERE d.rdi IS NOT NULL
    UNION ALL  -- queries that somebody has still to do with, by age
    SELECT p.id, p.site_id, p.arm,
           CASE WHEN q.opened_at > p_at - interval '7 days' THEN '7'
                WHEN q.opened_at > p_at - interval '28 days' THEN '28' ELSE 'more' END, '', count(*), NULL
    FROM review_query q JOIN parts p ON p.id = q.subject_id
    WHERE p_topic = 'queries' AND q.study_id = p_study AND q.state IN ('candidate', 'open', 'answered', 'resolved')
    GROUP BY 1, 2, 3, 4
    UNION ALL  -- planned visits whose window is over and of which nothing is recorded
    SELECT p.id, p.site_id, p.arm, 'visits', '', count(*), NULL
    FROM assessments_plannedvisit v JOIN parts p ON p.id = v.subject_id JOIN places t ON t.id = p.site_id
    WHERE p_topic = 'overdue' AND v.study_id = p_study AND p.state IN ('screening', 'enrolled') AND NOT v.missed
      AND v.target IS NOT NULL AND v.latest < t.today
      AND v.latest < (p_at AT TIME ZONE 'UTC' + interval '14 hours')::date  -- nowhere is it later: an index knows it
      AND v.done_on IS NULL AND (v.ended_on IS NULL OR v.target <= v.ended_on)
      AND NOT COALESCE(v.latest <= p.from_paper_until, false)
    GROUP BY 1, 2, 3
    UNION ALL  -- those that were done and of which forms are open
    SELECT p.id, p.site_id, p.arm, 'forms', '', sum(v.open_forms), NULL
    FROM assessments_plannedvisit v JOIN parts p ON p.id = v.subject_id JOIN places t ON t.id = p.site_id
    WHERE p_topic = 'overdue' AND v.study_id = p_study AND p.state IN ('screening', 'enrolled') AND NOT v.missed
      AND v.target IS NOT NULL AND v.latest < t.today
      AND v.latest < (p_at AT TIME ZONE 'UTC' + interval '14 hours')::date  -- nowhere is it later: an index knows it
      AND v.done_on IS NOT NULL AND v.open_forms > 0 AND v.anchor <> 'screening'
    GROUP BY 1, 2, 3
    UNION ALL  -- items that the plan of verification asks for (n), and how many are verified (value)
    SELECT p.id, p.site_id, p.arm, '', '', c.n::bigint, c.value
    FROM parts p CROSS JOIN plan
    CROSS JOIN LATERAL (
        SELECT encode(substring(sha256(convert_to(plan.seed || ':' || p.usubjid, 'UTF8')) FOR 8), 'hex') AS hex) h
    CROSS JOIN LATERAL (  -- as review.verification.is_sampled draws it
        SELECT ('x' || left(h.hex, 8))::bit(32)::bigint * 4294967296::numeric
               + ('x' || right(h.hex, 8))::bit(32)::bigint
               < floor(plan.percent * 18446744073709551616::numeric / 100) AS whole) k
    JOIN outcomes_subjectcell c ON c.subject_id = p.id AND c.study_id = p_study AND c.topic = 'items'
         AND c.line = CASE WHEN k.whole THEN 'all' ELSE 'critical' END
    WHERE p_topic = 'sdv'
    UNION ALL  -- forms that somebody began and did not submit
    SELECT p.id, p.site_id, p.arm, '', '', count(*), NULL
    FROM casebook_draft d JOIN parts p ON p.id = d.subject_id
    WHERE p_topic = 'drafts' AND d.study_id = p_study GROUP BY 1, 2, 3
    UNION ALL  -- signatures that do not agree any more with what they stand on
    SELECT p.id, p.site_id, p.arm, '', '', sum(g.signatures), NULL
    FROM review_stalesignature g JOIN parts p ON p.id = g.subject_id
    WHERE p_topic = 'stale' AND g.study_id = p_study GROUP BY 1, 2, 3
    UNION ALL  -- deviations that count, by class; of a site or the study as a whole there is no subject
    SELECT v.subject_id, v.site_id, COALESCE(p.arm, ''), v.weight, '', count(*), NULL
    FROM deviations_deviation v CROSS JOIN seen LEFT JOIN parts p ON p.id = v.subject_id
    WHERE p_topic = 'deviations' AND seen.study AND v.study_id = p_study AND v.state IN ('accepted', 'reclassed')
    GROUP BY 1, 2, 3, 4
$$;

CREATE OR REPLACE FUNCTION study_cells_here(p_study uuid, p_topic text, p_at timestamptz)
RETURNS TABLE (site_id uuid, arm text, line text, level text, subjects bigint, n bigint, value numeric)
LANGUAGE sql STABLE AS $$
    SELECT f.site_id, f.arm, f.line, f.level, count(f.subject_id), sum(f.n)::bigint, sum(f.value)
    FROM study_cell_subjects_here(p_study, p_topic, p_at) f GROUP BY 1, 2, 3, 4
$$;

CREATE OR REPLACE FUNCTION study_cells(p_study uuid, p_topic text, p_at timestamptz)
RETURNS TABLE (site_id uuid, arm text, line text, level text, subjects bigint, n bigint, value numeric)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_cells_here(p_study, p_topic, p_at) $$;

-- What the cells measure, over all sites: how many subjects share a value.
CREATE OR REPLACE FUNCTION study_cell_values_here(p_study uuid, p_topic text, p_at timestamptz)
RETURNS TABLE (arm text, line text, level text, value numeric, n bigint)
LANGUAGE sql STABLE AS $$
    SELECT f.arm, f.line, f.level, f.value, count(*)
    FROM study_cell_subjects_here(p_study, p_topic, p_at) f WHERE f.value IS NOT NULL GROUP BY 1, 2, 3, 4
$$;

CREATE OR REPLACE FUNCTION study_cell_values(p_study uuid, p_topic text, p_at timestamptz)
RETURNS TABLE (arm text, line text, level text, value numeric, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_cell_values_here(p_study, p_topic, p_at) $$;

-- Times of one endpoint by the group of each factor (the cells of topic "group"), by site, and by all strata of the
-- randomisation together (factor "strata").
CREATE OR REPLACE FUNCTION study_group_times_here(p_study uuid, p_endpoint text)
RETURNS TABLE (factor text, level text, arm text, days integer, cause integer, n bigint)
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (
        SELECT outcomes_may_see(p_study) AS study, outcomes_may_see_arms(p_study) AS arms
    ), times AS MATERIALIZED (
        SELECT r.subject_id, r.site_id, CASE WHEN seen.arms THEN r.arm ELSE '' END::text AS arm, r.days,
               r.cause::integer AS cause
        FROM outcomes_endpointresult r CROSS JOIN seen
        WHERE seen.study AND r.study_id = p_study AND r.endpoint = p_endpoint AND r.in_set
          AND r.days IS NOT NULL AND r.cause IS NOT NULL)
    SELECT f.factor, f.level, f.arm, f.days, f.cause, count(*)
    FROM (
        SELECT '' AS factor, '' AS level, t.arm, t.days, t.cause FROM times t
        UNION ALL SELECT c.line::text, c.level::text, t.arm, t.days, t.cause
        FROM times t JOIN outcomes_subjectcell c ON c.subject_id = t.subject_id AND c.topic = 'group'
        UNION ALL SELECT 'site', p.key::text, t.arm, t.days, t.cause
        FROM times t JOIN studies_site p ON p.id = t.site_id
        UNION ALL SELECT 'strata', COALESCE(string_agg(c.level, ';' ORDER BY c.line), ''), t.arm, t.days, t.cause
        FROM times t LEFT JOIN outcomes_subjectcell c
          ON c.subject_id = t.subject_id AND c.topic = 'group' AND c.line LIKE 'stratum:%'
        GROUP BY t.subject_id, t.arm, t.days, t.cause) f
    GROUP BY 1, 2, 3, 4, 5
$$;

CREATE OR REPLACE FUNCTION study_group_times(p_study uuid, p_endpoint text)
RETURNS TABLE (factor text, level text, arm text, days integer, cause integer, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_group_times_here(p_study, p_endpoint) $$;
