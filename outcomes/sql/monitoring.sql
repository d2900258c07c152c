-- Whether each subject of the analysis set reached an endpoint, in the order of inclusion; NULL: not assessed yet. Of all
-- arms and sites together and without identifiers: what stopping rules count. For who works in the study, and for the
-- system, which pauses recruitment.
CREATE OR REPLACE FUNCTION study_endpoint_sequence_here(p_study uuid, p_endpoints text[])
RETURNS TABLE (endpoint text, place bigint, reached boolean)
LANGUAGE sql STABLE AS $$
    WITH seen AS MATERIALIZED (SELECT outcomes_may_see(p_study) OR app_is_system() AS study)
    SELECT r.endpoint::text, row_number() OVER (PARTITION BY r.endpoint ORDER BY s.enrolled_on, s.id), r.cause = 1
    FROM outcomes_endpointresult r JOIN casebook_subject s ON s.id = r.subject_id CROSS JOIN seen
    WHERE seen.study AND r.study_id = p_study AND r.endpoint = ANY (p_endpoints) AND r.in_set
    ORDER BY 1, 2
$$;

CREATE OR REPLACE FUNCTION study_endpoint_sequence(p_study uuid, p_endpoints text[])
RETURNS TABLE (endpoint text, place bigint, reached boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$ SELECT * FROM study_endpoint_sequence_here(p_study, p_endpoints) $$;
