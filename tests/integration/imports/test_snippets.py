"""What docs/how-to/import-data.md shows is run as it stands against a live server: Python and R."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.cast import Cast, bare_subject, make_cast
from tests.integration.exchange.test_clients import FENCE, r_is_there, run
from tests.integration.test_api import token_of

from .test_laboratory import results

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "import-data.md"
SNIPPETS = dict(FENCE.findall(PAGE.read_text(encoding="utf-8")))  # one of each language


@pytest.fixture
def cast(live_site: str, tmp_path: Path) -> Cast:
    """A site with a subject T-1, and the file of the page."""
    cast = make_cast()
    assert bare_subject(cast).number == "T-1"
    (tmp_path / "labs.csv").write_text(SNIPPETS["csv"])
    return cast


@pytest.fixture
def surroundings(live_site: str, cast: Cast, tmp_path: Path) -> dict[str, str]:
    key = token_of(cast.coordinator)["Authorization"].removeprefix("Token ")
    found = {"PATH": os.environ["PATH"], "KEY": key, "TRIALS": live_site, "HOME": str(tmp_path)}
    return found | {"LANG": "C.UTF-8"}


def test_python_sends_a_file_and_enters_it(cast: Cast, surroundings: dict[str, str], tmp_path: Path) -> None:
    assert run([sys.executable, "-c", SNIPPETS["python"]], tmp_path, surroundings) == "committed 2 0 0\n"
    assert results(cast) == ["alt 45 U/L None-None", "wbc 4.2 10*9/L None-None"]


def test_r_sends_a_file_and_enters_it(cast: Cast, surroundings: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("Rscript") is None or not r_is_there():
        pytest.skip("R with httr2 is not installed: its snippet is not run")
    (tmp_path / "send.R").write_text(SNIPPETS["r"])
    assert run(["Rscript", "send.R"], tmp_path, surroundings) == "committed 2 0 0 \n"
    assert len(results(cast)) == 2
