"""The lock file is pinned and hashed, the environment is what it says, and what an audit answers is read rightly."""

import json
import subprocess
from typing import Any

import pytest

from trialsite.upkeep import dependencies
from trialsite.upkeep.dependencies import Answer, NoAnswer, Pin, answer_of, drift, installed_packages, pins_of

HASH = "--hash=sha256:" + "0" * 64
FOUND = {
    "dependencies": [
        {"name": "safe", "version": "1.0", "vulns": []},
        {
            "name": "holed",
            "version": "0.5",
            "vulns": [
                {"id": "PYSEC-2019-179", "fix_versions": ["1.0", "1.1"], "aliases": []},
                {"id": "PYSEC-2020-1", "fix_versions": [], "aliases": []},
            ],
        },
        {
            "name": "private",
            "skip_reason": "Dependency not found on PyPI and could not be audited: private (1)",
        },
    ],
    "fixes": [],
}
SAFE = {"dependencies": FOUND["dependencies"][:1], "fixes": []}
UNKNOWN = {"dependencies": FOUND["dependencies"][2:], "fixes": []}
OFFLINE = "requests.exceptions.ConnectionError: HTTPSConnectionPool: Max retries exceeded"


def test_the_lock_is_pinned_and_hashed_and_installed() -> None:
    pins, problems = pins_of(dependencies.LOCK.read_text(encoding="utf-8"))
    assert len(pins) > 100
    assert problems == []
    assert list(drift(pins, installed_packages())) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"django==5.2.1 \\\n    {HASH} \\\n    {HASH}\n    # via blina-trials\n", None),
        (f"colorama==0.4.6 ; sys_platform == 'win32' \\\n    {HASH}\n", None),
        ("# a comment\n\n", None),
        ("django==5.2.1\n", "without the SHA-256"),
        ("django==5.2.1 \\\n    --hash=md5:0\n", "without the SHA-256"),
        (f"django>=5.2 {HASH}\n", "not pinned"),
        (f"django {HASH}\n", "not pinned"),
        (f"django @ git+https://elsewhere.invalid/django {HASH}\n", "not pinned"),
        ("--extra-index-url https://elsewhere.invalid/\n", "not pinned"),
    ],
)
def test_what_is_not_pinned_and_hashed_is_refused(text: str, problem: str | None) -> None:
    _pins, problems = pins_of(text)
    assert [problem in each for each in problems] == ([True] if problem else [])


def test_names_are_compared_in_one_spelling_and_markers_are_minded() -> None:
    pins, _problems = pins_of(
        f"Drf_Spectacular==1.0 {HASH}\ncolorama==0.4.6 ; sys_platform == 'win32' {HASH}\n"
    )
    assert pins == [Pin("drf-spectacular", "1.0"), Pin("colorama", "0.4.6", "sys_platform == 'win32'")]
    assert [pin.is_for_us() for pin in (pins[0], Pin("x", "1", "sys_platform == 'nowhere'"))] == [True, False]


def test_an_environment_that_is_not_what_the_lock_says_is_told() -> None:
    pins = [Pin("a", "1.0"), Pin("b", "1.0"), Pin("c", "1.0"), Pin("d", "1", "sys_platform == 'nowhere'")]
    assert list(drift(pins, {"a": "1.0.0", "b": "2.0", "e": "3", "uv": "1"})) == [
        "b is installed as 2.0, and requirements.lock says 1.0.",
        "c 1.0 is not installed.",
        "e 3 is installed, and requirements.lock does not name it.",
    ]


def test_an_answer_names_what_is_vulnerable_and_what_it_does_not_know() -> None:
    assert answer_of(json.dumps(FOUND), "Found 2 known vulnerabilities") == Answer(
        (
            "holed 0.5: PYSEC-2019-179, fixed in 1.0, 1.1.",
            "holed 0.5: PYSEC-2020-1, not fixed yet.",
        ),
        ("private",),
    )


@pytest.mark.parametrize(
    ("output", "errors"), [("", OFFLINE), (json.dumps(UNKNOWN), "No known vulnerabilities")]
)
def test_a_service_that_is_away_or_knows_nothing_gives_no_answer(output: str, errors: str) -> None:
    """pip-audit says "No known vulnerabilities" also where it could look nothing up."""
    with pytest.raises(NoAnswer):
        answer_of(output, errors)


def test_a_failure_that_is_not_the_networks_is_one() -> None:
    with pytest.raises(RuntimeError, match="invalid requirement"):
        answer_of("", "ERROR: invalid requirement")


def said_by(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> list[str]:
    """pip-audit answers by service: JSON, or None where it has to be given up; the services that were asked."""
    asked = []

    def run(command: list[str], **options: Any) -> Any:
        service = command[command.index("--vulnerability-service") + 1]
        asked.append(service)
        if answers[service] is None:
            raise subprocess.TimeoutExpired(command, options["timeout"])
        return subprocess.CompletedProcess(command, 1, json.dumps(answers[service]), "")

    monkeypatch.setattr(dependencies.subprocess, "run", run)
    return asked


def test_a_known_vulnerability_is_told_and_fails(monkeypatch, capsys) -> None:
    assert said_by(monkeypatch, {"pypi": FOUND}) == []
    assert dependencies.main() == 1
    assert "holed 0.5: PYSEC-2019-179, fixed in 1.0, 1.1." in capsys.readouterr().out


def test_without_a_known_vulnerability_it_is_well(monkeypatch, capsys) -> None:
    asked = said_by(monkeypatch, {"pypi": SAFE})
    assert dependencies.main() == 0
    assert asked == ["pypi"]
    assert "pypi knows of none" in capsys.readouterr().out


def test_a_second_service_is_asked_where_the_first_knows_nothing(monkeypatch) -> None:
    asked = said_by(monkeypatch, {"pypi": UNKNOWN, "osv": FOUND})
    assert dependencies.main() == 1
    assert asked == ["pypi", "osv"]


def test_without_any_answer_it_says_so_and_goes_on(monkeypatch, capsys) -> None:
    said_by(monkeypatch, {"pypi": UNKNOWN, "osv": None})
    assert dependencies.main() == 0
    said = capsys.readouterr().out
    assert "NOT AUDITED" in said
    assert "no answer within 60 seconds" in said


def test_a_lock_that_is_not_hashed_fails_without_asking_anybody(monkeypatch, tmp_path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("django==5.2.1\n")
    monkeypatch.setattr(dependencies, "LOCK", lock)
    asked = said_by(monkeypatch, {})
    assert dependencies.main() == 1
    assert asked == []
