"""The embedded servers of `make demo` and `make test`: PostgreSQL and a Redis-protocol server on 127.0.0.1.

    with embedded_postgres(run_dir) as postgres, embedded_redis(run_dir) as redis:
        postgres.url("trial_app", "trials"), redis.url

They trust every log-in from this machine: they are for trying out and for tests, not for data of real people.
Imports no Django: it runs before the settings exist.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trialsite.demo.children import (
    Child,
    ServerError,
    account,
    end_by_force,
    last_lines,
    start_child,
    stop_child,
    wait_until,
)
from trialsite.demo.places import DISK_FULL, POSTGRES_MAJOR, Place, held, place_of

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_SECONDS = 60.0
SERVER_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""What the servers see of the environment: nobody's PGDATA or PGOPTIONS reaches them."""
PORT_TAKEN = re.compile(r"Address already in use|could not create any TCP/IP sockets")
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PortTaken(ServerError):
    """Another program listens on the port."""


@dataclass(frozen=True)
class Postgres:
    """A running embedded PostgreSQL."""

    port: int
    child: Child

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}@{HOST}:{self.port}/{database}"

    def superuser_url(self, database: str = "postgres") -> str:
        return self.url(SUPERUSER, database)


@dataclass(frozen=True)
class Redis:
    """A running embedded Redis-protocol server."""

    port: int
    child: Child

    @property
    def url(self) -> str:
        return f"redis://{HOST}:{self.port}/0"


@contextlib.contextmanager
def embedded_postgres(run_dir: Path, port: int | None = None, durable: bool = True) -> Iterator[Postgres]:
    """PostgreSQL on this run folder's data, made where there are none yet; stopped afterwards.

    `port` None takes a free one. Not `durable`: writes do not wait for the disk (tests).
    Raises ServerError with a sentence: port taken, data of another release, disk full, already running.
    """
    place = place_of(run_dir)
    logs = run_dir / "logs"
    data = place.folder("postgres")
    with _held_by_us(data, "PostgreSQL"):
        programs = place.postgres_programs()
        _check_release(data)
        _end_left_over(data)
        if not (data / "PG_VERSION").exists():
            _make_cluster(programs, data, place, logs / "initdb.log", durable=durable)
        postgres = _start_postgres(programs, data, place, logs / "postgres.log", port, durable=durable)
        try:
            yield postgres
        finally:
            stop_postgres(postgres.child)


@contextlib.contextmanager
def embedded_redis(run_dir: Path, port: int | None = None, durable: bool = True) -> Iterator[Redis]:
    """A Redis-protocol server; `durable` keeps waiting tasks from one start to the next."""
    place = place_of(run_dir)
    data = place.folder("redis")
    with _held_by_us(data, "The Redis-protocol server"):
        redis = _start_redis(place, data, run_dir / "logs" / "redis.log", port, durable=durable)
        try:
            yield redis
        finally:
            stop_child(redis.child)


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def check_port_free(port: int, variable: str, name: str) -> None:
    """Refuse a port that is taken, with a sentence that says how to choose another one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise PortTaken(
                f"Port {port} for {name} is reserved for root. Choose another one: {variable}={port + 8000}."
            ) from None
        except OSError:
            raise PortTaken(
                f"Port {port} for {name} is taken by another program. "
                f"Stop that program, or choose another port: {variable}={port + 1}."
            ) from None


def stop_postgres(child: Child) -> None:
    """End PostgreSQL: sessions are cut (fast), then without a checkpoint (immediate), then by force."""
    for request, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0)):
        if child.is_running():
            with contextlib.suppress(ProcessLookupError):
                child.process.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(seconds)
    stop_child(child)


@contextlib.contextmanager
def _held_by_us(data: Path, name: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(data))
        except BlockingIOError:
            raise ServerError(
                f"{name} already runs on {data} for another process. Stop that one first."
            ) from None
        yield


def _check_release(data: Path) -> None:
    """Refuse data of another PostgreSQL release, and data of which only a part is left."""
    version = data / "PG_VERSION"
    if version.exists():
        found = version.read_text(encoding="utf-8").strip()
        if found != str(POSTGRES_MAJOR):
            raise ServerError(
                f"The data in {data} were made by PostgreSQL {found}, "
                f"and this is PostgreSQL {POSTGRES_MAJOR}. `make reset` removes them; "
                "the next start makes new ones."
            )
        if not (data / "global" / "pg_control").exists():
            raise ServerError(
                f"The data in {data} are damaged: files are missing. `make reset` removes them; "
                "the next start makes new ones."
            )


def _end_left_over(data: Path) -> None:
    """End the server of a killed run, and remove its pid file where the server is gone.

    We hold the folder, so a server that still works on it has lost the run that started it.
    """
    pid_file = data / "postmaster.pid"
    pid = _postmaster_pid(pid_file)
    if pid is not None and _serves(pid, data):
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, request)
            if wait_until(lambda: not _serves(pid, data), seconds=15.0):
                break
    pid_file.unlink(missing_ok=True)


def _postmaster_pid(pid_file: Path) -> int | None:
    try:
        return abs(int(pid_file.read_text(encoding="utf-8").split("\n", 1)[0]))
    except (OSError, ValueError):
        return None


def _serves(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL on these data, and not one that got the same number since."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        if Path("/proc/self").exists():
            return False
        shown = subprocess.run(
            ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        command = shown.stdout
    return "postgres" in command and str(data) in command


def _make_cluster(programs: Path, data: Path, place: Place, log: Path, *, durable: bool) -> None:
    """Make the data folder: UTF-8, PostgreSQL's own C.UTF-8 (the same order on every system), UTC."""
    _clear(data)
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", SUPERUSER, "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command += ["--no-instructions", "--set=timezone=UTC", "--set=log_timezone=UTC"]
    command += [] if durable else ["--no-sync"]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        done = subprocess.run(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=SERVER_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
            check=False,
            **account(place.user),
        )
    if done.returncode != 0:
        _clear(data)
        raise _failure("PostgreSQL's data could not be made", data, log)


