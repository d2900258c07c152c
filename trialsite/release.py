"""Which release of the system runs: the version of `pyproject.toml` and a digest of the sources, as built metadata."""

import hashlib
import tomllib
from functools import cache

from django.conf import settings

ROOMS = ("trialsite", "enrollment", "assessments", "treatment", "outcomes")
DIGITS = 12


@cache
def release() -> str:
    """The release that runs: "0.1.0+3f9c2a7d10be". Two installations of the same sources have the same."""
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    return f"{project['project']['version']}+{digest_of_sources()[:DIGITS]}"


def digest_of_sources() -> str:
    """SHA-256 over every file of Python and SQL of the rooms and the versions of all packages, in their order."""
    root, whole = settings.BASE_DIR, hashlib.sha256()
    sources = [file for room in ROOMS for kind in ("py", "sql") for file in (root / room).rglob(f"*.{kind}")]
    for file in sorted(
        [*sources, root / "requirements.lock"], key=lambda one: one.relative_to(root).as_posix()
    ):
        whole.update(f"{file.relative_to(root).as_posix()}\0".encode())
        whole.update(hashlib.sha256(file.read_bytes()).digest())
    return whole.hexdigest()
