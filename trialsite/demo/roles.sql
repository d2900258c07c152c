-- The roles of the database.
-- Run as a superuser, connected to the database they are for; running it again changes nothing.
--
--   trial_owner  owns the database and its tables: migrations and definer functions only.
--   trial_app    web, worker, beat, tests: owns nothing, and row-level security holds for it.
--   trial_backup backups: reads every row and changes nothing here; makes databases of its own to try a backup in.
--
-- rights.sql, run after it, says what trial_app and trial_backup may do in the database.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trial_owner') THEN
        CREATE ROLE trial_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trial_app') THEN
        CREATE ROLE trial_app;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trial_backup') THEN
        CREATE ROLE trial_backup;
    END IF;
END
$$;

ALTER ROLE trial_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE trial_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE trial_backup LOGIN NOSUPERUSER CREATEDB NOCREATEROLE NOREPLICATION BYPASSRLS;
GRANT pg_read_all_data TO trial_backup;

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO trial_owner', current_database());
END
$$;
