"""The process tree: what crashes comes back, what will not stop is killed, a dead supervisor leaves nobody behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from trivet.site import supervisor
from trivet.site.supervisor import Child, Supervisor

PROJECT = Path(__file__).resolve().parents[3]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable, "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)",
]  # fmt: skip

PARENT = """
import os, signal, socket, subprocess, sys, time
# As the workers of a web server: a child that shares the port.
code = '''
import signal, socket, time
if {stubborn}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", {port}))
s.listen()
time.sleep(600)
'''
worker = subprocess.Popen([sys.executable, "-c", code])
signal.signal(signal.SIGTERM, lambda *_: (worker.kill(), sys.exit(0)))
time.sleep(600)
"""
"""A program with a child of its own, as the web server is."""


def until(what: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def lives(process: psutil.Process) -> bool:
    """Whether it runs; where nobody reaps orphans the dead stay zombies."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run_until(tree: Supervisor, what: Callable[[], object]) -> None:
    """Run the tree in this thread until ``what``, looked at in another."""

    def look() -> None:
        try:
            until(what)
        finally:
            tree.stopping.set()

    threading.Thread(target=look, daemon=True).start()
    tree.run()


def test_a_crash_is_answered_at_once_and_a_second_one_after_a_pause() -> None:
    child = Child("crash", ["false"], os.environ)
    now = time.monotonic()

    def crashed_and_looked_at(after: float) -> bool:
        if child.process is not None:
            child.process.wait()
        child.look(now + after)
        return child.process is not None

    child.start()
    assert crashed_and_looked_at(1)
    assert not crashed_and_looked_at(2)
    assert not crashed_and_looked_at(5.9)
    assert crashed_and_looked_at(6.1)
    assert not crashed_and_looked_at(7)
    assert crashed_and_looked_at(15.1)
    assert crashed_and_looked_at(15.1 + supervisor.STEADY_SECONDS), "it had run well"
    if child.process is not None:
        child.process.wait()


def test_all_are_stopped_even_who_ignores_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 1.0)
    children = [Child("good", SLEEP, os.environ), Child("stubborn", STUBBORN, os.environ)]
    tree = Supervisor(children)
    run_until(tree, lambda: all(c.process is not None for c in children) and not time.sleep(1))
    ended = [c.process.returncode for c in children if c.process is not None]
    assert ended == [-signal.SIGTERM, -signal.SIGKILL]


@pytest.mark.parametrize("kernel", [True, False], ids=["kernel", "keeper"])
@pytest.mark.parametrize("stubborn", [False, True], ids=["obedient", "stubborn"])
def test_the_children_of_a_killed_child_go_before_it_starts_again(
    kernel: bool, stubborn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "LEFT_SECONDS", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    child = Child("web", [sys.executable, "-c", PARENT.format(stubborn=stubborn, port=port)], os.environ)
    orphans: list[psutil.Process] = []

    def family() -> list[psutil.Process]:
        # By what holds the port, which is the last to come up.
        if child.process is None or not psutil.pid_exists(child.process.pid):
            return []
        mine = psutil.Process(child.process.pid).children(recursive=True)
        return mine if any(c.laddr.port == port for p in mine for c in p.net_connections()) else []

    def killed_and_back() -> bool:
        until(family)
        first = child.process
        assert first is not None
        orphans.extend(family())
        first.kill()
        until(lambda: child.process not in {None, first} and family())
        assert not any(lives(p) for p in orphans)
        orphans.extend(family())
        return True

    try:
        run_until(Supervisor([child], kernel=kernel), killed_and_back)
        with socket.create_server(("127.0.0.1", port)):
            pass
        assert not any(lives(p) for p in orphans)
    finally:
        kill(orphans)


def test_what_a_child_that_ends_by_itself_leaves_behind_goes_at_stop() -> None:
    code = f"import subprocess, sys, time; subprocess.Popen({SLEEP!r}); time.sleep(600)"
    child = Child("careless", [sys.executable, "-c", code], os.environ)
    left: list[psutil.Process] = []

    def settled() -> bool:
        if child.process is not None:
            left[:] = psutil.Process(child.process.pid).children()
        return bool(left)

    run_until(Supervisor([child]), settled)
    alive = [p for p in left if lives(p)]
    kill(left)
    assert left and alive == []


@pytest.mark.parametrize("kernel", [True, False], ids=["kernel", "keeper"])
def test_a_killed_supervisor_leaves_nobody_behind(kernel: bool) -> None:
    if kernel and sys.platform != "linux":
        pytest.skip("only Linux tells children of their parent's death")
    code = (
        "import os; from trivet.site.supervisor import Child, Supervisor\n"
        f"Supervisor([Child('a', {SLEEP!r}, os.environ), Child('b', {SLEEP!r}, os.environ)], kernel={kernel}).run()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT)
    try:
        wanted = 2 if kernel else 4
        until(lambda: len(psutil.Process(parent.pid).children(recursive=True)) == wanted)
        time.sleep(0.5)
        family = psutil.Process(parent.pid).children(recursive=True)
    finally:
        parent.kill()
        parent.wait()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def test_what_they_depend_on_is_looked_after() -> None:
    looked: list[float] = []
    run_until(Supervisor([], [lambda: looked.append(time.time())]), lambda: len(looked) >= 2)
    assert looked


def test_a_start_that_takes_long_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "LONG_SECONDS", 0.1)
    tree = Supervisor([])
    told = []
    threading.Timer(1, tree.stopping.set).start()
    tree.run(lambda: told.append(True), "http://127.0.0.1:1/readyz")
    assert not told and "still not ready" in capsys.readouterr().err
