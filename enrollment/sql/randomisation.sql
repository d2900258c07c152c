-- The randomisation list: no application role reads it. One function gives the next place of a stratum (or the next
-- draw of minimisation) to one enrolled subject whose eligibility was confirmed, at a site where the acting user works;
-- in an emergency an investigator takes it before the confirmation.

-- The arm that minimisation gives a subject of this stratum with this draw; as enrollment/domain/minimisation.py. Runs
-- with the rights of its caller: the application itself cannot read the list that it counts.
CREATE OR REPLACE FUNCTION randomisation_minimised(plan jsonb, p_study uuid, p_stratum text, p_draw integer) RETURNS text
LANGUAGE plpgsql STABLE AS $$
DECLARE
    span constant numeric := 1000000;
    rules jsonb := plan -> 'randomisation';
    arms text[] := ARRAY(SELECT a.key FROM jsonb_each_text(rules -> 'ratio') a ORDER BY a.key COLLATE "C");
    shares numeric[] := ARRAY(SELECT a.value::numeric FROM jsonb_each_text(rules -> 'ratio') a ORDER BY a.key COLLATE "C");
    weigh numeric[] := shares;
    whole numeric := 1;
    score numeric[];
    counts numeric[];
    scaled numeric[];
    chosen_level text;
    factor_weight numeric;
    least numeric;
    of_best numeric := 0;
    of_rest numeric := 0;
    likely numeric;
    reached numeric := 0;
BEGIN
    score := array_fill(0::numeric, ARRAY[cardinality(arms)]);
    FOR i IN 1 .. cardinality(arms) LOOP
        whole := whole * shares[i];
    END LOOP;
    FOREACH chosen_level IN ARRAY string_to_array(p_stratum, ';') LOOP
        SELECT COALESCE((f ->> 'weight')::numeric, 1) INTO factor_weight
            FROM jsonb_array_elements(rules -> 'strata') f WHERE f ->> 'key' = split_part(chosen_level, '=', 1);
        counts := ARRAY(
            SELECT count(r.id)::numeric FROM unnest(arms) WITH ORDINALITY a(arm, place)
            LEFT JOIN enrollment_randomisationslot r ON r.study_id = p_study AND r.subject_id IS NOT NULL
                AND r.arm = a.arm AND chosen_level = ANY (string_to_array(r.stratum, ';'))
            GROUP BY a.place ORDER BY a.place);
        FOR i IN 1 .. cardinality(arms) LOOP
            scaled := ARRAY(
                SELECT (counts[j] + CASE WHEN i = j THEN 1 ELSE 0 END) * whole / shares[j]
                FROM generate_subscripts(arms, 1) j);
            score[i] := score[i] + factor_weight * (SELECT max(x) - min(x) FROM unnest(scaled) x);
        END LOOP;
    END LOOP;
    IF rules -> 'minimisation' ->> 'ties' = 'equal' THEN
        weigh := array_fill(1::numeric, ARRAY[cardinality(arms)]);
    END IF;
    least := (SELECT min(x) FROM unnest(score) x);
    FOR i IN 1 .. cardinality(arms) LOOP
        IF score[i] = least THEN
            of_best := of_best + weigh[i];
        ELSE
            of_rest := of_rest + weigh[i];
        END IF;
    END LOOP;
    likely := CASE WHEN of_rest = 0 THEN span ELSE trunc((rules -> 'minimisation' ->> 'probability')::numeric * span) END;
    FOR i IN 1 .. cardinality(arms) LOOP
        reached := reached + weigh[i] * CASE WHEN score[i] = least THEN likely * GREATEST(of_rest, 1)
            ELSE (span - likely) * of_best END;
        IF p_draw * of_best * GREATEST(of_rest, 1) < reached THEN
            RETURN arms[i];
        END IF;
    END LOOP;
    RAISE EXCEPTION 'A draw lies below %.', span;
END
$$;

