"""`make demo`: start everything on one machine, say where it is, and stop everything on Ctrl-C.

Called as `python -m trialsite.demo.run`, followed by

* nothing: servers, migrations, protocols, the synthetic trial, web pages, task worker and clock;
* `reset`: remove what the demo has kept;
* `with-servers COMMAND ...`: a command on servers of its own that are gone afterwards.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from trialsite.demo import commands
from trialsite.demo.children import (
    Child,
    ServerError,
    end_all_at_once,
    last_lines,
    start_child,
    stop_child,
    wait_until,
)
from trialsite.demo.environment import (
    REPOSITORY,
    app_environment,
    owner_environment,
    port_from,
    run_folder,
    servers,
)
from trialsite.demo.places import held, remove_data, temporary_run_dir
from trialsite.demo.servers import HOST, check_port_free

DEFAULT_PORT = 8000
WEB_ANSWER_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked us to stop: Ctrl-C, `kill`, or a closed terminal."""


def main(arguments: Sequence[str]) -> int:
    """Run one of the three uses; a ServerError becomes its sentence."""
    for number in STOP_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _stop)
    try:
        match list(arguments):
            case []:
                demo(run_folder())
            case ["reset"]:
                reset(run_folder())
            case ["with-servers", *command] if command:
                return with_servers(command)
            case _:
                say((__doc__ or "").strip())
                return 2
    except ServerError as error:
        say(f"\n{error}")
        return 1
    except PermissionError as error:
        say(f"\n{error.filename}: {error.strerror}. It may belong to another account, such as root.")
        return 1
    except OSError as error:
        say(f"\n{error.filename or 'A file'}: {error.strerror}.")
        return 1
    except Stopped:
        say("Everything is stopped.")
    return 0


def demo(run_dir: Path) -> None:
    """Start everything and keep it running until somebody stops it or a part of it fails."""
    port = port_from("PORT") or DEFAULT_PORT
    with _only_one(run_dir), contextlib.ExitStack() as stack:
        check_port_free(port, "PORT", "the web pages")
        say("Starting the database and the task queue.")
        found = stack.enter_context(servers(run_dir))
        environment = app_environment(run_dir, found)
        as_owner = owner_environment(environment, found)
        migrate(run_dir, as_owner)
        fill(run_dir, environment, as_owner)
        say("Starting the web pages, the task worker and the clock.")
        children = [stack.enter_context(child) for child in _application(run_dir, port, environment)]
        await_web(port, children)
        announce(port, run_dir, environment)
        watch([*found.children, *children])


def migrate(run_dir: Path, as_owner: Mapping[str, str]) -> None:
    """Bring the tables up to date, as the owner role."""
    step("Migrating the database", commands.MIGRATE, as_owner, run_dir / "logs" / "migrate.log")


def fill(run_dir: Path, environment: Mapping[str, str], as_owner: Mapping[str, str]) -> None:
    """Load the four protocols, and make the synthetic trial where there is none (its randomisation list as owner)."""
    if has_command("load_protocol"):
        log = run_dir / "logs" / "load_protocol.log"
        step("Loading the protocols", commands.LOAD_PROTOCOLS, environment, log)
    if has_command("demo_data"):
        step("Making the synthetic trial", ["manage.py", "demo_data", "--if-empty"], as_owner, None)


def step(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path | None) -> None:
    """Run a Python command to its end; its failure is a sentence with the end of its log."""
    say(f"{name}.")
    child = start_child(
        name, [sys.executable, *command], log=log, environment=environment, directory=REPOSITORY
    )
    try:
        status = child.process.wait()
    finally:
        stop_child(child)
    if status != 0:
        where = f" Its log {log} ends with:\n{last_lines(log)}" if log else ""
        raise ServerError(f"{name} failed (exit status {status}).{where}")


