-- Files of accounts hold names and addresses of staff and nothing of the record: they are for administrators, who have no
-- site, and for nobody who reads a site's record. Beside the policy `boundary` of each table.

CREATE OR REPLACE FUNCTION imports_administers() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT app_is_system() OR EXISTS (SELECT 1 FROM app_roles() r WHERE r.role = 'administrator')
$$;

DROP POLICY IF EXISTS administrators ON imports_importbatch;
CREATE POLICY administrators ON imports_importbatch USING (kind = 'accounts' AND (SELECT imports_administers()));
DROP POLICY IF EXISTS accounts ON imports_importbatch;
CREATE POLICY accounts ON imports_importbatch AS RESTRICTIVE
    USING (kind <> 'accounts' OR (SELECT imports_administers()));

DROP POLICY IF EXISTS administrators ON imports_importsource;
CREATE POLICY administrators ON imports_importsource USING (kind = 'accounts' AND (SELECT imports_administers()));
DROP POLICY IF EXISTS accounts ON imports_importsource;
CREATE POLICY accounts ON imports_importsource AS RESTRICTIVE
    USING (kind <> 'accounts' OR (SELECT imports_administers()));

DROP POLICY IF EXISTS administrators ON imports_importrun;
CREATE POLICY administrators ON imports_importrun
    USING ((SELECT imports_administers()) AND batch_id IN (SELECT id FROM imports_importbatch WHERE kind = 'accounts'));
