"""The database of the tests: servers of their own, one migrated template, the app role.

Nothing is started before the first test that needs the database. A test marked `django_db` runs as the app
role in a transaction that is rolled back. A test that commits asks for `committed_db` and gets a copy of the
template; one that needs a web server beside it asks for `live_site`.

With DATABASE_URL set (and DATABASE_OWNER_URL, whose role may create databases, DATABASE_BACKUP_URL and REDIS_URL) the
tests run there, in databases named `test_*` of their own.
"""

import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.standing import Standing, connections_to
from trialsite.demo.places import temporary_run_dir
from trialsite.demo.roles import (
    APP,
    BACKUP,
    OWNER,
    RIGHTS_SQL,
    clone_database,
    create_database,
    drop_database,
    prepare_database,
    run_in_database,
    with_database,
)
from trialsite.demo.servers import HOST, embedded_postgres, embedded_redis, free_port

TEMPLATE = f"test_template_{os.getpid()}"
DATABASE = f"test_trials_{os.getpid()}"
# Set by the first process for those it starts (pytest-xdist): each has servers of its own, whatever it inherits.
OWN_SERVERS_FLAG = "TESTS_START_SERVERS"
OWN_SERVERS = "DATABASE_URL" not in os.environ or OWN_SERVERS_FLAG in os.environ
POSTGRES_PORT = free_port()
REDIS_PORT = free_port()


def _point_settings_at_test_servers() -> None:
    """Name the servers before Django reads its settings; they start when a test needs them."""
    if OWN_SERVERS:
        os.environ[OWN_SERVERS_FLAG] = "1"
        os.environ["DATABASE_URL"] = f"postgresql://{APP}@{HOST}:{POSTGRES_PORT}/{DATABASE}"
        os.environ["DATABASE_OWNER_URL"] = f"postgresql://{OWNER}@{HOST}:{POSTGRES_PORT}/{DATABASE}"
        os.environ["DATABASE_BACKUP_URL"] = f"postgresql://{BACKUP}@{HOST}:{POSTGRES_PORT}/{DATABASE}"
        os.environ["REDIS_URL"] = f"redis://{HOST}:{REDIS_PORT}/0"
    else:
        for variable in ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_BACKUP_URL"):
            if variable not in os.environ:
                raise pytest.UsageError(
                    f"DATABASE_URL is set and {variable} is not: tests on your servers need all three."
                )
            os.environ[variable] = with_database(os.environ[variable], DATABASE)
        if "REDIS_URL" not in os.environ:
            raise pytest.UsageError(
                "DATABASE_URL is set and REDIS_URL is not: tests on your servers need both."
            )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
    os.environ["SECRET_KEY"] = "tests only: nothing here is secret"
    os.environ["DIGEST_PATH"] = str(Path(tempfile.mkdtemp()) / "digests.jsonl")
    os.environ["IDENTITY_KEYS"] = "tests only: nothing here is secret and it is long enough"
    os.environ["EMAIL_FILE_PATH"] = str(Path(tempfile.gettempdir()) / "mail-of-tests-is-kept-in-memory")


def _make_hashing_cheap() -> None:
    """The same Argon2 with the least work: what the tests are about is not how long it takes."""
    from django.contrib.auth.hashers import Argon2PasswordHasher

    Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
    Argon2PasswordHasher.memory_cost = 8


def _look_for_static_files_once() -> None:
    """Each test's client loads the middleware anew; the folders of static files are searched by the first only."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    search = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[str, Any] = {}

    def search_once(middleware: WhiteNoiseMiddleware) -> None:
        if not found:
            search(middleware)
            found.update(middleware.files)
        middleware.files = dict(found)

    WhiteNoiseMiddleware.add_files_from_finders = search_once


_point_settings_at_test_servers()
django.setup()
del os.environ[
    "DJANGO_SETTINGS_MODULE"
]  # or a process that inherits it reads the settings before it names its servers
_make_hashing_cheap()
_look_for_static_files_once()


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """No test reaches a network: connections go to this machine only (held by pytest-socket)."""
    config.option.allow_hosts = f"{HOST},::1,localhost"
    config.option.allow_unix_socket = True


@pytest.fixture(scope="session")
def database_admin() -> Iterator[str]:
    """The URL of a role that may create databases on the tests' server."""
    if not OWN_SERVERS:
        yield with_database(os.environ["DATABASE_OWNER_URL"], "postgres")
        return
    with (
        temporary_run_dir() as run_dir,
        embedded_postgres(run_dir, POSTGRES_PORT, durable=False) as postgres,
        embedded_redis(run_dir, REDIS_PORT, durable=False),
    ):
        yield postgres.superuser_url()


@pytest.fixture(scope="session")
def database_template(database_admin: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database migrated by the owner, to which nobody is connected."""
    from django.core.management import call_command

    if OWN_SERVERS:
        prepare_database(database_admin, TEMPLATE)
    else:
        create_database(database_admin, TEMPLATE)
        run_in_database(database_admin, TEMPLATE, RIGHTS_SQL)
    try:
        with django_db_blocker.unblock(), connections_to(TEMPLATE):
            call_command("migrate", database="owner", verbosity=0, interactive=False)
        yield TEMPLATE
    finally:
        drop_database(database_admin, TEMPLATE)


@pytest.fixture(scope="session")
def django_db_setup(
    database_admin: str,
    database_template: str,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """The database of the tests that are rolled back (in place of pytest-django's own)."""
    clone_database(database_admin, database_template, DATABASE)
    try:
        with connections_to(DATABASE):
            yield
    finally:
        drop_database(database_admin, DATABASE)


@pytest.fixture
def database_of_test(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[None]:
    """Connections lead to the database in which what the test begins with stands already, if it asks for any."""
    names = [name for name in request.fixturenames if name.startswith("standing_")]
    if not names:
        yield
        return
    found: list[Standing] = [request.getfixturevalue(name) for name in names]
    with connections_to(max(found, key=lambda one: one.depth).database):
        yield


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest,
    database_admin: str,
    database_template: str,
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    settings: Settings,
    tmp_path: Path,
) -> Iterator[str]:
    """A database of this test's own, in which it may commit, and a file of its own for its digests; its name."""
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        raise pytest.UsageError("A test uses either django_db (rolled back) or committed_db (its own copy).")
    settings.DIGEST_PATH = str(tmp_path / "digests.jsonl")
    clone = f"test_copy_{uuid.uuid4().hex[:12]}"
    clone_database(database_admin, database_template, clone)
    try:
        with django_db_blocker.unblock(), connections_to(clone):
            yield clone
    finally:
        drop_database(database_admin, clone)


@pytest.fixture
def live_site(committed_db: str) -> Iterator[str]:
    """The address of a web server of this process on this test's own database."""
    server = LiveServer(HOST)
    try:
        yield server.url
    finally:
        server.stop()