def await_web(port: int, children: Sequence[Child]) -> None:
    """Wait until the log-in page answers, and stop waiting when a process has ended."""
    status = 0

    def answered() -> bool:
        nonlocal status
        refuse_ended(children)
        status = commands.web_status(port)
        return status != 0

    log = children[-1].log
    if not wait_until(answered, seconds=WEB_ANSWER_SECONDS, pause_seconds=0.1):
        raise ServerError(f"The web process does not answer. Its log: {log}")
    if not commands.is_healthy(status):
        raise ServerError(f"The web process answers with an error (status {status}). Its log: {log}")


def announce(port: int, run_dir: Path, environment: Mapping[str, str]) -> None:
    """Say where it is, who may log in, and how to stop."""
    say(f"\nReady: http://{HOST}:{port}/\n")
    if has_command("demo_accounts"):
        step("One account for each role", ["manage.py", "demo_accounts"], environment, None)
    say(f"\nLogs: {run_dir / 'logs'}. Mail: {environment['EMAIL_FILE_PATH']}. Ctrl-C stops everything.")


def watch(children: Sequence[Child]) -> None:
    """Look after the processes until one of them ends."""
    while True:
        refuse_ended(children)
        time.sleep(0.5)


def refuse_ended(children: Sequence[Child]) -> None:
    for child in children:
        if not child.is_running():
            raise ServerError(
                f"{child.name} ended by itself (exit status {child.process.returncode}); stopping the rest. "
                f"Its log {child.log} ends with:\n{last_lines(child.log) if child.log else ''}"
            )


def reset(run_dir: Path) -> None:
    """Remove the demo's data, unless it is running."""
    if not run_dir.exists():
        say("There is nothing to remove.")
        return
    with _only_one(run_dir):
        remove_data(run_dir)
    say("Removed the demo's data; `make demo` makes new ones.")
    if os.environ.get("DATABASE_URL"):
        say("DATABASE_URL is set: the database there is yours and was not touched.")


def with_servers(command: Sequence[str]) -> int:
    """Run a command on a migrated database of its own, as the app role with the owner role beside it."""
    with temporary_run_dir() as run_dir, servers(run_dir) as found:
        environment = owner_environment(app_environment(run_dir, found), found)
        migrate(run_dir, environment)
        child = start_child(command[0], command, log=None, environment=environment, directory=REPOSITORY)
        try:
            return child.process.wait()
        finally:
            stop_child(child)


def has_command(name: str) -> bool:
    """Whether the project has a management command of this name (asked without starting Django)."""
    pattern = f"management/commands/{name}.py"
    return any(REPOSITORY.glob(f"*/{pattern}")) or any(REPOSITORY.glob(f"*/*/{pattern}"))


def say(text: str) -> None:
    """Print a line; a terminal that is gone must not keep us from stopping."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _application(
    run_dir: Path, port: int, environment: Mapping[str, str]
) -> Iterator[contextlib.AbstractContextManager[Child]]:
    """Worker, clock and web, in the order in which they start; they stop the other way round."""
    logs = run_dir / "logs"
    clock = commands.beat(str(run_dir / "beat-schedule"))
    yield _running("The task worker", commands.WORKER, environment, logs / "worker.log")
    yield _running("The clock", clock, environment, logs / "beat.log")
    yield _running("The web process", commands.web(f"{HOST}:{port}"), environment, logs / "web.log")


@contextlib.contextmanager
def _running(name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Child]:
    program = [sys.executable, *command]
    child = start_child(name, program, log=log, environment=environment, directory=REPOSITORY)
    try:
        yield child
    finally:
        stop_child(child)


@contextlib.contextmanager
def _only_one(run_dir: Path) -> Iterator[None]:
    run_dir.mkdir(parents=True, exist_ok=True)
    pid = run_dir / "pid"
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(held(run_dir))
        except BlockingIOError:
            running = pid.read_text(encoding="ascii").strip() if pid.exists() else "unknown"
            raise ServerError(
                f"The demo of this folder is running (process {running}). "
                "Stop it first, with Ctrl-C in its terminal."
            ) from None
        pid.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield


def _stop(_number: int, _frame: FrameType | None) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, _stop_at_once)
    say("\nStopping.")
    raise Stopped


def _stop_at_once(_number: int, _frame: FrameType | None) -> None:
    end_all_at_once()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
