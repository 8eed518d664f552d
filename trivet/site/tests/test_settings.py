"""Settings from the environment."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from trivet.site.settings import database, listed, proxies
from trivet.site.throttle import client_address


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://u@%2FSocket%2Fdir:5999/db", {"HOST": "/Socket/dir", "PORT": "5999", "NAME": "db", "USER": "u"}),
        ("postgresql://u@/db?host=/socket%20dir", {"HOST": "/socket dir", "PORT": "", "NAME": "db"}),
        ("postgresql://u:p%40ss@db.example/shop", {"HOST": "db.example", "PASSWORD": "p@ss", "NAME": "shop"}),
        ("postgresql://u@[::1]:5433", {"HOST": "::1", "PORT": "5433", "NAME": "trivet"}),
    ],
)  # fmt: skip
def test_a_database_url_means_to_us_what_it_means_to_postgresql(url: str, found: dict[str, Any]) -> None:
    told = database(url)
    assert {name: told[name] for name in found} == found


def test_options_of_a_database_url_are_kept() -> None:
    assert database("postgresql://u@h/db?sslmode=require")["OPTIONS"]["sslmode"] == "require"


def test_blanks_in_lists_of_hosts_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIVET_HOSTS", " shop.example , www.shop.example,, ")
    assert listed("TRIVET_HOSTS") == ["shop.example", "www.shop.example"]
    monkeypatch.delenv("TRIVET_HOSTS")
    assert listed("TRIVET_HOSTS", "localhost") == ["localhost"]


@pytest.mark.parametrize(
    ("given", "number"), [("", 0), ("off", 0), ("0", 0), ("on", 1), ("true", 1), ("1", 1), ("2", 2)]
)
def test_proxies_are_counted(monkeypatch: pytest.MonkeyPatch, given: str, number: int) -> None:
    monkeypatch.setenv("TRIVET_BEHIND_PROXY", given)
    assert proxies("TRIVET_BEHIND_PROXY") == number


def test_who_asks_is_told_apart_however_the_address_is_written(settings: Any) -> None:
    settings.PROXIES = 1
    ask = RequestFactory().get
    seen = {
        told: client_address(ask("/", headers={"x-forwarded-for": told}))
        for told in ("::ffff:1.2.3.4", "1.2.3.4:5678", "::ffff:9.9.9.9", "2001:db8::7", "nonsense")
    }
    assert seen == {
        "::ffff:1.2.3.4": "1.2.3.4", "1.2.3.4:5678": "1.2.3.4", "::ffff:9.9.9.9": "9.9.9.9",
        "2001:db8::7": "2001:db8::", "nonsense": None,
    }  # fmt: skip
