"""API keys: shown once, ended at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trivet.company.actions import add_place
from trivet.company.rules import PlaceFacts
from trivet.journal.models import Event
from trivet.journal.rules import SYSTEM
from trivet.lib.errors import Invalid
from trivet.staff.actions import create_api_key, note_use, revoke_api_key
from trivet.staff.models import ApiKey
from trivet.staff.queries import key_for, live_keys

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_the_secret_is_kept_nowhere() -> None:
    key, secret = create_api_key("Shop", ["order.place"], by=SYSTEM, now=NOW)
    stored = ApiKey.objects.filter(id=key.id).values().get()
    assert secret not in str(stored)
    [told] = Event.objects.values()
    assert told["kind"] == "api_key.created" and secret not in str(told)
    found = key_for(secret, NOW)
    assert found is not None and found.id == key.id and found.locations is None


def test_a_revoked_or_expired_key_opens_nothing() -> None:
    soon = NOW + timedelta(hours=1)
    key, secret = create_api_key("Shop", ["*"], soon, by=SYSTEM, now=NOW)
    assert live_keys([key.id], NOW) == {key.id}
    assert key_for(secret, soon) is None and live_keys([key.id], soon) == set()
    revoke_api_key(key.id, by=SYSTEM, now=NOW)
    revoke_api_key(key.id, by=SYSTEM, now=NOW)
    assert key_for(secret, NOW) is None and live_keys([key.id], NOW) == set()
    assert Event.objects.filter(kind="api_key.revoked").count() == 1
    assert key_for("tvk_wrong", NOW) is None


def test_a_key_for_one_place_knows_it() -> None:
    place = add_place(PlaceFacts("york", "York", "GB"), by=SYSTEM, now=NOW)
    _, secret = create_api_key("Till", ["stock.view"], None, [place.id], by=SYSTEM, now=NOW)
    found = key_for(secret, NOW)
    assert found is not None and found.locations == frozenset({place.id})


@pytest.mark.parametrize("scopes", [[], ["order.eat"], ["*", "staff.eat"]])
def test_a_key_never_gets_what_keys_may_not_have(scopes: list[str]) -> None:
    with pytest.raises(Invalid):
        create_api_key("Eve", scopes, by=SYSTEM, now=NOW)


def test_use_is_kept_to_the_minute() -> None:
    key, _ = create_api_key("Shop", ["*"], by=SYSTEM, now=NOW)
    note_use(key.id, now=NOW)
    note_use(key.id, now=NOW + timedelta(seconds=30))
    assert ApiKey.objects.get(id=key.id).last_used_at == NOW
