"""Log-in and its throttling, log-out by POST, password, language and theme."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from trivet.staff.models import User
from trivet.web.tests.conftest import As

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a trivet has three legs"


@pytest.fixture
def alice(settings: Any, transactional_db: None) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return User.objects.create_user("alice", password=PASSWORD, role="owner")


def _log_in(client: Client, password: str) -> Any:
    return client.post("/login", {"username": "alice", "password": password, "next": "/orders?view=late"})


def test_the_way_in_leads_where_one_wanted_to_go(alice: User) -> None:
    client = Client()
    assert client.get("/orders?view=late").url == "/login?next=/orders%3Fview%3Dlate"
    assert _log_in(client, PASSWORD).url == "/orders?view=late"
    assert client.get("/").url == "/today"


def test_failed_attempts_are_throttled_and_said_so(alice: User) -> None:
    client = Client()
    for _ in range(4):
        answer = _log_in(client, "wrong")
        assert answer.status_code == 200
        assert 'value="alice"' in answer.content.decode()
    assert _log_in(client, "wrong").status_code == 429
    locked = _log_in(client, PASSWORD)
    assert locked.status_code == 429
    assert "Too many failed log-ins" in locked.content.decode()


def _tries(name: str, password: str, at: str, **headers: str) -> int:
    client = Client(REMOTE_ADDR=at, headers=headers)
    return client.post("/login", {"username": name, "password": password}).status_code


def test_one_password_tried_on_many_names_is_throttled_by_address(alice: User, settings: Any) -> None:
    settings.ADDRESS_FAILURE_LIMIT = 10
    assert [_tries(f"name{n}", "wrong", "192.0.2.7") for n in range(9)] == [200] * 9
    assert _tries("alice", PASSWORD, "192.0.2.8") == 302
    assert _tries("name10", "wrong", "192.0.2.7") == 429
    assert _tries("alice", PASSWORD, "192.0.2.7") == 429
    assert _tries("alice", PASSWORD, "192.0.2.8") == 302


def test_behind_a_proxy_each_asker_is_throttled_alone(alice: User, settings: Any) -> None:
    settings.PROXIES = 1

    def tries(client: str, password: str) -> int:
        return _tries("alice", password, "10.0.0.1", x_forwarded_for=client)

    # What the asker writes there itself does not make it another one.
    assert [tries(f"198.51.100.{n}, 192.0.2.7", "wrong") for n in range(5)] == [200] * 4 + [429]
    assert tries("192.0.2.8", PASSWORD) == 302
    settings.PROXIES = 2
    assert tries("192.0.2.8, 192.0.2.7, 10.0.0.2", PASSWORD) == 429
    assert tries("192.0.2.7, 192.0.2.8, 10.0.0.2", PASSWORD) == 302


def test_without_a_proxy_nobody_says_who_they_are(alice: User) -> None:
    for n in range(5):
        status = _tries("alice", "wrong", "192.0.2.7", x_forwarded_for=f"198.51.100.{n}")
    assert status == 429


def test_all_addresses_of_one_network_are_one_asker(alice: User) -> None:
    assert [_tries("alice", "wrong", f"2001:db8:0:7::{n:x}") for n in range(1, 6)] == [200] * 4 + [429]
    assert _tries("alice", PASSWORD, "2001:db8:0:8::1") == 302
    assert _tries("alice", PASSWORD, "not an address") == 302


def test_another_site_cannot_be_the_next_page(alice: User) -> None:
    client = Client()
    answer = client.post(
        "/login", {"username": "alice", "password": PASSWORD, "next": "https://evil.example/"}
    )
    assert answer.url == "/today"
    assert client.post("/preferences", {"theme": "dark", "next": "//evil.example"}).url == "/"


def test_logging_out_needs_a_post(alice: User) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/logout").url == "/"
    assert client.get("/today").status_code == 200
    assert client.post("/logout").url == "/login"
    assert client.get("/today").status_code == 302


def test_a_password_is_changed_and_the_session_stays(alice: User) -> None:
    client = Client()
    client.force_login(alice, backend="django.contrib.auth.backends.ModelBackend")
    fresh = "another trivet, other legs"
    wrong = client.post("/profile", {"old_password": "x", "new_password1": fresh, "new_password2": fresh})
    assert wrong.status_code == 400
    assert "field-error" in wrong.content.decode()
    client.post("/profile", {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh})
    assert client.get("/today").status_code == 200
    assert User.objects.get().check_password(fresh)


def test_language_and_theme_belong_to_the_person(as_: As) -> None:
    client = as_("carol")
    client.post("/preferences", {"language": "vi", "next": "/today"})
    client.post("/preferences", {"theme": "dark", "next": "/today"})
    person = User.objects.get(username="carol")
    assert (person.language, person.theme) == ("vi", "dark")
    again = as_("carol").get("/today").content.decode()
    assert '<html lang="vi"' in again
    assert 'data-bs-theme="dark"' in again
    client.post("/preferences", {"language": "xx", "theme": "pink"})
    person.refresh_from_db()
    assert (person.language, person.theme) == ("vi", "dark")


def test_strangers_choose_for_their_browser(transactional_db: None) -> None:
    client = Client()
    client.post("/preferences", {"language": "vi", "next": "/login"})
    assert "Đăng nhập" in client.get("/login").content.decode()
    assert "Không có gì ở đây" in client.get("/no-such-page").content.decode()


def test_error_pages_speak_the_browsers_language(transactional_db: None) -> None:
    answer = Client().get("/no-such-page", headers={"Accept-Language": "vi"})
    assert answer.status_code == 404
    assert "Không có gì ở đây" in answer.content.decode()


def test_a_fault_is_a_page_with_its_number(as_: As, monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_("alice")
    client.raise_request_exception = False

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("trivet.web.today.pages.count_orders", broken)
    answer = client.get("/today", headers={"X-Request-ID": "abc-123"})
    assert answer.status_code == 500
    assert "Our mistake" in answer.content.decode()
    assert "abc-123" in answer.content.decode()


def test_the_policy_allows_nothing_inline(as_: As) -> None:
    policy = as_("alice").get("/profile")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
