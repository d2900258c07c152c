"""docker-compose.yml runs only what `make demo` and these tests run here."""

import os
import re
import subprocess
from pathlib import Path

import psycopg2
import pytest
import yaml

from trialsite.demo import commands, places, roles
from trialsite.demo.servers import embedded_postgres

REPOSITORY = Path(__file__).resolve().parents[2]
COMPOSE = (REPOSITORY / "docker-compose.yml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]


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


@pytest.mark.parametrize(
    ("address", "service"), [("DATABASE_OWNER_URL", "migrate"), ("DATABASE_BACKUP_URL", "backup")]
)
def test_only_one_service_knows_a_role_of_more_rights(address, service):
    assert [name for name, one in SERVICES.items() if address in one.get("environment", {})] == [service]


def test_the_backup_is_made_every_night_into_a_volume_of_its_own():
    service = SERVICES["backup"]
    folder = service["command"][service["command"].index("--to") + 1]
    assert service["command"][:3] == ["python", "manage.py", "backup"]
    assert service["command"][-2:] == ["--nightly", "${BACKUP_AT:-18:30}"]
    assert service["volumes"] == ["files:/var/lib/trials:ro", f"backups:{folder}"]
    assert service["restart"] == "unless-stopped"
    assert f"0700 /var/lib/trials {folder}\n" in (REPOSITORY / "Dockerfile").read_text()


def test_the_application_waits_for_the_migration():
    for name in ("web", "worker", "clock", "protocols", "backup"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_only_the_proxy_is_reached_from_outside():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"proxy": ["443:443", "80:80"]}


def test_the_proxy_hands_over_to_a_web_process_that_knows_of_it():
    assert "reverse_proxy web:8000\n" in (REPOSITORY / "Caddyfile").read_text()
    assert SERVICES["web"]["environment"]["HTTPS"] == "1"
    assert SERVICES["web"]["environment"]["ALLOWED_HOSTS"].split(",")[0].startswith("${HOST_NAME:?")


def test_the_example_of_the_environment_names_what_is_asked_for():
    asked = set(re.findall(r"\$\{(\w+)", COMPOSE))
    named = set(re.findall(r"^(\w+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE))
    assert named == asked


def test_every_file_that_is_mounted_is_there():
    mounted = [
        line.split(":")[0]
        for service in SERVICES.values()
        for line in service.get("volumes", [])
        if line.startswith("./")
    ]
    mounted.remove("./certificates")  # the installation's own
    assert len(mounted) == 4
    assert all((REPOSITORY / file).is_file() for file in mounted)


@pytest.mark.parametrize(
    ("status", "healthy"), [(0, False), (200, True), (301, True), (499, True), (500, False)]
)
def test_the_health_check_accepts_any_answer_but_an_error_of_ours(status, healthy):
    assert commands.is_healthy(status) is healthy


def test_the_health_check_asks_the_running_site(live_site):
    port = int(live_site.rsplit(":", 1)[1])
    assert commands.web_status(port) == 200


def test_the_roles_get_the_passwords_of_the_environment_and_others_later(tmp_path):
    run_dir = tmp_path / "run"
    try:
        with embedded_postgres(run_dir, durable=False) as postgres:
            roles.prepare_database(postgres.superuser_url())
            programs = places.place_of(run_dir).postgres_programs()
            environment = {
                "PATH": f"{programs}:{os.environ['PATH']}",
                "PGHOST": commands.HOST,
                "PGPORT": str(postgres.port),
                "POSTGRES_DB": roles.DATABASE,
                "OWNER_PASSWORD": "owner'1",
                "APP_PASSWORD": "app2",
                "BACKUP_PASSWORD": "backup3",
            }
            command = [REPOSITORY / "bin" / "role-passwords"]
            subprocess.run(command, env={**environment, "POSTGRES_USER": "postgres"}, check=True)
            first = kept_passwords(postgres.superuser_url())
            subprocess.run(command, env={**environment, "APP_PASSWORD": "app3"}, check=True)
            second = kept_passwords(postgres.superuser_url())
    finally:
        places.remove_data(run_dir)
    assert set(first) == {"trial_app", "trial_backup", "trial_owner"}
    assert first["trial_app"] != second["trial_app"]
    assert all(kept.startswith("SCRAM-SHA-256") for kept in [*first.values(), *second.values()])


def kept_passwords(url):
    """What PostgreSQL keeps of each role's password."""
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolpassword FROM pg_authid WHERE rolname LIKE 'trial_%'")
        found = dict(cursor.fetchall())
    connection.close()
    return found
