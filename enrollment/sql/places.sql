-- Places under the caps of a study, of its sites and of levels of a stratum, counted over all sites on one locked row.
-- The application writes neither the row nor the places; it may hold or take one for a subject in screening at a site
-- where the acting user works. Helpers run with the rights of their caller: called by the application they see no more
-- than it does.

CREATE OR REPLACE FUNCTION enrolment_may_act(p_study uuid, p_site uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT 1 FROM app_roles() m
        WHERE m.study_id = p_study AND m.site_id = p_site AND m.role IN ('coordinator', 'investigator'))
$$;

-- The protocol of the study: the newest version that is in force at one of its sites, else the newest that was loaded.
CREATE OR REPLACE FUNCTION enrolment_plan(p_study uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT f.content FROM studies_protocolversion v JOIN studies_protocolfile f ON f.version_id = v.id
    WHERE v.study_id = p_study
    ORDER BY EXISTS (SELECT 1 FROM studies_studysite s WHERE s.protocol_version_id = v.id) DESC, v.loaded_at DESC LIMIT 1
$$;

-- What the protocol plans: for the study, for a site (by key), for a level of a stratum ("risk=HIGH").
CREATE OR REPLACE FUNCTION enrolment_caps(plan jsonb) RETURNS TABLE (kind text, key text, planned integer)
LANGUAGE sql IMMUTABLE AS $$
    SELECT c.kind, c.key, c.planned FROM (
        SELECT 1 AS place, 'study' AS kind, '' AS key, (plan -> 'planned_enrolment' ->> 'value')::integer AS planned
        UNION ALL
        SELECT 2, 'site', s ->> 'key', (s ->> 'planned')::integer FROM jsonb_array_elements(plan -> 'sites') s
        WHERE COALESCE(plan -> 'recruitment' ->> 'site_numbers', 'cap') = 'cap'
        UNION ALL
        SELECT 3, 'level', (l ->> 'stratum') || '=' || (l ->> 'level'), (l ->> 'planned')::integer
        FROM jsonb_array_elements(COALESCE(plan -> 'recruitment' -> 'levels', '[]')) l) c
    WHERE c.planned IS NOT NULL ORDER BY c.place, c.key
$$;

-- The subjects that count: enrolled, or in screening with a place held that has not lapsed on the day of their site.
CREATE OR REPLACE FUNCTION enrolment_counting(p_study uuid)
RETURNS TABLE (subject_id uuid, site_key text, levels text, enrolled boolean) LANGUAGE sql STABLE AS $$
    SELECT s.id, t.key::text, COALESCE(p.levels, '')::text, s.subject_number <> ''
    FROM casebook_subject s JOIN studies_site t ON t.id = s.site_id
    LEFT JOIN enrollment_enrolmentplace p ON p.subject_id = s.id
    WHERE s.study_id = p_study AND (s.subject_number <> '' OR (
        s.state = 'screening' AND p.state = 'held' AND p.held_until >= (now() AT TIME ZONE t.timezone)::date))
$$;

-- The first cap that leaves no place for a subject: "study", "site" or "level risk=HIGH"; NULL where there is one.
CREATE OR REPLACE FUNCTION enrolment_full(candidate casebook_subject, p_levels text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE c.kind WHEN 'level' THEN 'level ' || c.key ELSE c.kind END
    FROM enrolment_caps(enrolment_plan(candidate.study_id)) c
    JOIN studies_site t ON t.id = candidate.site_id
    WHERE (c.kind = 'study' OR c.kind = 'site' AND c.key = t.key
           OR c.kind = 'level' AND c.key = ANY (string_to_array(p_levels, ';')))
      AND c.planned <= (
        SELECT count(*) FROM enrolment_counting(candidate.study_id) n
        WHERE n.subject_id <> candidate.id
          AND (c.kind = 'study' OR c.kind = 'site' AND n.site_key = c.key
               OR c.kind = 'level' AND c.key = ANY (string_to_array(n.levels, ';'))))
    LIMIT 1
$$;

CREATE OR REPLACE FUNCTION enrolment_paused(p_study uuid, p_site uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM enrollment_recruitmentpause p
        WHERE p.study_id = p_study AND (p.site_id IS NULL OR p.site_id = p_site) AND p.state = 'paused')
$$;

-- Pauses recruitment where the number of a stage is reached and nothing was decided on it yet. `p_more`: one who is
-- being enrolled and has no number yet.
CREATE OR REPLACE FUNCTION enrolment_pause_at_stage(p_study uuid, p_more integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO enrollment_recruitmentpause
        (id, study_id, site_id, state, stage, rule, evidence, reason, paused_at, paused_by_id, decision)
    SELECT gen_random_uuid(), p_study, NULL, 'paused', g ->> 'key', '', '', '', clock_timestamp(), app_user_id(), ''
    FROM jsonb_array_elements(COALESCE(enrolment_plan(p_study) -> 'recruitment' -> 'stages', '[]')) g
    WHERE (g ->> 'subjects')::integer <=
        p_more + (SELECT count(*) FROM enrolment_counting(p_study) n WHERE n.enrolled)
    ON CONFLICT DO NOTHING
$$;

-- Locks the counter of the study and gives the subject as it stands under that lock.
CREATE OR REPLACE FUNCTION enrolment_candidate(p_subject uuid) RETURNS casebook_subject LANGUAGE plpgsql AS $$
DECLARE
    candidate casebook_subject;
BEGIN
    SELECT * INTO candidate FROM casebook_subject WHERE id = p_subject;
    IF candidate.id IS NULL OR NOT (enrolment_may_act(candidate.study_id, candidate.site_id) OR app_is_system()) THEN
        RAISE EXCEPTION 'No subject of yours has this id.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO enrollment_enrolmentplaces (study_id, taken) VALUES (candidate.study_id, 0)
        ON CONFLICT (study_id) DO NOTHING;
    PERFORM 1 FROM enrollment_enrolmentplaces WHERE study_id = candidate.study_id FOR UPDATE;
    SELECT * INTO candidate FROM casebook_subject
        WHERE id = p_subject AND state = 'screening' AND subject_number = '';
    IF candidate.id IS NULL THEN
        RAISE EXCEPTION 'Only a subject in screening takes a place.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN candidate;
END
$$;

CREATE OR REPLACE FUNCTION enrolment_write_place(candidate casebook_subject, p_state text, p_levels text, p_until date)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO enrollment_enrolmentplace
        (id, study_id, site_id, subject_id, state, levels, held_until, changed_at, changed_by_id)
    VALUES (gen_random_uuid(), candidate.study_id, candidate.site_id, candidate.id, p_state, p_levels, p_until,
            clock_timestamp(), app_user_id())
    ON CONFLICT (subject_id) DO UPDATE SET state = EXCLUDED.state, levels = EXCLUDED.levels,
        held_until = EXCLUDED.held_until, changed_at = EXCLUDED.changed_at, changed_by_id = EXCLUDED.changed_by_id
$$;

-- Takes the place of a subject: NULL when done, else why not ("paused", "study", "site", "level …").
DROP FUNCTION IF EXISTS enrolment_take_place(uuid);
CREATE OR REPLACE FUNCTION enrolment_take_place(p_subject uuid, p_levels text DEFAULT '') RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject := enrolment_candidate(p_subject);
    refusal text;
BEGIN
    PERFORM enrolment_pause_at_stage(candidate.study_id, 0);
    IF enrolment_paused(candidate.study_id, candidate.site_id) THEN
        RETURN 'paused';
    END IF;
    refusal := enrolment_full(candidate, p_levels);
    IF refusal IS NULL THEN
        PERFORM enrolment_write_place(candidate, 'taken', p_levels, NULL);
        UPDATE enrollment_enrolmentplaces SET taken = 1 +
            (SELECT count(*) FROM enrolment_counting(candidate.study_id) n WHERE n.enrolled)
            WHERE study_id = candidate.study_id;
        PERFORM enrolment_pause_at_stage(candidate.study_id, 1);
    END IF;
    RETURN refusal;
END
$$;

-- Holds a place for a subject until its screening window ends (`until`), or says why not; "window": it has ended.
CREATE OR REPLACE FUNCTION enrolment_hold_place(p_subject uuid, p_levels text DEFAULT '', OUT refusal text, OUT until date)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject := enrolment_candidate(p_subject);
    days integer;
    today date;
BEGIN
    SELECT max((v ->> 'after_days')::integer) INTO days
        FROM studies_protocolfile f, jsonb_array_elements(f.content -> 'visits') v
        WHERE f.version_id = candidate.protocol_version_id AND v ->> 'anchor' = 'screening';
    SELECT (now() AT TIME ZONE t.timezone)::date INTO today FROM studies_site t WHERE t.id = candidate.site_id;
    until := candidate.screened_on + days;
    PERFORM enrolment_pause_at_stage(candidate.study_id, 0);
    IF until IS NULL OR until < today THEN
        refusal := 'window';
    ELSIF enrolment_paused(candidate.study_id, candidate.site_id) THEN
        refusal := 'paused';
    ELSE
        refusal := enrolment_full(candidate, p_levels);
    END IF;
    IF refusal IS NULL THEN
        PERFORM enrolment_write_place(candidate, 'held', p_levels, until);
    END IF;
END
$$;

-- Gives a held place back; false where none was held.
CREATE OR REPLACE FUNCTION enrolment_give_back_place(p_subject uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    candidate casebook_subject := enrolment_candidate(p_subject);
BEGIN
    UPDATE enrollment_enrolmentplace SET state = 'released', changed_at = clock_timestamp(), changed_by_id = app_user_id()
        WHERE subject_id = candidate.id AND state = 'held';
    RETURN FOUND;
END
$$;

-- How many subjects of a study are enrolled, and for how many a place is held, by site and stratum: numbers alone,
-- for who works in the study.
CREATE OR REPLACE FUNCTION enrolment_counts(p_study uuid)
RETURNS TABLE (site_key text, levels text, enrolled integer, held integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT n.site_key, n.levels, (count(*) FILTER (WHERE n.enrolled))::integer,
           (count(*) FILTER (WHERE NOT n.enrolled))::integer
    FROM enrolment_counting(p_study) n
    WHERE app_is_system() OR EXISTS (SELECT 1 FROM app_roles() m WHERE m.study_id = p_study)
    GROUP BY n.site_key, n.levels
$$;

CREATE OR REPLACE FUNCTION enrolment_places_taken(p_study uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*)::integer FROM casebook_subject s
    WHERE s.study_id = p_study AND s.subject_number <> ''
      AND (app_is_system() OR EXISTS (SELECT 1 FROM app_roles() m WHERE m.study_id = p_study))
$$;
