"""What a person at a terminal reads, and what machines collect."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client
from structlog.testing import capture_logs

from trivet.site import logs
from trivet.site.commands.run import first_person
from trivet.staff.models import User


def _said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: str) -> str:
    monkeypatch.setenv("TRIVET_LOG_FORMAT", form)
    logs.line(logging.CRITICAL, "trivet.test", "The cellar is wet", place="leeds")
    return capsys.readouterr().err


def test_logs_are_sentences_for_people_and_objects_for_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = _said(monkeypatch, capsys, "text")
    assert re.fullmatch(r"\d\d:\d\d:\d\d critical: The cellar is wet \(place leeds\)\n", text)
    told = json.loads(_said(monkeypatch, capsys, "json"))
    assert (told["event"], told["place"], told["level"]) == ("The cellar is wet", "leeds", "critical")


@pytest.mark.django_db(transaction=True)
def test_a_failed_log_in_is_a_sentence_without_the_name(
    settings: Any,
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with capture_logs() as said:
        Client().post("/login", {"username": "hunter2", "password": "alice"})
    assert [line["event"] for line in said if "failed" in line["event"]] == ["A log-in failed"]
    assert "hunter2" not in str(said)
    quiet = "from trivet.site import logs; import logging; logs.configure(); logging.getLogger('axes.x').warning('{}')"
    told = subprocess.run([sys.executable, "-c", quiet], capture_output=True, text=True, check=True)
    assert told.stderr == ""


@pytest.mark.django_db(transaction=True)
def test_who_starts_it_first_is_told_how_to_make_a_person() -> None:
    told = first_person(named=False)
    assert told[0].startswith("Nobody can log in yet.") and told[1].endswith("user add NAME --role owner")
    assert "TRIVET_DATA_DIR=" in first_person(named=True)[1]
    User.objects.create_user("alice", password="x", role="owner")
    assert first_person(named=False) == []
