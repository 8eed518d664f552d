"""Every address of the API: no key, a wrong one, an ended one, or one without the verb gets nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain

import pytest

from trivet.api.auth import BearerKey
from trivet.api.tests.calls import Caller, key
from trivet.api.v1 import api
from trivet.journal.rules import SYSTEM
from trivet.lib import clock
from trivet.staff.actions import revoke_api_key
from trivet.staff.models import ApiKey
from trivet.staff.rules import MAY

pytestmark = pytest.mark.django_db

SOME = "01890000-0000-7000-8000-000000000000"


def addresses() -> Iterator[tuple[str, str, str]]:
    """(method, path with made-up keys, verb) of every operation, for each verb that it needs."""
    for router in api._get_bound_routers():
        for path, view in router.path_operations.items():
            for operation in view.operations:
                whole = f"{router.prefix}{path}".replace("{int:job}", "1").replace("{int:number}", "1")
                parts = [
                    SOME if part.startswith("{uuid") else "x" if part.startswith("{") else part
                    for part in whole.split("/")
                ]
                found = [c for c in operation.auth_callbacks if isinstance(c, BearerKey)]
                for method in operation.methods:
                    for verb in found[0].verbs if found else ("",):
                        yield method, "/".join(parts), verb


ALL = list(addresses())


@pytest.mark.parametrize(("method", "path", "verb"), ALL, ids=[" ".join(found) for found in ALL])
def test_each_address_is_closed(method: str, path: str, verb: str) -> None:
    assert verb in MAY, "an address without a verb"
    soon = clock.now() + timedelta(hours=1)
    expired, revoked, weak = key(expires_at=soon), key(), key(*(set(MAY) - {verb}))
    ApiKey.objects.filter(expires_at=soon).update(expires_at=clock.now())
    revoke_api_key(ApiKey.objects.order_by("created_at")[1].id, by=SYSTEM, now=clock.now())
    for secret in ("", "tvk_eve", "\u0e01", expired, revoked):
        response = (
            Caller(secret).send(method, path) if secret != "\u0e01" else Caller("%E0").send(method, path)
        )
        assert response.status_code == 401, secret
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert response["Content-Type"] == "application/problem+json"
    response = Caller(weak).send(method, path)
    assert response.status_code == 403 and verb in response["WWW-Authenticate"]


def test_wrong_methods_and_addresses_are_problems() -> None:
    caller = Caller(key())
    response = caller.send("PUT", "/orders")
    assert (
        response.status_code == 405 and response["Allow"] and response.json()["code"] == "method_not_allowed"
    )
    for path in ("/nothing", "/orders/not-a-key"):
        response = caller.send("GET", path)
        assert response.status_code == 404 and response["Content-Type"] == "application/problem+json"


def test_bodies_are_bounded_and_of_the_right_kind() -> None:
    caller = Caller(key())
    response = caller.send("POST", "/orders", raw=b'{"note": "' + b"x" * 10_000_000 + b'"}')
    assert response.status_code == 413
    assert caller.send("POST", "/orders", raw=b"<order/>", content_type="text/xml").status_code == 415
    response = caller.send("POST", "/settings/brands", raw=b'{"slug": "a", "slug": "b", "name": "x"}')
    assert response.status_code == 400 and "slug" in response.json()["detail"]
    response = caller.send("POST", "/settings/brands", {"slug": "a", "name": "x", "colour": "red"})
    assert response.status_code == 422 and response.json()["field"] == "colour"


def test_a_key_twice_at_once_is_told_to_wait() -> None:
    from trivet.journal.actions import answers

    caller = Caller(key())
    owner = str(ApiKey.objects.get().id)
    body = {"slug": "b", "name": "B"}
    response = caller.send("POST", "/settings/brands", body, **{"idempotency-key": "k"})
    assert response.status_code == 201
    assert caller.send("POST", "/settings/brands", body, **{"idempotency-key": "k"}).status_code == 201
    assert caller.send("POST", "/settings/brands", body).status_code == 409
    answers.claim(owner, "busy", "", now=clock.now())
    response = caller.send("POST", "/settings/brands", body, **{"idempotency-key": "busy"})
    assert response.status_code == 422, "another content"
    assert caller.send("POST", "/settings/brands", body, **{"idempotency-key": ""}).status_code == 422


def test_the_document_names_the_verb_of_each_address() -> None:
    documented = api.get_openapi_schema()["paths"]
    told = [found["x-scope"].split() for operations in documented.values() for found in operations.values()]
    assert sorted(chain.from_iterable(told)) == sorted(verb for _, _, verb in ALL)
