-- Places under the enrolment cap of a study, counted over all its sites on one locked row. The application has no
-- right on the table; it may take a place for a subject in screening at a site where the acting user works.

CREATE OR REPLACE FUNCTION enrolment_may_act(p_study uuid, p_site uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM app_roles() m
        WHERE m.study_id = p_study AND m.site_id = p_site AND m.role IN ('coordinator', 'investigator'))
$$;

-- Takes one place for a subject and returns how many are taken now; NULL when the study is full.
CREATE OR REPLACE FUNCTION enrolment_take_place(p_subject uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject;
    planned integer;
    now_taken integer;
BEGIN
    SELECT * INTO candidate FROM casebook_subject WHERE id = p_subject;
    IF candidate.id IS NULL OR NOT (enrolment_may_act(candidate.study_id, candidate.site_id) OR app_is_system()) THEN
        RAISE EXCEPTION 'No subject of yours has this id.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO enrollment_enrolmentplaces (study_id, taken)
        SELECT candidate.study_id, count(*) FROM casebook_subject s
        WHERE s.study_id = candidate.study_id AND s.subject_number <> ''
        ON CONFLICT (study_id) DO NOTHING;
    SELECT taken INTO now_taken FROM enrollment_enrolmentplaces WHERE study_id = candidate.study_id FOR UPDATE;
    PERFORM 1 FROM casebook_subject WHERE id = p_subject AND state = 'screening' AND subject_number = '';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Only a subject in screening takes a place.' USING ERRCODE = 'check_violation';
    END IF;
    SELECT (f.content -> 'planned_enrolment' ->> 'value')::integer INTO planned
        FROM studies_protocolversion v JOIN studies_protocolfile f ON f.version_id = v.id
        WHERE v.study_id = candidate.study_id
        ORDER BY EXISTS (SELECT 1 FROM studies_studysite s WHERE s.protocol_version_id = v.id) DESC, v.loaded_at DESC
        LIMIT 1;
    IF planned IS NOT NULL AND now_taken >= planned THEN
        RETURN NULL;
    END IF;
    UPDATE enrollment_enrolmentplaces SET taken = taken + 1 WHERE study_id = candidate.study_id
        RETURNING taken INTO now_taken;
    RETURN now_taken;
END
$$;

-- How many subjects of a study are enrolled: the number alone, for who works in the study.
CREATE OR REPLACE FUNCTION enrolment_places_taken(p_study uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*)::integer FROM casebook_subject s
    WHERE s.study_id = p_study AND s.subject_number <> ''
      AND (app_is_system() OR EXISTS (SELECT 1 FROM app_roles() m WHERE m.study_id = p_study))
$$;
