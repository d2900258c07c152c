-- The last guard of what is frozen or locked: no path writes there, whatever the application forgot to ask.

CREATE OR REPLACE FUNCTION casebook_refuse_held(mode text, how text, parent text, subject uuid, here jsonb)
RETURNS void LANGUAGE plpgsql STABLE AS $$
DECLARE
    hold record;
    slot jsonb;
BEGIN
    FOR hold IN
        SELECT * FROM casebook_hold h
        WHERE h.study_id = (here ->> 'study_id')::uuid AND h.state <> 'released'
          AND (h.site_id IS NULL OR h.site_id = (here ->> 'site_id')::uuid)
          AND (h.subject_id IS NULL OR h.subject_id = casebook_refuse_held.subject)
          AND (mode = 'values' OR h.kind = 'lock')
    LOOP
        IF hold.visit_key <> '' AND slot IS NULL THEN
            slot := casebook_slot(how, parent, here);
        END IF;
        IF hold.visit_key = '' OR (
            (slot ->> 'visit_key' = '*'
             OR hold.visit_key = slot ->> 'visit_key' AND hold.visit_repeat = (slot ->> 'visit_repeat')::int)
            AND (hold.form_key = '' OR slot ->> 'form_key' = '*'
                 OR hold.form_key = slot ->> 'form_key' AND hold.form_repeat = (slot ->> 'form_repeat')::int))
        THEN
            RAISE EXCEPTION 'This part of the casebook is held (%): nothing can be written here.', hold.kind
                USING ERRCODE = 'object_not_in_prerequisite_state';
        END IF;
    END LOOP;
END
$$;

-- The slot of a row: of a form, of a visit, as the row itself names it, or of the form that it stands on; otherwise
-- none. With a parent it is the parent's: a line has the slot of its form. A signature on a visit, or on a casebook,
-- has '*' for every part of it: a lock anywhere inside stops it. So has what names a form that is not there.
CREATE OR REPLACE FUNCTION casebook_slot(how text, parent text, here jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
DECLARE
    slot jsonb;
BEGIN
    IF parent <> '' THEN
        EXECUTE format('SELECT to_jsonb(p) FROM %I p WHERE p.id = $1', parent) INTO here
        USING COALESCE(here ->> 'record_id', here ->> 'query_id')::uuid;
    END IF;
    IF how = 'form' THEN
        SELECT jsonb_build_object('visit_key', v.key, 'visit_repeat', v.repeat,
                                  'form_key', here ->> 'form_key', 'form_repeat', here ->> 'form_repeat')
        INTO slot FROM casebook_visit v WHERE v.id = (here ->> 'visit_id')::uuid;
    ELSIF how = 'visit' THEN
        slot := jsonb_build_object('visit_key', here ->> 'key', 'visit_repeat', here ->> 'repeat');
    ELSIF how = 'slot' THEN
        slot := here;
    ELSIF how = 'record' THEN
        SELECT jsonb_build_object('visit_key', COALESCE(v.key, '*'), 'visit_repeat', v.repeat,
                                  'form_key', COALESCE(f.form_key, '*'), 'form_repeat', f.form_repeat)
        INTO slot FROM (SELECT (here ->> 'record_id')::uuid AS form, (here ->> 'visit_id')::uuid AS visit) stands
        LEFT JOIN LATERAL casebook_form(stands.form) f ON true
        LEFT JOIN casebook_visit v ON v.id = COALESCE(f.visit_id, stands.visit);
    END IF;
    RETURN COALESCE(slot, '{}'::jsonb);
END
$$;

CREATE OR REPLACE FUNCTION casebook_held() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    own_study uuid;
    own_subject uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN own_study := NEW.study_id; ELSE own_study := OLD.study_id; END IF;
    -- Almost always nothing is held in the study: then this is one look at a small index.
    PERFORM 1 FROM casebook_hold h WHERE h.study_id = own_study AND h.state <> 'released' LIMIT 1;
    -- A transfer changes no value: the rows of what is held go to the other site with their holds.
    IF FOUND AND NOT (TG_OP = 'UPDATE' AND to_jsonb(OLD) ->> 'site_id' IS DISTINCT FROM to_jsonb(NEW) ->> 'site_id'
                      AND to_jsonb(OLD) - '{site_id,version}'::text[] = to_jsonb(NEW) - '{site_id,version}'::text[]) THEN
        IF TG_OP <> 'INSERT' THEN
            IF TG_TABLE_NAME = 'casebook_subject' THEN own_subject := OLD.id; ELSE own_subject := OLD.subject_id; END IF;
            PERFORM casebook_refuse_held(TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], own_subject, to_jsonb(OLD));
        END IF;
        IF TG_OP <> 'DELETE' THEN
            IF TG_TABLE_NAME = 'casebook_subject' THEN own_subject := NEW.id; ELSE own_subject := NEW.subject_id; END IF;
            PERFORM casebook_refuse_held(TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], own_subject, to_jsonb(NEW));
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END
$$;
