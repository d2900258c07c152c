"""Imports run one way."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_project_names_no_folder_of_the_machine_it_was_built_on() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    words = ("/work" + "/", "../" + "shared", "." + "library")
    for name in listed.split():
        path = ROOT / name
        if (
            path.suffix in {".py", ".md", ".yaml", ".yml", ".html", ".toml", ".lock", ".sql"}
            and path.exists()
        ):
            text = path.read_text(encoding="utf-8")
            assert not [word for word in words if word in text], name


def test_statistics_start_without_the_seconds_of_scipy_stats() -> None:
    names = [
        f"outcomes.domain.{path.stem}" for path in sorted((ROOT / "outcomes" / "domain").glob("[a-z]*.py"))
    ]
    told = f"import sys, {', '.join(names)}; print([n for n in ('scipy.stats', 'statsmodels') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
