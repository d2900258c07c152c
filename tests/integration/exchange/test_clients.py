"""What docs/how-to/use-the-api.md shows is run as it stands against a live server: shell, Python, made client, R."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.casebook.test_forms import enter
from tests.integration.test_api import token_of
from trialsite.audit import acting
from trialsite.casebook.models import Subject

from .described import document_text

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "use-the-api.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
R_PACKAGES = ("jsonlite", "httr2")


def snippets(heading: str, language: str) -> list[str]:
    """The snippets of a language beneath a heading of the page."""
    part = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return [text for kind, text in FENCE.findall(part) if kind == language]


@pytest.fixture
def recorded(live_site: str) -> tuple[Cast, Subject]:
    """A subject with vital signs: 70.5 kg at screening."""
    cast = make_cast()
    subject = bare_subject(cast)
    with acting(user=cast.coordinator):
        enter(subject, cast, "70.5")
    return cast, subject


@pytest.fixture
def surroundings(live_site: str, recorded: tuple[Cast, Subject], tmp_path: Path) -> dict[str, str]:
    """What the snippets find in their environment."""
    cast, subject = recorded
    key = token_of(cast.coordinator)["Authorization"].removeprefix("Token ")
    paths = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    found = {
        "PATH": paths,
        "KEY": key,
        "TRIALS": live_site,
        "SUBJECT": str(subject.pk),
        "HOME": str(tmp_path),
    }
    return found | {"LANG": "C.UTF-8", "PYTHONPATH": str(tmp_path)}


def run(command: list[str], folder: Path, surroundings: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_lines_of_the_shell_read_and_correct(
    recorded: tuple[Cast, Subject], surroundings: dict[str, str], tmp_path: Path
) -> None:
    _cast, subject = recorded
    (text,) = snippets("From a shell", "sh")
    _export, _newline, lines = text.partition("\n")
    said = run(["bash", "-euc", lines], tmp_path, surroundings)
    assert str(subject.pk) in said
    assert subject.number in (tmp_path / "vital-signs.csv").read_text(encoding="utf-8-sig")
    assert '"version":1' in said  # the same weight again is no change


def test_python_and_the_made_client_read_and_correct(
    recorded: tuple[Cast, Subject], surroundings: dict[str, str], tmp_path: Path
) -> None:
    _cast, subject = recorded
    plain, typed = snippets("From Python", "python")
    assert f"('{subject.number}', '2026-01-06', '70.5')" in run(
        [sys.executable, "-c", plain], tmp_path, surroundings
    )
    (config,) = snippets("From Python", "yaml")
    (tmp_path / "client.yml").write_text(config)
    (tmp_path / "trials.json").write_bytes(document_text())
    (fetched,) = snippets("From Python", "sh")
    fetch, make = fetched.splitlines()
    assert fetch == 'curl -s "$TRIALS/api/v1/schema/?format=json" -o trials.json'
    run(["bash", "-euc", f"{make} --fail-on-warning"], tmp_path, surroundings)
    said = run([sys.executable, "-c", typed], tmp_path, surroundings)
    assert f"('{subject.number}', datetime.date(2026, 1, 6), '70.5')" in said
    assert said.splitlines()[-1] == "2"  # the version after the correction


def r_is_there() -> bool:
    """Whether R and its packages of the page are installed."""
    if shutil.which("Rscript") is None:
        return False
    asked = "; ".join(f"library({name})" for name in R_PACKAGES)
    return subprocess.run(["Rscript", "-e", asked], capture_output=True).returncode == 0


def test_r_reads_and_corrects(
    recorded: tuple[Cast, Subject], surroundings: dict[str, str], tmp_path: Path
) -> None:
    if not r_is_there():
        pytest.skip(f"R with {', '.join(R_PACKAGES)} is not installed: its snippets are not run")
    _cast, subject = recorded
    whole, paged = snippets("From R", "r")
    for name, text in (("whole.R", whole), ("paged.R", paged)):
        (tmp_path / name).write_text(text)
    said = run(["Rscript", "whole.R"], tmp_path, surroundings)
    assert re.search(rf"{subject.number}\s+2026-01-06\s+70\.5", said)
    said = run(["Rscript", "paged.R"], tmp_path, surroundings)
    assert f"{subject.number} 70.5" in said
    assert said.split()[-1] == "2"
