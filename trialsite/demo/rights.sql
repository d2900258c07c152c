-- What trial_app and trial_backup may do in the database this runs in, and that nobody else may do anything.
-- Run as the database's owner or as a superuser; running it again changes nothing.
--
-- Temporary tables: the record as of an earlier instant is read from them. What trial_app may do with each table
-- is granted by the migrations.

DO $$
BEGIN
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO trial_app', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO trial_backup', current_database());
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO trial_app;
