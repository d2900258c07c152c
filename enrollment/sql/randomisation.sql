-- The randomisation list: no application role reads it. One function gives the next place of a stratum to one
-- enrolled subject whose eligibility was confirmed, at a site where the acting user works.

CREATE OR REPLACE FUNCTION randomisation_take_slot(p_subject uuid, p_stratum text, OUT slot_number integer, OUT slot_arm text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject;
    chosen enrollment_randomisationslot;
BEGIN
    SELECT * INTO candidate FROM casebook_subject WHERE id = p_subject FOR UPDATE;
    IF candidate.id IS NULL OR NOT (enrolment_may_act(candidate.study_id, candidate.site_id) OR app_is_system()) THEN
        RAISE EXCEPTION 'No subject of yours has this id.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF candidate.state <> 'enrolled' OR candidate.arm <> ''
       OR NOT EXISTS (SELECT 1 FROM enrollment_confirmation c WHERE c.subject_id = p_subject)
       OR EXISTS (SELECT 1 FROM enrollment_randomisationslot r WHERE r.subject_id = p_subject) THEN
        RAISE EXCEPTION 'Only an enrolled subject with confirmed eligibility is randomised, and once.'
            USING ERRCODE = 'check_violation';
    END IF;
    -- One randomisation of a stratum at a time; the statement after the lock sees what the one before committed.
    PERFORM pg_advisory_xact_lock(hashtextextended('randomisation|' || candidate.study_id || '|' || p_stratum, 0));
    SELECT * INTO chosen FROM enrollment_randomisationslot r
        WHERE r.study_id = candidate.study_id AND r.stratum = p_stratum AND r.subject_id IS NULL
        ORDER BY r.number LIMIT 1;
    IF chosen.id IS NULL THEN
        RETURN;
    END IF;
    UPDATE enrollment_randomisationslot SET subject_id = p_subject, taken_at = clock_timestamp()
        WHERE id = chosen.id;
    slot_number := chosen.number;
    slot_arm := chosen.arm;
END
$$;

CREATE OR REPLACE FUNCTION randomisation_list_made(p_study uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM enrollment_randomisationslot r WHERE r.study_id = p_study)
$$;
