"""What the tests need of the system: Chromium, a Chinese font, and Pango for reports as PDF.

`python -m tests.chromium` installs what is missing by the system's package manager where we may (root, or
sudo without a password). Otherwise it says what to install, and `make test` fails.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
MAC_PROGRAMS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
FONT_NAMES = ("NotoSansCJK", "NotoSansSC", "SourceHanSans", "wqy-", "DroidSansFallback")


@dataclass(frozen=True)
class PackageManager:
    """One system's package manager: how it is asked, and what the three packages are called there."""

    program: str
    refresh: tuple[str, ...]
    install: tuple[str, ...]
    browser: str
    font: str
    pango: str


PACKAGE_MANAGERS = (
    PackageManager(
        "apt-get",
        ("apt-get", "update", "-qq"),
        ("apt-get", "install", "-y", "-qq", "--no-install-recommends"),
        "chromium",
        "fonts-noto-cjk",
        "libpangoft2-1.0-0",
    ),
    PackageManager(
        "dnf", (), ("dnf", "install", "-y", "-q"), "chromium", "google-noto-sans-cjk-fonts", "pango"
    ),
    PackageManager(
        "pacman", (), ("pacman", "-S", "--noconfirm", "--needed"), "chromium", "noto-fonts-cjk", "pango"
    ),
)


def find_chromium() -> str | None:
    """The browser that the tests drive: CHROMIUM of the environment, else the system's; None if none."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    for program in (*PROGRAMS, *MAC_PROGRAMS):
        found = shutil.which(program)
        if found:
            return found
    return None


def has_chinese_font() -> bool:
    """Whether a font with Chinese characters is installed (macOS brings one)."""
    if platform.system() == "Darwin":
        return True
    return any(
        name.casefold() in file.name.casefold()
        for folder in FONT_FOLDERS
        for file in Path(folder).expanduser().rglob("*.[to]t[fc]")
        for name in FONT_NAMES
    )


def has_pango() -> bool:
    """Whether the library is installed that lays out text of reports as PDF."""
    return any(map(find_library, ("pangoft2-1.0", "pangoft2-1.0-0")))


def missing_packages(manager: PackageManager) -> list[str]:
    """The packages of this system that are still to be installed."""
    needed = (
        (find_chromium(), manager.browser),
        (has_chinese_font(), manager.font),
        (has_pango(), manager.pango),
    )
    return [package for there, package in needed if not there]


def main() -> int:
    """Install what is missing; a sentence and status 1 where that is not possible."""
    if find_chromium() and has_chinese_font() and has_pango():
        return 0
    manager = next((known for known in PACKAGE_MANAGERS if shutil.which(known.program)), None)
    if manager is None:
        say("The tests need Chromium, a Chinese font (Noto Sans CJK) and Pango. Install them, start again.")
        return 1
    packages = missing_packages(manager)
    by_hand = " ".join(["sudo", *manager.install, *packages])
    prefix = _as_root()
    if prefix is None:
        say(f"The tests need {' and '.join(packages)}; this account may not install. Run: {by_hand}")
        return 1
    say(f"Installing {' and '.join(packages)} for the tests.")
    if manager.refresh:
        _run([*prefix, *manager.refresh])
    if not _run([*prefix, *manager.install, *packages]) or missing_packages(manager):
        say(f"{' and '.join(packages)} could not be installed. Install it by hand: {by_hand}")
        return 1
    return 0


def say(text: str) -> None:
    print(text, flush=True)


def _as_root() -> tuple[str, ...] | None:
    """What goes before a command that needs root; None where we may not be root."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") and _run(["sudo", "-n", "true"], quiet=True):
        return ("sudo", "-n")
    return None


def _run(command: Sequence[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, stdout=output, stderr=output, env=environment, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
