"""What the web server hands on of strange requests, over a real socket: no database is asked."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from trivet.site.supervisor import web

PATHS = ("/api/v1/orders", "/api/v1/orders/bulk", "/api/v1/imports/stock", "/api/v1/settings/brands")


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder: Path = tmp_path_factory.mktemp("web")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        found: int = probe.getsockname()[1]
    env = {
        **os.environ,
        "TRIVET_DATA_DIR": str(folder),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    }
    server = subprocess.Popen(web("127.0.0.1", found, 1, env).command, env=env)
    try:
        deadline = time.monotonic() + 60
        while not reachable(found):
            assert time.monotonic() < deadline and server.poll() is None
            time.sleep(0.1)
        yield found
    finally:
        server.terminate()
        server.wait(30)


def reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def answers(port: int, raw: bytes) -> tuple[list[int], dict[str, Any]]:
    """Send everything, then read until the server closes or falls silent: all statuses and the first body."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as wire:
        wire.sendall(raw)
        wire.settimeout(3)
        got = b""
        try:
            while piece := wire.recv(65_536):
                got += piece
        except TimeoutError:
            got += b""
    heads = [int(part[:3]) for part in got.split(b"HTTP/1.1 ")[1:]]
    text = got.decode()
    return heads, json.JSONDecoder().raw_decode(text, text.index("{"))[0]


def request(path: str, *headers: str, body: bytes) -> bytes:
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("first", ["Content-Length: 6", "Transfer-Encoding: chunked"])
def test_nothing_is_heard_after_a_body_whose_end_is_told_twice(port: int, path: str, first: str) -> None:
    """The server drops the length before we see it and reads the pieces; then it must close the connection."""
    smuggled = b"GET /api/v1/orders HTTP/1.1\r\nHost: x\r\n\r\n"
    two_ends = sorted(("Content-Length: 6", "Transfer-Encoding: chunked"), key=lambda head: head != first)
    statuses, _ = answers(port, request(path, *two_ends, body=b"0\r\n\r\n" + smuggled))
    assert statuses == [401]


def test_a_client_that_sends_first_and_reads_afterwards_gets_the_answer(port: int) -> None:
    body = b'{"note": "' + b"x" * 10_000_000 + b'"}'
    statuses, told = answers(port, request("/api/v1/orders", f"Content-Length: {len(body)}", body=body))
    assert (statuses, told["code"], told["field"]) == ([413], "too_large", "body")
    pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    statuses, told = answers(port, request("/api/v1/orders", "Transfer-Encoding: chunked", body=pieces))
    assert (statuses, told["code"], told["field"]) == ([413], "too_large", "body")


def test_a_client_that_asks_first_is_not_made_to_send_what_is_refused(port: int) -> None:
    head = ("Content-Length: 10000000", "Expect: 100-continue")
    statuses, told = answers(port, request("/api/v1/orders", *head, body=b""))
    assert (statuses, told["code"]) == ([413], "too_large")


def test_a_refused_upload_of_a_stream_is_told_too(port: int) -> None:
    body = b"x" * 10_000_000
    for path in ("/api/v1/orders/bulk", "/api/v1/imports/stock"):
        statuses, _ = answers(port, request(path, f"Content-Length: {len(body)}", body=body))
        assert statuses == [401], path
