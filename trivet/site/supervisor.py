"""One process tree: web and worker as children, started again when they crash, stopped together."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import psutil

from trivet.lib.postgres import die_with_parent, keep

STOP_SECONDS = 25.0
STEADY_SECONDS = 30.0
"""A child that lived this long has started well; its next crash is answered at once."""
LONGEST_PAUSE = 30.0
LONG_SECONDS = 20.0
"""After so long a start, the reason that it is not over is told."""
LEFT_SECONDS = 5.0
"""What a dead child left behind in its process group has so long to end before it is killed."""


@dataclass
class Child:
    """A process to keep alive."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    crashes: int = 0
    again_at: float = 0.0
    leash: Path | None = None
    """A file that the supervisor holds locked while it lives; None where the kernel tells of its death."""

    def start(self, log: BinaryIO | None = None) -> None:
        """Launch it in its own process group, so that Ctrl-C reaches only the supervisor."""
        command, leash = self.command, None
        if self.leash is not None:
            leash = os.open(self.leash, os.O_RDONLY)
            command = keep(leash, self.command, stop=signal.SIGTERM, hard=signal.SIGKILL)
        self.process = subprocess.Popen(
            command, env=dict(self.env), stderr=log, start_new_session=True,
            preexec_fn=die_with_parent if leash is None else None,
            pass_fds=[] if leash is None else [leash],
        )  # fmt: skip
        if leash is not None:
            os.close(leash)
        self.started = time.monotonic()

    def look(self, now: float) -> None:
        """Start it again, with a growing pause, when it has ended and nothing of it is left."""
        if self.process is not None and _ended(self.process):
            _clear(self.process)
            lived = now - self.started
            self.crashes = 1 if lived > STEADY_SECONDS else self.crashes + 1
            self.again_at = now + (0 if self.crashes == 1 else min(2.0**self.crashes, LONGEST_PAUSE))
            print(
                f"trivet: {self.name} ended ({self.process.returncode}); starting it again", file=sys.stderr
            )
            self.process = None
        if self.process is None and now >= self.again_at:
            self.start()


@dataclass
class Supervisor:
    """Keeps children alive until it is told to stop; ``heal`` looks after what they depend on."""

    children: list[Child]
    heal: Sequence[Callable[[], None]] = ()
    kernel: bool = sys.platform == "linux"
    """Whether the kernel ends children whose parent was killed; elsewhere a keeper beside each child does."""
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self, ready: Callable[[], None] | None = None, probe: str = "") -> None:
        """Run until SIGINT or SIGTERM; ``ready`` is called once when ``probe`` answers 200."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stopping.set())
        with nullcontext() if self.kernel else _leash() as leash:
            try:
                for child in self.children:
                    child.leash = leash
                    child.start()
                self._watch(ready, probe)
            finally:
                self._stop()

    def _watch(self, ready: Callable[[], None] | None, probe: str) -> None:
        complain_at = time.monotonic() + LONG_SECONDS
        while not self.stopping.wait(0.2):
            now = time.monotonic()
            for again in self.heal:
                again()
            for child in self.children:
                child.look(now)
            if ready is None:
                continue
            why = _missing(probe)
            if not why:
                ready()
                ready = None
            elif now > complain_at:
                print(f"trivet: still not ready: {why}", file=sys.stderr)
                complain_at = now + LONG_SECONDS

    def _stop(self) -> None:
        ours = [child.process for child in self.children if child.process is not None]
        for process in ours:
            if not _ended(process):
                process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in ours:
            while not _ended(process):
                if time.monotonic() > deadline:
                    _signal(process.pid, signal.SIGKILL)
                time.sleep(0.05)
        for process in ours:
            _clear(process)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; it is not reaped, so that its id and its group's stay its own."""
    if process.returncode is not None:
        return True
    try:
        return bool(psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        # Somebody else has reaped it; Popen finds that out by itself.
        return process.poll() is not None


def _clear(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the group of a child that has ended, then reap it.

    The workers of a web server outlive it and keep its port. The dead child is reaped last: until then nobody else
    can get its id, which is the group's.
    """
    if _members(process.pid):
        _signal(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + LEFT_SECONDS
        while _members(process.pid):
            if time.monotonic() > deadline:
                _signal(process.pid, signal.SIGKILL)
            time.sleep(0.05)
    process.wait()


def _members(group: int) -> list[int]:
    """The living processes of a group; the dead that nobody has reaped hold no port and take no signal."""
    found = []
    for other in psutil.process_iter():
        with suppress(ProcessLookupError, PermissionError, psutil.Error):
            if os.getpgid(other.pid) == group and other.status() != psutil.STATUS_ZOMBIE:
                found.append(other.pid)
    return found


def _signal(group: int, number: signal.Signals) -> None:
    # It may have gone by itself; macOS says of a group of the dead that it may not be signalled.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


@contextmanager
def _leash() -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="trivet-") as leash:
        fcntl.flock(leash, fcntl.LOCK_EX)
        yield Path(leash.name)


def _missing(probe: str) -> str:
    """Why ``probe`` does not answer 200; empty when it does."""
    try:
        with urllib.request.urlopen(probe, timeout=2):
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code} {error.read(200).decode(errors='replace')}"
    except OSError as error:
        return str(error)


def web(host: str, port: int, workers: int, env: Mapping[str, str], threads: int = 64) -> Child:
    """The web server: Granian in WSGI mode."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--backpressure", str(threads),
        "--backlog", "2048", "--workers-kill-timeout", "10s", "--respawn-failed-workers", "--no-ws",
        "--log-level", "error", "trivet.site.wsgi:application",
    ]  # fmt: skip
    return Child("web", command, env)


def worker(env: Mapping[str, str]) -> Child:
    """The worker: jobs and the sequencer."""
    return Child("worker", [sys.executable, "-m", "trivet.site", "worker"], env)