DROP FUNCTION IF EXISTS randomisation_take_slot(uuid, text);
CREATE OR REPLACE FUNCTION randomisation_take_slot(
    p_subject uuid, p_stratum text, p_emergency boolean DEFAULT false, OUT slot_number integer, OUT slot_arm text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject;
    chosen enrollment_randomisationslot;
    minimised boolean;
    plan jsonb;
BEGIN
    SELECT * INTO candidate FROM casebook_subject WHERE id = p_subject FOR UPDATE;
    IF candidate.id IS NULL OR NOT (enrolment_may_act(candidate.study_id, candidate.site_id) OR app_is_system()) THEN
        RAISE EXCEPTION 'No subject of yours has this id.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_emergency AND NOT EXISTS (SELECT 1 FROM app_roles() m WHERE m.study_id = candidate.study_id
            AND m.site_id = candidate.site_id AND m.role = 'investigator') THEN
        RAISE EXCEPTION 'Only an investigator of the site randomises in an emergency.'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF candidate.state <> 'enrolled' OR candidate.arm <> ''
       OR NOT (p_emergency OR EXISTS (SELECT 1 FROM enrollment_confirmation c WHERE c.subject_id = p_subject))
       OR EXISTS (SELECT 1 FROM enrollment_randomisationslot r WHERE r.subject_id = p_subject) THEN
        RAISE EXCEPTION 'Only an enrolled subject with confirmed eligibility is randomised, and once.'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM enrollment_randomisationlist l WHERE l.study_id = candidate.study_id) THEN
        RETURN;
    END IF;
    plan := enrolment_plan(candidate.study_id);
    minimised := COALESCE(plan -> 'randomisation' ->> 'method', '') = 'minimisation';
    -- One randomisation of a stratum (minimised: of the study) at a time; the statement after the lock sees what the
    -- one before committed.
    PERFORM pg_advisory_xact_lock(hashtextextended(
        'randomisation|' || candidate.study_id || CASE WHEN minimised THEN '' ELSE '|' || p_stratum END, 0));
    SELECT * INTO chosen FROM enrollment_randomisationslot r
        WHERE r.study_id = candidate.study_id AND r.subject_id IS NULL
          AND r.stratum = CASE WHEN minimised THEN '' ELSE p_stratum END AND (r.draw IS NOT NULL) = minimised
        ORDER BY r.number LIMIT 1;
    IF chosen.id IS NULL THEN
        RETURN;
    END IF;
    IF minimised THEN
        chosen.arm := randomisation_minimised(plan, candidate.study_id, p_stratum, chosen.draw);
    END IF;
    UPDATE enrollment_randomisationslot
        SET subject_id = p_subject, taken_at = clock_timestamp(), stratum = p_stratum, arm = chosen.arm
        WHERE id = chosen.id;
    slot_number := chosen.number;
    slot_arm := chosen.arm;
END
$$;

CREATE OR REPLACE FUNCTION randomisation_list_made(p_study uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM enrollment_randomisationlist l WHERE l.study_id = p_study)
$$;

-- Seals a list that a data manager sends in (rows: stratum, number, arm): what is there stays, what comes must go on
-- where it ends. The digest is taken here, over a key that nobody of the application reads.
CREATE OR REPLACE FUNCTION randomisation_seal_list(p_study uuid, p_rows jsonb, p_salt text, p_plan jsonb) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    rules jsonb := enrolment_plan(p_study) -> 'randomisation';
    key text;
    made text;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM app_roles() m WHERE m.study_id = p_study AND m.role = 'data_manager') THEN
        RAISE EXCEPTION 'Only a data manager of the study seals its list.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF COALESCE(rules ->> 'method', '') <> 'list' THEN
        RAISE EXCEPTION 'The protocol takes no imported list.' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('randomisation-list|' || p_study, 0));
    IF EXISTS (
        SELECT 1 FROM (
            SELECT n.stratum, min(n.number) AS first FROM jsonb_to_recordset(p_rows) n(stratum text, number integer)
            GROUP BY n.stratum) begun
        WHERE begun.first <> 1 + (SELECT COALESCE(max(r.number), 0) FROM enrollment_randomisationslot r
            WHERE r.study_id = p_study AND r.stratum = begun.stratum)) THEN
        RETURN NULL;
    END IF;
    INSERT INTO enrollment_randomisationsalt (study_id, salt) VALUES (p_study, p_salt) ON CONFLICT DO NOTHING;
    SELECT s.salt INTO key FROM enrollment_randomisationsalt s WHERE s.study_id = p_study;
    INSERT INTO enrollment_randomisationslot (id, study_id, stratum, number, block, block_size, arm)
        SELECT gen_random_uuid(), p_study, n.stratum, n.number, 0, 0, n.arm
        FROM jsonb_to_recordset(p_rows) n(stratum text, number integer, arm text);
    SELECT encode(sha256(convert_to(key || E'\n' || string_agg(
            concat_ws('|', r.stratum, r.number, r.block, r.block_size, r.arm), E'\n'
            ORDER BY r.stratum COLLATE "C", r.number), 'UTF8')), 'hex')
        INTO made FROM enrollment_randomisationslot r WHERE r.study_id = p_study;
    INSERT INTO enrollment_randomisationlist (id, study_id, number, method, places, digest, plan, sealed_at, sealed_by_id)
        SELECT gen_random_uuid(), p_study, 1 + (SELECT count(*) FROM enrollment_randomisationlist l WHERE l.study_id = p_study),
            'imported', count(*), made, p_plan, clock_timestamp(), app_user_id()
        FROM enrollment_randomisationslot r WHERE r.study_id = p_study;
    RETURN made;
END
$$;
