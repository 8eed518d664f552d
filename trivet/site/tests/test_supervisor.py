"""The process tree: what crashes comes back, what will not stop is killed, a dead supervisor leaves nobody behind."""

from __future__ import annotations

import os
import signal
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


def until(what: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


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
