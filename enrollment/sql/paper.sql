-- Subjects from paper: their place counts even where the study is full, and their identity may come later.

CREATE OR REPLACE FUNCTION enrolment_may_enter_paper(p_study uuid, p_site uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM app_roles() m
        WHERE m.study_id = p_study AND (m.site_id IS NULL OR m.site_id = p_site)
          AND m.role IN ('coordinator', 'data_manager'))
$$;

-- Counts one subject that was enrolled on paper: how many places are taken now, and how many are planned.
CREATE OR REPLACE FUNCTION enrolment_record_place(p_subject uuid, OUT taken_now integer, OUT planned integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject;
BEGIN
    SELECT * INTO candidate FROM casebook_subject
        WHERE id = p_subject AND state = 'screening' AND subject_number = '' AND from_paper_until IS NOT NULL;
    IF candidate.id IS NULL
       OR NOT (enrolment_may_enter_paper(candidate.study_id, candidate.site_id) OR app_is_system()) THEN
        RAISE EXCEPTION 'No subject from paper of yours that takes a place has this id.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO enrollment_enrolmentplaces (study_id, taken) VALUES (candidate.study_id, 0)
        ON CONFLICT (study_id) DO NOTHING;
    PERFORM 1 FROM enrollment_enrolmentplaces WHERE study_id = candidate.study_id FOR UPDATE;
    PERFORM enrolment_write_place(candidate, 'taken', '', NULL);
    SELECT 1 + count(*) INTO taken_now FROM enrolment_counting(candidate.study_id) n WHERE n.enrolled;
    UPDATE enrollment_enrolmentplaces SET taken = taken_now WHERE study_id = candidate.study_id;
    planned := (enrolment_plan(candidate.study_id) -> 'planned_enrolment' ->> 'value')::integer;
END
$$;

-- A person of whom nothing is known yet but a subject; who works at the site fills in the identity later.
CREATE OR REPLACE FUNCTION enrolment_unnamed_person(p_id uuid, p_study uuid, p_site uuid) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT (enrolment_may_enter_paper(p_study, p_site) OR app_is_system()) THEN
        RAISE EXCEPTION 'You enter no subject from paper here.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO access_person (id, study_id, site_id, full_name, hospital_number, national_id, phone,
                               national_id_hash, hospital_number_hash)
        VALUES (p_id, p_study, p_site, '', '', '', '', '', '');
    RETURN p_id;
END
$$;
