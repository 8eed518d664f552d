"""Runs a program for as long as anybody holds a lock on a file, and stops it when the last holder is gone.

The kernel drops a lock when its holder dies, however it dies, so nobody has to say good-bye. Started as a script by
its path, without site packages: it may run where only the standard library can be imported.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path


def keep(
    lock: int, command: Sequence[str | Path], *, stop: signal.Signals, hard: signal.Signals
) -> list[str]:
    """The command line that runs ``command`` while the file of descriptor ``lock`` is locked by others.

    ``lock`` must be an open file description of its own, passed on to the process. Once nobody holds a lock the
    program gets the signal ``stop``, and ``hard`` when it has not ended :data:`GRACE` seconds later.
    """
    start = [sys.executable, "-I", "-S", __file__, str(lock), str(int(stop)), str(int(hard))]
    return [*start, *(str(part) for part in command)]


GRACE = 30.0


def die_with_parent() -> None:
    """On Linux, ask the kernel to end this process when its parent dies (run in the child before exec)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)


def main(arguments: Sequence[str]) -> int:
    """Run the program; its exit code. ``KEEPER_USER`` and ``KEEPER_GROUP`` name the ids that it runs under."""
    lock, stop, hard = (int(a) for a in arguments[:3])
    user, group = (os.environ.pop(name, None) for name in ("KEEPER_USER", "KEEPER_GROUP"))
    child: subprocess.Popen[bytes] = subprocess.Popen(
        arguments[3:], preexec_fn=die_with_parent, user=int(user) if user else None,
        group=int(group) if group else None, extra_groups=[] if user else None,
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: child.send_signal(stop))
    # The lock ends with this process, after the program: whoever waits for it finds the program gone.
    threading.Thread(target=_when_free, args=(lock, child, stop, hard), daemon=True).start()
    return child.wait()


def _when_free(lock: int, child: subprocess.Popen[bytes], stop: int, hard: int) -> None:
    fcntl.flock(lock, fcntl.LOCK_EX)
    child.send_signal(stop)
    time.sleep(GRACE)
    child.send_signal(hard)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
