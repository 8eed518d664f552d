"""The OpenAPI document is true: whatever is sent, the answer is one that it names, and never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from schemathesis import GenerationMode

from tests import world
from trivet.api.tests.calls import key, server
from trivet.api.v1 import api

pytestmark = pytest.mark.django_db(transaction=True)


@schemathesis.serializer("application/x-ndjson")
def rows(context: Any, value: Any) -> bytes:
    """Whatever text comes to mind, as the rows of a bulk request."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), default=str))
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA.app = server()
OPERATIONS = {op.label: op for op in (found.ok() for found in SCHEMA.get_all_operations())}
EXAMPLES = 6


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_documented(label: str, mode: GenerationMode) -> None:
    built = world.build()
    built.sku("TEE", {"leeds": 50})
    secret = key()

    @trials(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})

    send()
