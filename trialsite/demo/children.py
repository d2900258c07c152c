"""Start and stop the processes of `make demo` and `make test` so that none is left behind."""

import atexit
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd
from typing import IO, TypedDict

PR_SET_PDEATHSIG = 1
"""Linux: the signal this process gets when its parent dies (prctl(2))."""


class Account(TypedDict, total=False):
    """The arguments of `subprocess` that name an account."""

    user: int
    group: int
    extra_groups: list[int]


class ServerError(Exception):
    """What keeps a server from running, as a sentence for the person at the terminal."""


@dataclass(eq=False)
class Child:
    """A process we started: its name in sentences, its log (None: our terminal), and how it is stopped."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None
    stop_signal: signal.Signals = signal.SIGTERM
    force_signal: signal.Signals = signal.SIGKILL
    patience_seconds: float = 20.0

    def is_running(self) -> bool:
        return self.process.poll() is None


_running: list[Child] = []


def last_lines(log: Path, lines: int = 8) -> str:
    """The last lines of a log, or nothing where there is no log."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-lines:])


def start_child(
    name: str,
    command: Sequence[str | Path],
    *,
    log: Path | None,
    environment: Mapping[str, str] | None = None,
    directory: Path | str | None = None,
    user: struct_passwd | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    force_signal: signal.Signals = signal.SIGKILL,
) -> Child:
    """Start a process that writes to `log` (None: our terminal) and ends when this process ends.

    It runs in a session of its own: Ctrl-C in the terminal reaches only us, and we stop it in its turn.
    `user` is the account it runs as (None: our own).
    """
    with _opened(log) as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=None if output is None else subprocess.STDOUT,
            env=dict(os.environ if environment is None else environment),
            cwd=directory,
            start_new_session=True,
            preexec_fn=_end_with_parent(stop_signal),  # we start processes before any thread
            **account(user),
        )
    child = Child(name, process, log, stop_signal, force_signal)
    _running.append(child)
    return child


def stop_child(child: Child) -> None:
    """Ask a process to stop, wait, and end it by force when it does not."""
    with contextlib.suppress(ProcessLookupError):
        if child.is_running():
            child.process.send_signal(child.stop_signal)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(child.patience_seconds)
    end_by_force(child)
    if child in _running:
        _running.remove(child)


def end_by_force(child: Child) -> None:
    """Kill a process, and what a process that was killed before left in its session."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.process.pid, signal.SIGKILL)
    child.process.wait()


def end_all_at_once() -> None:
    """End every process without waiting for its work (somebody pressed Ctrl-C twice)."""
    for child in _running:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, child.force_signal)


def account(user: struct_passwd | None) -> Account:
    """The arguments of `subprocess` that run a command as this account."""
    if user is None:
        return {}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def wait_until(answer: Callable[[], bool], *, seconds: float, pause_seconds: float = 0.05) -> bool:
    """Ask again until the answer is yes; False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer():
            return True
        time.sleep(pause_seconds)
    return answer()


@contextlib.contextmanager
def _opened(log: Path | None) -> Iterator[IO[bytes] | None]:
    if log is None:
        yield None
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        yield output


def _end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What the new process runs before its program: ask Linux for a signal when we die, even by kill -9."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


@atexit.register
def _stop_what_is_left() -> None:
    for child in reversed(_running.copy()):
        stop_child(child)
