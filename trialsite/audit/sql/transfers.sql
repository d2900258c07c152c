-- Subjects that went to another site: their trail is read where they are now, also what was written before.

-- The subjects of persons who were ever transferred; `here`: those of them that are now at a place of the acting user.
CREATE OR REPLACE FUNCTION app_transferred(here boolean) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN COALESCE((
        SELECT array_agg(s.id) FROM public.casebook_subject s
        WHERE s.person_id IN (
            SELECT o.person_id FROM public.casebook_transfer x JOIN public.casebook_subject o ON o.id = x.subject_id
            WHERE x.state = 'accepted')
          AND (NOT here OR app_is_system() OR s.study_id::text || s.site_id::text = ANY (app_places()))), '{}');
END
$$;

-- What the receiving site decides on a transfer. Accepting carries every row of the person's parts in the study to the
-- new site, whatever table it stands in, in this one transaction: each change is an entry of the trail. Returns how many.
CREATE OR REPLACE FUNCTION casebook_decide_transfer(
    p_transfer uuid, p_accept boolean, p_responsible uuid, p_why text)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asked casebook_transfer;
    person uuid;
    subjects uuid[];
    tables text[];
    one text;
    moved integer;
    total integer := 0;
BEGIN
    SELECT * INTO asked FROM casebook_transfer WHERE id = p_transfer FOR UPDATE;
    IF asked.id IS NULL OR NOT EXISTS (
        SELECT 1 FROM app_roles() m WHERE m.study_id = asked.study_id AND m.site_id = asked.to_site_id
          AND m.role IN ('coordinator', 'investigator')) THEN
        RAISE EXCEPTION 'No transfer to a site of yours has this id.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF asked.state <> 'asked' OR asked.asked_by_id = app_user_id() THEN
        RAISE EXCEPTION 'A second person decides on a transfer, and once.' USING ERRCODE = 'check_violation';
    END IF;
    IF p_accept THEN
        SELECT s.person_id INTO person FROM casebook_subject s WHERE s.id = asked.subject_id;
        PERFORM 1 FROM casebook_subject s WHERE s.person_id = person ORDER BY s.id FOR UPDATE;
        subjects := ARRAY(SELECT s.id FROM casebook_subject s
                          WHERE s.person_id = person AND s.study_id = asked.study_id AND s.site_id = asked.site_id);
        IF NOT asked.subject_id = ANY (subjects) THEN
            RAISE EXCEPTION 'The subject is not at the sending site any more.' USING ERRCODE = 'check_violation';
        END IF;
        tables := ARRAY(
            SELECT c.relname::text FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
              AND c.relname NOT IN ('audit_trail', 'casebook_transfer')
              AND 2 = (SELECT count(*) FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attname IN ('subject_id', 'site_id') AND NOT a.attisdropped)
            ORDER BY c.relname);
        UPDATE casebook_subject SET site_id = asked.to_site_id, version = version + 1 WHERE id = ANY (subjects);
        UPDATE access_person SET site_id = asked.to_site_id WHERE id = person;
        FOREACH one IN ARRAY tables LOOP
            EXECUTE format('UPDATE %I SET site_id = $1 WHERE subject_id = ANY ($2)', one)
                USING asked.to_site_id, subjects;
            GET DIAGNOSTICS moved = ROW_COUNT;
            total := total + moved;
        END LOOP;
    END IF;
    UPDATE casebook_transfer SET state = CASE WHEN p_accept THEN 'accepted' ELSE 'refused' END,
        decided_by_id = app_user_id(), decided_at = clock_timestamp(), decided_why = p_why,
        responsible_id = CASE WHEN p_accept THEN p_responsible END
        WHERE id = p_transfer;
    RETURN total;
END
$$;
