-- The two roles of the database.
-- Run as a superuser, connected to the database they are for; running it again changes nothing.
--
--   trial_owner  owns the database and its tables: migrations and definer functions only.
--   trial_app    web, worker, beat, tests: owns nothing, and row-level security holds for it.
--
-- rights.sql, run after it, says what trial_app may do in the database.

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trial_owner') THEN
        CREATE ROLE trial_owner;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'trial_app') THEN
        CREATE ROLE trial_app;
    END IF;
END
$$;

ALTER ROLE trial_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE trial_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I OWNER TO trial_owner', current_database());
END
$$;