def _clear(data: Path) -> None:
    """Empty a folder in which a killed run left half-made data."""
    for left_over in data.iterdir():
        if left_over.is_dir() and not left_over.is_symlink():
            shutil.rmtree(left_over)
        else:
            left_over.unlink()


def _start_postgres(
    programs: Path, data: Path, place: Place, log: Path, port: int | None, *, durable: bool
) -> Postgres:
    if port is not None:
        check_port_free(port, "PGPORT", "PostgreSQL")
    chosen = port or free_port()
    settings = [
        f"listen_addresses={HOST}",
        f"port={chosen}",
        "unix_socket_directories=",
        "wal_level=minimal",
        "max_wal_senders=0",
        "jit=off",
        *(() if durable else QUICK),
    ]
    child = start_child(
        "PostgreSQL",
        [programs / "postgres", "-D", data, *(part for setting in settings for part in ("-c", setting))],
        log=log,
        environment=SERVER_ENVIRONMENT,
        directory="/",
        user=place.user,
        stop_signal=signal.SIGINT,
        force_signal=signal.SIGQUIT,
    )
    try:
        _await(child, lambda: _is_ready(child, data), data, log)
    except PortTaken:
        if port is None:
            return _start_postgres(programs, data, place, log, None, durable=durable)
        raise
    return Postgres(chosen, child)


def _is_ready(child: Child, data: Path) -> bool:
    """Whether the server says so in its pid file (line 1: process, line 8: state)."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(child.process.pid) and lines[7].strip() == "ready"


def _start_redis(place: Place, data: Path, log: Path, port: int | None, *, durable: bool) -> Redis:
    if port is not None:
        check_port_free(port, "REDISPORT", "the Redis-protocol server")
    chosen = port or free_port()
    command: list[str | Path] = [place.redis_program(), "--bind", HOST, "--port", str(chosen), "--dir", data]
    command += ["--daemonize", "no", "--appendonly", "no", "--save", "300 1" if durable else ""]
    child = start_child(
        "The Redis-protocol server",
        command,
        log=log,
        environment=SERVER_ENVIRONMENT,
        directory="/",
        user=place.user,
    )
    try:
        _await(child, lambda: _answers_ping(chosen), data, log)
    except PortTaken:
        if port is None:
            return _start_redis(place, data, log, None, durable=durable)
        raise
    return Redis(chosen, child)


def _answers_ping(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1.0) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _await(child: Child, is_ready: Callable[[], bool], data: Path, log: Path) -> None:
    """Wait until a server is ready; a server that ends or stays silent is explained by its log."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if not child.is_running():
            stop_child(child)
            raise _failure(f"{child.name} could not start", data, log)
        if is_ready():
            return
        time.sleep(0.03)
    end_by_force(child)
    raise _failure(f"{child.name} did not get ready within {START_SECONDS:.0f} seconds", data, log)


def _failure(what: str, data: Path, log: Path) -> ServerError:
    """The sentence for a server that did not start, with its own last words."""
    said = last_lines(log)
    if DISK_FULL.search(said):
        return ServerError(f"{what}: the disk that holds {data} is full. Free some space and start again.")
    if PORT_TAKEN.search(said):
        return PortTaken(f"{what}: its port is taken by another program.")
    return ServerError(f"{what}. Its log {log} ends with:\n{said}")
