"""`make demo` as a whole: it starts, serves, names what failed, and leaves no process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from trialsite.demo import commands, places
from trialsite.demo.children import wait_until
from trialsite.demo.servers import free_port

REPOSITORY = Path(__file__).resolve().parents[2]
WITHOUT_DATA = """
import sys
from trialsite.demo import run

run.fill = lambda *_: None
sys.exit(run.main(sys.argv[1:]))
"""

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="these tests look at processes by /proc"
)


class Demo:
    """One run of the demo on a folder and a port of its own; the synthetic trial has tests of its own."""

    def __init__(self, run_dir, port):
        self.run_dir = run_dir
        self.port = port
        hidden = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        inherited = {name: value for name, value in os.environ.items() if name not in hidden}
        self.environment = {**inherited, "TRIALSITE_RUN_DIR": str(run_dir), "PORT": str(port)}

    def command(self, *arguments):
        return subprocess.Popen(
            [sys.executable, "-c", WITHOUT_DATA, *arguments],
            stdout=subprocess.PIPE,
            cwd=REPOSITORY,
            env=self.environment,
            text=True,
        )

    def start(self):
        process = self.command()
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "Ctrl-C stops everything" in line:
                return process
        raise AssertionError("".join(said))

    def says(self, *arguments):
        process = self.command(*arguments)
        said, _ = process.communicate(timeout=60)
        return said

    def processes(self):
        """The environment of every living process of this run, by command line."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes().decode(errors="replace")
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"TRIALSITE_RUN_DIR={self.run_dir}\0" in environment or str(self.data()) in line:
                found[int(folder.name)] = (line, environment)
        return found

    def data(self):
        return places.place_of(self.run_dir).data


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory):
    """A folder on which one demo after the other runs: the first one migrates, the next find its data."""
    run_dir = tmp_path_factory.mktemp("demo") / "run"
    yield run_dir
    places.remove_data(run_dir)


@pytest.fixture
def demo(run_dir):
    run_dir.mkdir(exist_ok=True)
    demo = Demo(run_dir, free_port())
    yield demo
    for pid in demo.processes():
        os.kill(pid, signal.SIGKILL)


def test_the_demo_answers_refuses_a_second_one_and_stops_on_ctrl_c(demo):
    process = demo.start()
    assert commands.web_status(demo.port) == 200
    assert "The demo of this folder is running" in demo.says()
    assert f"(process {process.pid})" in demo.says("reset")
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert "Everything is stopped." in said
    assert process.returncode == 0
    assert demo.processes() == {}


def test_web_worker_and_clock_do_not_know_the_owner_role(demo):
    process = demo.start()
    application = [environment for line, environment in demo.processes().values() if " -m " in line]
    process.terminate()
    process.communicate(timeout=60)
    assert len(application) >= 5
    assert all("DATABASE_URL=postgresql://trial_app@" in environment for environment in application)
    assert not any("DATABASE_OWNER_URL" in environment for environment in application)


def test_a_worker_that_dies_stops_the_rest_with_the_name_of_its_log(demo):
    process = demo.start()
    os.kill(min(pid for pid, (line, _) in demo.processes().items() if " worker " in line), signal.SIGKILL)
    said, _ = process.communicate(timeout=60)
    assert "The task worker ended by itself (exit status -9)" in said
    assert str(demo.run_dir / "logs" / "worker.log") in said
    assert process.returncode == 1
    assert demo.processes() == {}


def test_a_demo_that_is_killed_takes_everything_with_it_and_starts_again(demo):
    killed = demo.start()
    killed.kill()
    killed.communicate()
    assert wait_until(lambda: demo.processes() == {}, seconds=30, pause_seconds=0.3)
    again = demo.start()
    assert commands.web_status(demo.port) == 200
    again.terminate()
    again.communicate(timeout=60)
    assert demo.processes() == {}


def test_a_demo_that_was_stopped_is_reset(demo):
    process = demo.start()
    process.terminate()
    process.communicate(timeout=60)
    assert "Removed the demo's data" in demo.says("reset")
    assert not demo.run_dir.exists()
