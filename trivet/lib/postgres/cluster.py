"""The server of one data folder: made, started, shared, stopped."""

from __future__ import annotations

import fcntl
import os
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

from trivet.lib.postgres import install
from trivet.lib.postgres.install import PostgresError
from trivet.lib.postgres.keeper import keep

USER = "trivet"
SOCKET_NAME = "/.s.PGSQL.5432.lock"
LONGEST_SOCKET = 107 if sys.platform == "linux" else 103
START_SECONDS = 60.0
STOP_SECONDS = 30.0
ORPHAN_SECONDS = 5.0


class Cluster:
    """The server of one data folder. Starting a running one attaches to it. ``settings`` go over the tuned ones."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.absolute()
        self.settings = settings or {}
        self.owner = self._owner() if os.geteuid() == 0 else None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self._home()
        self.bin = install.binaries(self.owner)
        self.data = self.home / "data"
        self.log = self.home / "postgres.log"
        self._use: int | None = None
        self._attached = False
        self._keeper: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "trivet") -> str:
        """The URL of a database of this server."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.socket), safe='/')}"

    @property
    def socket(self) -> Path:
        """The private folder of the socket: a name that PostgreSQL and the operating system can take."""
        near = self.home / "run"
        # Both the server and its clients take a comma for the end of a name.
        if len(str(near) + SOCKET_NAME) <= LONGEST_SOCKET and "," not in str(near):
            return near
        return Path("/tmp") / f"trivet-{install.short(self.home)}"  # noqa: S108  # 0700 and owner are verified before use

    def running(self) -> bool:
        """Whether the postmaster of this data folder is alive."""
        return self._postmaster() is not None

    def attached(self) -> bool:
        """Whether the server ran already, for somebody else, when it was last started here."""
        return self._attached

    def start(self) -> Cluster:
        """Use the server: start it unless it runs, wait until it answers, make sure that the database exists.

        It runs until :meth:`leave`, or the end of this process, of the last one that uses it.
        """
        with self._locked():
            self._hold()
            try:
                self._attached = self._ensure_running()
                self._ensure_database("trivet")
            except BaseException:
                self._release()
                raise
        return self

    def heal(self) -> None:
        """Start the server again when it has died; it recovers from its log by itself."""
        if not self.running():
            self.start()

    def leave(self) -> None:
        """Use the server no longer; the last user stops it."""
        with self._locked():
            self._release()
            with self._users() as users:
                if _lock(users, fcntl.LOCK_EX | fcntl.LOCK_NB):
                    self._stop()
                elif not _lock(users, fcntl.LOCK_SH | fcntl.LOCK_NB):
                    _lock(users, fcntl.LOCK_SH)  # its keeper is stopping it: wait until that is over

    def stop(self) -> None:
        """Stop the server whoever uses it: clients are disconnected, everything committed stays."""
        with self._locked():
            self._release()
            self._stop()

    @contextmanager
    def session(self) -> Iterator[Cluster]:
        """The server for the length of a block."""
        self.start()
        try:
            yield self
        finally:
            self.leave()

    def _owner(self) -> install.Owner:
        """Who the server of root's folder runs as: whoever has the data already, else the unprivileged user.

        Users come and go on a machine; PostgreSQL starts only for the one whose data it is.
        """
        data = (self._told_home() or self.folder) / "data"
        found = install.owner_of(data) if data.exists() else None
        return found or install.unprivileged()

    def _told_home(self) -> Path | None:
        pointer = self.folder / "home"
        return Path(pointer.read_text().strip()) if pointer.exists() else None

    def _home(self) -> Path:
        """Where the data lies: in the folder, or where a file in it says, or where the server's user can reach."""
        pointer = self.folder / "home"
        if (home := self._told_home()) is not None:
            if not os.access(home, os.X_OK):
                raise PostgresError(
                    f"the database of {self.folder} lies in {home}, which is gone or closed to you. Bring it back, "
                    f"or remove {pointer} to begin with an empty database and `trivet restore FILE`."
                )
            return home
        if self.owner is None or install.reachable(self.folder, self.owner):
            return self.folder
        if (self.folder / "data").exists():
            raise PostgresError(
                f"{self.folder} holds a database, but the unprivileged user {self.owner.name} cannot reach it. Let "
                "everybody enter the folders above it, or move it below one that everybody may enter (TRIVET_DATA_DIR)."
            )
        home = install.shared() / install.short(self.folder)
        self._private(home)
        if not install.reachable(home, self.owner):
            raise PostgresError(
                f"{self.folder} cannot be reached by the unprivileged user {self.owner.name}, nor can {home}. "
                "Set TRIVET_DATA_DIR to a folder below one that everybody may enter."
            )
        pointer.write_text(f"{home}\n")
        return home

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._file("postgres.lock") as lock:
            _lock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _users(self) -> Iterator[int]:
        with self._file("users.lock") as users:
            yield users

    @contextmanager
    def _file(self, name: str) -> Iterator[int]:
        descriptor = self._open(name)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def _open(self, name: str) -> int:
        # Locks need no right to write, so that root and the owner of the folder can share one.
        return os.open(self.folder / name, os.O_RDONLY | os.O_CREAT, 0o644)

    def _hold(self) -> None:
        # Waits for a keeper that is stopping the server, so that it is not used while it goes down.
        if self._use is None:
            self._use = self._open("users.lock")
            _lock(self._use, fcntl.LOCK_SH)

    def _release(self) -> None:
        if self._use is not None:
            os.close(self._use)
            self._use = None

    def _ensure_running(self) -> bool:
        if not self.data.exists():
            self._initialise()
        self._check_version()
        self._private(self.socket)
        if self._postmaster() is not None:
            return True
        self._clear_remains()
        self._launch()
        return False

    def _stop(self) -> None:
        postmaster = self._postmaster()
        if postmaster is not None:
            postmaster.send_signal(signal.SIGINT)
            try:
                postmaster.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                # SIGQUIT aborts without a checkpoint; the next start recovers from the log.
                postmaster.send_signal(signal.SIGQUIT)
                postmaster.wait(STOP_SECONDS)
        self._reap()

    def _reap(self) -> None:
        if self._keeper is not None:
            self._keeper.wait(STOP_SECONDS)
            self._keeper = None

    def _initialise(self) -> None:
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._own(self.home)
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
        ours = install.major(self.bin)
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
        self._reap()
        with self.log.open("ab") as log, self._users() as users:
            self._own(self.log)
            program: list[str | Path] = [self.bin / "postgres", "-D", self.data, "-k", self.socket, *settings]
            self._keeper = subprocess.Popen(
                keep(users, program, stop=signal.SIGINT, hard=signal.SIGQUIT),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, pass_fds=[users],
                cwd="/", env=_environment() | self._identity(),
            )  # fmt: skip
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._keeper.poll() is not None or time.monotonic() > deadline:
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

    def _as_owner(self) -> dict[str, Any]:
        common: dict[str, Any] = {"cwd": "/", "env": _environment()}
        if self.owner is not None:
            common |= {"user": self.owner.uid, "group": self.owner.gid, "extra_groups": []}
        return common

    def _identity(self) -> dict[str, str]:
        if self.owner is None:
            return {}
        return {"KEEPER_USER": str(self.owner.uid), "KEEPER_GROUP": str(self.owner.gid)}

    def _own(self, path: Path) -> None:
        if self.owner is not None:
            os.chown(path, self.owner.uid, self.owner.gid)

    def _private(self, folder: Path) -> None:
        try:
            folder.mkdir(mode=0o700)
            self._own(folder)
        except FileExistsError:
            pass  # its owner and mode are looked at next, whoever made it
        found = folder.lstat()
        wanted = self.owner.uid if self.owner else os.geteuid()
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


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind)
    except BlockingIOError:
        return False
    return True


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
