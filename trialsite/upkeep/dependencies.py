"""The packages of requirements.lock: each pinned and hashed, installed as pinned, and without a known vulnerability.

`python -m trialsite.upkeep.dependencies` says what is wrong and ends with an error then; `make check` runs it. Where no
service of vulnerabilities answers it says so and goes on, since the rest needs no network. Imports no Django.
"""

import importlib.metadata
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
PINNED = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;]+)(?:\s*;\s*(?P<marker>.+))?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
BESIDE = {"pip", "setuptools", "uv"}  # what makes the environment, and is not of it
SERVICES = ("pypi", "osv")
SECONDS = 60  # for one service; a single request gets five
AWAY = re.compile(
    r"ConnectionError|ConnectTimeout|ReadTimeout|Max retries|Could not connect|ServiceError|HTTPError"
)


@dataclass(frozen=True)
class Pin:
    """A package at one version; `marker` says on which systems, "" on all."""

    name: str
    version: str
    marker: str = ""

    def is_for_us(self) -> bool:
        return not self.marker or Marker(self.marker).evaluate()


@dataclass(frozen=True)
class Answer:
    """What a service says: vulnerable packages, a sentence each, and the names of packages that it does not know."""

    vulnerable: tuple[str, ...]
    unknown: tuple[str, ...]


class NoAnswer(Exception):
    """A service was not reached, or knows none of the packages."""


def pins_of(text: str) -> tuple[list[Pin], list[str]]:
    """The pins of a lock file, and a sentence for each requirement that is not pinned or has no SHA-256."""
    pins, problems = [], []
    for line in text.replace("\\\n", " ").splitlines():
        requirement = line.partition(" #")[0].strip()
        if not requirement or requirement.startswith("#"):
            continue
        stated, *hashes = re.split(r"\s(?=--)", requirement)
        pinned = PINNED.fullmatch(stated.strip())
        if pinned is None:
            problems.append(f"{stated.strip()}: not pinned to one version.")
            continue
        if not hashes or not all(HASH.fullmatch(one.strip()) for one in hashes):
            problems.append(f"{stated.strip()}: without the SHA-256 of its files.")
        pins.append(Pin(canonicalize_name(pinned["name"]), pinned["version"], pinned["marker"] or ""))
    return pins, problems


def drift(pins: Iterable[Pin], installed: Mapping[str, str]) -> Iterator[str]:
    """Where the environment is not what the lock says, a sentence each. `installed`: name → version."""
    ours = {pin.name: pin.version for pin in pins if pin.is_for_us()}
    for name, version in sorted(ours.items()):
        if name not in installed:
            yield f"{name} {version} is not installed."
        elif Version(installed[name]) != Version(version):
            yield f"{name} is installed as {installed[name]}, and requirements.lock says {version}."
    for name in sorted(installed.keys() - ours.keys() - BESIDE):
        yield f"{name} {installed[name]} is installed, and requirements.lock does not name it."


def installed_packages() -> dict[str, str]:
    """Name and version of everything in this environment."""
    return {
        canonicalize_name(one.metadata["Name"]): one.version for one in importlib.metadata.distributions()
    }


def ask(service: str, lock: Path) -> Answer:
    """What a service of vulnerabilities says of the lock; NoAnswer where it is not reached in time."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--require-hashes",
        "--disable-pip",
    ]
    command += [
        "--vulnerability-service",
        service,
        "--timeout",
        "5",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise NoAnswer(f"no answer within {SECONDS} seconds") from None
    return answer_of(done.stdout, done.stderr)


def answer_of(output: str, errors: str) -> Answer:
    """Read what pip-audit wrote; RuntimeError for a failure that is not the network's.

    It ends alike with holes found and when it fails, and finds nothing in a package that it could not look up: only its
    JSON tells these apart.
    """
    try:
        packages = json.loads(output)["dependencies"]
    except ValueError:
        last = (errors.strip().splitlines() or ["it said nothing"])[-1]
        if AWAY.search(errors):
            raise NoAnswer("it cannot be reached") from None
        raise RuntimeError(f"pip-audit failed: {last}") from None
    unknown = tuple(one["name"] for one in packages if "skip_reason" in one)
    if len(unknown) == len(packages):
        raise NoAnswer("it knows none of the packages")
    vulnerable = tuple(
        f"{one['name']} {one['version']}: {hole['id']}, {fixed_in(hole['fix_versions'])}."
        for one in packages
        for hole in one.get("vulns", ())
    )
    return Answer(vulnerable, unknown)


def fixed_in(versions: Iterable[str]) -> str:
    named = ", ".join(versions)
    return f"fixed in {named}" if named else "not fixed yet"


def vulnerabilities(lock: Path) -> list[str]:
    """The known vulnerabilities by the first service that answers; says which one did, or that none did."""
    for service in SERVICES:
        try:
            answer = ask(service, lock)
        except NoAnswer as reason:
            print(f"Vulnerabilities: {service} was asked, {reason}.")
            continue
        if answer.unknown:
            print(f"Vulnerabilities: {service} does not know {', '.join(answer.unknown)}.")
        if not answer.vulnerable:
            print(f"Vulnerabilities: {service} knows of none.")
        return list(answer.vulnerable)
    print("NOT AUDITED: no service of vulnerabilities answers from here. Run `make check` where one does.")
    return []


def main() -> int:
    pins, problems = pins_of(LOCK.read_text(encoding="utf-8"))
    problems += drift(pins, installed_packages())
    if not problems:
        print(f"{len(pins)} packages are pinned and hashed, and installed as pinned.")
        problems += vulnerabilities(LOCK)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
