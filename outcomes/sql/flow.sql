-- The flow of people through a study (CONSORT): one row for each station that somebody reached, with the reason there.
-- `_subjects_here` runs with the rights of its caller and is the one place that says what a station means: lists of the
-- own sites read it, the study-wide counts of `study_consort` are made from it, and tell numbers by site alone.
CREATE OR REPLACE FUNCTION study_consort_subjects_here(p_study uuid, p_endpoint text)
RETURNS TABLE (subject_id uuid, site_id uuid, arm text, station text, reason text)
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (
        SELECT outcomes_may_see(p_study) AS study, outcomes_may_see_arms(p_study) AS arms
    ), parts AS MATERIALIZED (
        SELECT s.id, s.site_id, CASE WHEN seen.arms THEN s.arm ELSE '' END::text AS arm, s.state, s.enrolled_on,
               c.randomised_on, c.treated_on, c.in_crc_on, c.transplanted_on, c.relapsed_on, c.withdrawn_on,
               c.died_on, r.in_set, e.reason AS ended, d.reason AS left_for
        FROM casebook_subject s
        CROSS JOIN seen
        LEFT JOIN outcomes_subjectcourse c ON c.subject_id = s.id
        LEFT JOIN outcomes_endpointresult r ON r.subject_id = s.id AND r.endpoint = p_endpoint
        LEFT JOIN enrollment_disposition d ON d.subject_id = s.id AND d.undone_at IS NULL
        LEFT JOIN LATERAL (
            SELECT t.reason FROM treatment_endoftreatment t WHERE t.subject_id = s.id AND t.state <> 'voided'
            ORDER BY t.performed_on DESC NULLS LAST, t.id DESC LIMIT 1) e ON true
        WHERE seen.study AND s.study_id = p_study
    ), enrolled AS (SELECT * FROM parts WHERE enrolled_on IS NOT NULL)
    SELECT p.subject_id, p.site_id, '', 'assessed', '' FROM enrollment_prescreening p, seen
        WHERE seen.study AND p.study_id = p_study
    UNION ALL
    SELECT p.subject_id, p.site_id, '', 'not_screened', COALESCE(NULLIF(p.reason, ''), p.outcome)
        FROM enrollment_prescreening p, seen
        WHERE seen.study AND p.study_id = p_study AND p.outcome <> 'PROMISING'
    UNION ALL
    SELECT p.subject_id, p.site_id, '', 'to_screen', '' FROM enrollment_prescreening p, seen
        WHERE seen.study AND p.study_id = p_study AND p.outcome = 'PROMISING' AND p.subject_id IS NULL
    UNION ALL SELECT id, site_id, '', 'screened', '' FROM parts
    UNION ALL SELECT id, site_id, '', 'in_screening', '' FROM parts WHERE state = 'screening'
    UNION ALL
    SELECT parts.id, parts.site_id, '', 'failed', COALESCE(f.code, 'other')
        FROM parts LEFT JOIN enrollment_screenfailure f ON f.subject_id = parts.id WHERE state = 'screen_failed'
    UNION ALL
    SELECT parts.id, parts.site_id, '', 'failed_criterion', one.criterion
        FROM parts JOIN enrollment_screenfailure f ON f.subject_id = parts.id
        CROSS JOIN LATERAL jsonb_array_elements_text(f.criteria) AS one (criterion)
        WHERE state = 'screen_failed'
    UNION ALL SELECT id, site_id, arm, 'enrolled', '' FROM enrolled
    UNION ALL SELECT id, site_id, arm, 'randomised', '' FROM enrolled WHERE randomised_on IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'received', '' FROM enrolled WHERE treated_on IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'not_received', '' FROM enrolled WHERE treated_on IS NULL
    UNION ALL SELECT id, site_id, arm, 'in_crc', '' FROM enrolled WHERE in_crc_on IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'transplanted', '' FROM enrolled WHERE transplanted_on IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'relapsed', '' FROM enrolled WHERE relapsed_on IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'withdrawn', '' FROM enrolled WHERE withdrawn_on IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'completed', '' FROM enrolled WHERE ended = 'COMPLETED'
    UNION ALL SELECT id, site_id, arm, 'discontinued', ended FROM enrolled WHERE ended <> 'COMPLETED'
    UNION ALL SELECT id, site_id, arm, 'left', left_for FROM enrolled WHERE left_for IS NOT NULL
    UNION ALL SELECT id, site_id, arm, 'died', '' FROM enrolled WHERE died_on IS NOT NULL
    UNION ALL
    SELECT id, site_id, arm, 'followed', '' FROM enrolled
        WHERE died_on IS NULL AND left_for IS NULL AND state = 'enrolled'
    UNION ALL SELECT id, site_id, arm, 'analysed', '' FROM enrolled WHERE in_set
    UNION ALL SELECT id, site_id, arm, 'not_analysed', '' FROM enrolled WHERE in_set IS NOT TRUE
$$;

CREATE OR REPLACE FUNCTION study_consort_here(p_study uuid, p_endpoint text)
RETURNS TABLE (site_id uuid, arm text, station text, reason text, n bigint)
LANGUAGE sql STABLE AS $$
    SELECT f.site_id, f.arm, f.station, f.reason, count(*)
    FROM study_consort_subjects_here(p_study, p_endpoint) f GROUP BY 1, 2, 3, 4
$$;

CREATE OR REPLACE FUNCTION study_consort(p_study uuid, p_endpoint text)
RETURNS TABLE (site_id uuid, arm text, station text, reason text, n bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_consort_here(p_study, p_endpoint) $$;
