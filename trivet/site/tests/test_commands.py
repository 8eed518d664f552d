"""The command line as processes: schema, access, backup and restore, start and stop."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
from psycopg import sql

from trivet.lib.postgres import Cluster
from trivet.site.commands.data import _connection
from trivet.site.commands.run import welcome
from trivet.site.tests.test_supervisor import until

PROJECT = Path(__file__).resolve().parents[3]


def environment(url: str, folder: Path) -> dict[str, str]:
    env = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "PROMETHEUS_MULTIPROC_DIR"}}
    return {**env, "TRIVET_DATA_DIR": str(folder), **({"DATABASE_URL": url} if url else {})}


def trivet(url: str, folder: Path, *words: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "trivet.site", *(str(w) for w in words)], cwd=PROJECT, env=environment(url, folder),
        input=given, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def asked(url: str, statement: str) -> list[object]:
    with psycopg.connect(url) as conn:
        return [row[0] for row in conn.execute(statement).fetchall()]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def empty() -> Iterator[list[str]]:
    """URLs of three empty databases on the tests' server."""
    server = os.environ["DATABASE_URL"]
    names = [f"command_{os.getpid()}_{n}" for n in range(3)]
    with psycopg.connect(server, autocommit=True) as conn:
        for name in names:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield [urlunsplit(urlsplit(server)._replace(path=f"/{name}")) for name in names]
        for name in names:
            conn.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def shop(empty: list[str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with the schema, an owner and a key; two processes made the schema at once."""
    url, folder = empty[0], tmp_path_factory.mktemp("shop")
    rivals = [
        subprocess.Popen([sys.executable, "-m", "trivet.site", "migrate"], cwd=PROJECT, env=environment(url, folder))
        for _ in range(2)
    ]  # fmt: skip
    assert [rival.wait(120) for rival in rivals] == [0, 0]
    words = ["user", "add", "alice", "--role", "owner", "--password-stdin"]
    added = trivet(url, folder, *words, given="a trivet has three legs\n")
    assert added.returncode == 0, added.stderr
    return url


def test_access_is_given_and_refused_with_a_reason(shop: str, tmp_path: Path) -> None:
    words = ["user", "add", "bob", "--role", "support", "--password-stdin"]
    weak = trivet(shop, tmp_path, *words, given="short\n")
    assert weak.returncode == 1 and "Traceback" not in weak.stderr
    key = trivet(shop, tmp_path, "apikey", "create", "web", "--scope", "order.place")
    assert key.returncode == 0 and len(key.stdout.split()) == 1
    unknown = trivet(shop, tmp_path, "apikey", "create", "web", "--scope", "order.eat")
    assert unknown.returncode == 1 and "order.eat" in unknown.stderr


def test_the_doctor_exits_with_what_it_found(shop: str, tmp_path: Path) -> None:
    well = trivet(shop, tmp_path, "doctor", "--json")
    assert (well.returncode, json.loads(well.stdout)) == (0, {"findings": []})
    with psycopg.connect(shop, autocommit=True) as conn:
        gone = conn.execute(
            "DELETE FROM django_migrations WHERE app = 'routing' RETURNING app, name, applied"
        ).fetchall()
        try:
            ill = trivet(shop, tmp_path, "doctor", "--json")
        finally:
            conn.cursor().executemany(
                "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", gone
            )
    assert ill.returncode == 1
    assert json.loads(ill.stdout)["findings"][0]["severity"] == "error"


def test_a_backup_comes_back_whole_or_not_at_all_and_an_upgrade_keeps_one(
    shop: str, empty: list[str], tmp_path: Path
) -> None:
    file, old, new = tmp_path / "shop.trivet", tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "secret_key").write_text("kept")
    written = trivet(shop, old, "backup", file)
    assert written.returncode == 0, written.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []

    other = empty[1]
    assert trivet(other, new, "restore", file).returncode == 0
    assert (new / "secret_key").read_text() == "kept"
    assert (new / "secret_key").stat().st_mode & 0o777 == 0o600
    assert asked(other, "SELECT username FROM staff_user") == ["alice"]
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert asked(other, tables) == asked(shop, tables)

    again = trivet(other, new, "restore", file)
    assert again.returncode == 1 and "not empty" in again.stderr
    with psycopg.connect(other) as conn:
        used = trivet(other, new, "restore", "--force", file)
        assert used.returncode == 1 and "in use" in used.stderr
        conn.execute("UPDATE staff_user SET username = 'changed'")
    torn = trivet(other, new, "restore", "--force", torn_copy(file, tmp_path / "torn.trivet"))
    assert torn.returncode == 1 and "nothing was restored" in torn.stderr
    assert asked(other, "SELECT username FROM staff_user") == ["changed"]
    assert trivet(other, new, "restore", "--force", file).returncode == 0
    assert asked(other, "SELECT username FROM staff_user") == ["alice"]
    stranger = tmp_path / "stranger.txt"
    stranger.write_text("x")
    assert "not a backup" in trivet(other, new, "restore", "--force", stranger).stderr

    upgraded = trivet(other, new, "upgrade", "--keep", tmp_path / "kept")
    assert upgraded.returncode == 0, upgraded.stderr
    assert len(list((tmp_path / "kept").glob("before-*.trivet"))) == 1


def torn_copy(file: Path, to: Path) -> Path:
    """The same backup with a database dump that breaks off."""
    with tarfile.open(file) as archive, tarfile.open(to, "w") as torn:
        for member in archive.getmembers():
            held = archive.extractfile(member)
            assert held is not None
            content = held.read()
            if member.name == "database.dump":
                content = content[: len(content) - 2000]
            member.size = len(content)
            torn.addfile(member, io.BytesIO(content))
    return to


def test_the_readme_leads_from_an_empty_folder_to_a_shop_that_sells(empty: list[str], tmp_path: Path) -> None:
    text = (PROJECT / "README.md").read_text()
    _, _, block = text.partition("## Start your own shop\n\n```\n")
    started, *lines = block.partition("```")[0].splitlines()
    assert started.split()[:2] == ["make", "up"] and len(lines) >= 5
    launcher = tmp_path / ".venv" / "bin" / "trivet"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(f'#!/bin/sh\nPYTHONPATH="{PROJECT}" exec "{sys.executable}" -m trivet.site "$@"\n')
    launcher.chmod(0o755)
    (tmp_path / "products.csv").write_text("sku,title,price\nMUG,Mug,12.50\n")
    (tmp_path / "stock.csv").write_text("sku,quantity\nMUG,7\n")
    url, told = empty[2], ""
    for line in [*lines, next(line for line in lines if "trivet setup" in line)]:
        # A session of its own has no terminal, so the password is read from standard input.
        done = subprocess.run(
            ["/bin/sh", "-c", line], cwd=tmp_path, env=environment(url, tmp_path / "data"), text=True, check=False,
            input="a trivet has three legs\n" * 2, capture_output=True, timeout=120, start_new_session=True,
        )  # fmt: skip
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        told += done.stdout
    assert "tvk_" in told
    sold = "SELECT concat(v.sku, v.price_minor, v.currency, l.available) FROM catalog_variant v "
    assert asked(url, f"{sold} JOIN inventory_stocklevel l ON l.variant_id = v.id") == ["MUG1250GBP7"]
    assert asked(url, "SELECT count(*) FROM company_channellocation") == [1]


def test_a_demo_begins_anew_when_nobody_uses_it(shop: str, empty: list[str], tmp_path: Path) -> None:
    code = (
        "from trivet.site.commands.base import database; from trivet.site.commands.data import empty\n"
        "with database(migrate=True) as url:\n"
        "    empty(url)\n"
        "    from trivet.staff.models import User; print(User.objects.count())"
    )

    def anew() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code], cwd=PROJECT, env=environment(empty[1], tmp_path), capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    assert trivet(empty[1], tmp_path, "migrate").returncode == 0
    with psycopg.connect(empty[1]) as conn:
        conn.execute("INSERT INTO company_brand (id, slug, name) VALUES (gen_random_uuid(), 'old', 'Old')")
        conn.commit()
        assert "in use" in anew().stderr
    done = anew()
    assert done.stdout == "0\n", done.stderr
    assert asked(empty[1], "SELECT count(*) FROM company_brand") == [0]
    assert asked(empty[1], "SELECT count(*) FROM company_revision") == [1]


def test_the_demo_says_where_its_data_lie_and_how_old_its_today_is() -> None:
    told = welcome([("alice", "s3cret", "the owner")], timedelta(days=7, hours=1), Path("/data of mine"))
    assert any(re.fullmatch(r"  TRIVET_DATA_DIR='/data of mine' \S*trivet \.\.\.", line) for line in told)
    assert "7 days old" in told[-1] and "--fresh" in told[-1]
    assert "TRIVET_DATA_DIR" not in "".join(welcome([], timedelta(hours=23), None))
    assert "--fresh" not in "".join(welcome([], timedelta(hours=23), None))


def test_the_program_is_called_trivet(shop: str, tmp_path: Path) -> None:
    assert trivet(shop, tmp_path, "--help").stdout.startswith("Usage: trivet ")


def test_set_up_names_what_it_cannot_use(shop: str, tmp_path: Path) -> None:
    words = ["setup", "--brand", "Old Mill", "--place", "Main", "--channel", "Web", "--currency", "USD"]
    for country, problem in (("US", "timezone: must be named"), ("England", "country: must be")):
        refused = trivet(shop, tmp_path, *words, "--country", country)
        assert refused.returncode == 1 and problem in refused.stderr
    assert trivet(shop, tmp_path, *words, "--country", "GB").returncode == 0
    other = trivet(shop, tmp_path, *words[:-1], "EUR", "--country", "GB")
    assert other.returncode == 1 and "sells in USD" in other.stderr


def test_no_password_is_on_a_command_line() -> None:
    target, env = _connection("postgresql://shop:s3cret@db:5433/shop?sslmode=require")
    assert "s3cret" not in target
    assert all(part in target for part in ("db", "5433", "require"))
    assert env["PGPASSWORD"] == "s3cret"


def test_the_demo_is_not_told_into_a_real_shop(shop: str, tmp_path: Path) -> None:
    with psycopg.connect(shop) as conn:
        conn.execute("INSERT INTO company_brand (id, slug, name) VALUES (gen_random_uuid(), 'real', 'Real')")
    refused = trivet(shop, tmp_path, "demo", "--port", str(free_port()))
    assert refused.returncode == 1 and "holds a shop of its own" in refused.stderr


def test_a_taken_port_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = trivet("", tmp_path / "data", "up", "--port", str(port))
    assert refused.returncode == 1 and "--port" in refused.stderr
    assert not (tmp_path / "data" / "postgres").exists()


def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for url, folder, told in (
        ("postgresql://x@127.0.0.1:1/x", tmp_path, "Connection refused"),
        ("mysql://x:s3cret@db/x", tmp_path, "must begin with postgresql://"),
        ("", tmp_path / "file" / "data", "TRIVET_DATA_DIR"),
    ):
        refused = trivet(url, folder, "up", "--port", str(free_port()))
        assert refused.returncode == 1 and refused.stdout == ""
        assert (
            told in refused.stderr
            and len(refused.stderr.splitlines()) == 1
            and "s3cret" not in refused.stderr
        )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_two_share_a_data_folder_and_nothing_is_left_of_them() -> None:
    folder = Path(tempfile.mkdtemp(prefix="trivet-up-", dir="/tmp"))
    folder.chmod(0o755)
    ports = [free_port(), free_port()]
    running: list[subprocess.Popen[str]] = []
    try:
        running.append(start(folder, ports[0]))
        until(Cluster(folder / "postgres").running, 90)
        running.append(start(folder, ports[1]))
        until(lambda: all(answers(port) for port in ports), 90)
        families = [psutil.Process(up.pid).children(recursive=True) for up in running]
        assert all(len(family) >= 3 for family in families)
        cluster = Cluster(folder / "postgres")

        assert running[0].stdout is not None
        address = f"Trivet runs at http://localhost:{ports[0]}\n"
        assert address in iter(running[0].stdout.readline, "")
        running[0].send_signal(signal.SIGTERM)
        told, _ = running[0].communicate(timeout=60)
        assert running[0].returncode == 0 and told.endswith("Stopped.\n")
        assert cluster.running() and answers(ports[1])

        running[1].kill()
        told, complained = running[1].communicate(timeout=60)
        assert "Sharing the database" in complained
        psutil.wait_procs([p for family in families for p in family], timeout=30)
        assert not any(p.is_running() for family in families for p in family)
        until(lambda: not cluster.running())
    finally:
        for up in running:
            up.kill()
            up.wait()
        until(lambda: not Cluster(folder / "postgres").running())
        shutil.rmtree(folder)


def start(folder: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "trivet.site", "up", "--port", str(port), "--workers", "1"], cwd=PROJECT,
        env=environment("", folder) | {"TRIVET_LOG_LEVEL": "ERROR"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
