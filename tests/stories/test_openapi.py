"""The OpenAPI document is true: whatever is sent, the answer is one that it names, and never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as trials
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Ok

from tests import world
from trivet.api.tests.calls import key, server
from trivet.api.v1 import api

pytestmark = pytest.mark.django_db(transaction=True)


@schemathesis.serializer("application/x-ndjson")
def rows(context: Any, value: Any) -> bytes:
    """Whatever text comes to mind, as the rows of a bulk request."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


DOCUMENT = json.loads(json.dumps(api.get_openapi_schema(), default=str))
for _operations in DOCUMENT["paths"].values():
    for _operation in _operations.values():
        # Every address without a key is another test; here each call has one.
        _operation.pop("security")
# Rules that no schema can say (a currency that exists, a cursor of ours) refuse with 422 what is valid by schema.
_GOOD = ["2xx", 401, 403, 404, 409, 415, 422]
_REFUSED = [400, 401, 403, 404, 405, 409, 413, 415, 422]
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {
            "positive_data_acceptance": {"expected-statuses": _GOOD},
            "negative_data_rejection": {"expected-statuses": _REFUSED},
        }
    }
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
SCHEMA.app = server()
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
TAGS = sorted({tag for operation in OPERATIONS for tag in operation.tags})
EXAMPLES = 4


@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_is_documented(tag: str) -> None:
    world.build().sku("TEE", {"leeds": 50})
    secret = key("*", "staff.edit")
    for operation in OPERATIONS:
        if tag in operation.tags:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                if mode is GenerationMode.NEGATIVE and operation.path.endswith("/bulk"):
                    continue  # any text is rows: each wrong one gets its verdict
                _fuzz(operation, mode, secret)


def _fuzz(operation: Any, mode: GenerationMode, secret: str) -> None:
    @trials(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and case.query:
            case.query.pop("wait", None)  # nobody waits for the feed here
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})

    try:
        send()
    except Unsatisfiable:
        # An address without parameters or body cannot be called wrongly.
        assert mode is GenerationMode.NEGATIVE
