"""docker-compose.yml runs only what `make demo` and these tests run here."""

import os
import subprocess
from pathlib import Path

import psycopg2
import pytest
import yaml

from trialsite.demo import commands, places, roles
from trialsite.demo.servers import embedded_postgres

REPOSITORY = Path(__file__).resolve().parents[2]
SERVICES = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]


@pytest.mark.parametrize(
    ("service", "command"),
    [
        ("migrate", commands.MIGRATE),
        ("protocols", commands.LOAD_PROTOCOLS),
        ("web", commands.web("0.0.0.0:8000")),
        ("worker", commands.WORKER),
        ("clock", commands.beat("/var/lib/trials/beat-schedule")),
    ],
)
def test_a_service_runs_the_command_of_the_demo(service, command):
    assert SERVICES[service]["command"] == ["python", *command]


def test_only_the_migration_knows_the_owner_role():
    knowing = [
        name for name, service in SERVICES.items() if "DATABASE_OWNER_URL" in service.get("environment", {})
    ]
    assert knowing == ["migrate"]


def test_the_application_waits_for_the_migration():
    for name in ("web", "worker", "clock", "protocols"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_file_that_is_mounted_is_there():
    mounted = [line.split(":")[0] for line in SERVICES["database"]["volumes"] if line.startswith("./")]
    assert len(mounted) == 3
    assert all((REPOSITORY / file).is_file() for file in mounted)


@pytest.mark.parametrize(
    ("status", "healthy"), [(0, False), (200, True), (301, True), (499, True), (500, False)]
)
def test_the_health_check_accepts_any_answer_but_an_error_of_ours(status, healthy):
    assert commands.is_healthy(status) is healthy


def test_the_health_check_asks_the_running_site(live_site):
    port = int(live_site.rsplit(":", 1)[1])
    assert commands.web_status(port) == 200


def test_both_roles_get_the_passwords_of_the_environment(tmp_path):
    run_dir = tmp_path / "run"
    try:
        with embedded_postgres(run_dir, durable=False) as postgres:
            roles.prepare_database(postgres.superuser_url())
            programs = places.place_of(run_dir).postgres_programs()
            environment = {
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PGHOST": commands.HOST,
                "PGPORT": str(postgres.port),
                "POSTGRES_USER": "postgres",
                "POSTGRES_DB": roles.DATABASE,
                "OWNER_PASSWORD": "owner'1",
                "APP_PASSWORD": "app2",
            }
            subprocess.run([REPOSITORY / "bin" / "role-passwords"], env=environment, check=True)
            connection = psycopg2.connect(postgres.superuser_url())
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT rolname, left(rolpassword, 13) FROM pg_authid "
                    "WHERE rolname LIKE 'trial_%' ORDER BY 1"
                )
                found = cursor.fetchall()
            connection.close()
    finally:
        places.remove_data(run_dir)
    assert found == [("trial_app", "SCRAM-SHA-256"), ("trial_owner", "SCRAM-SHA-256")]
