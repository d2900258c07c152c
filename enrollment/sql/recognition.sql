-- Whether a person, by the keyed hashes of a national id, is known at a place that the acting user's roles do not open:
-- where, and whether the part in the study there still runs. Neither who it is nor the number under which.
CREATE OR REPLACE FUNCTION enrolment_known_elsewhere(p_hashes text[], p_study uuid, p_site uuid)
RETURNS TABLE (study_id uuid, site_id uuid, state text, usubjid text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.study_id, s.site_id, s.state::text, s.usubjid::text
    FROM access_person p JOIN casebook_subject s ON s.person_id = p.id
    WHERE p.national_id_hash = ANY (p_hashes) AND p.national_id_hash <> ''
      AND (enrolment_may_act(p_study, p_site) OR app_is_system())
      AND NOT (p.study_id::text || p.site_id::text) = ANY (app_places(ARRAY['coordinator', 'investigator']))
    ORDER BY s.screened_on DESC, s.screening_number DESC
$$;
