"""Claims of idempotency keys: one works, the dead make room, and nothing is done twice."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import transaction

from trivet.journal.actions import answers, record
from trivet.journal.models import Event, IdempotencyKey
from trivet.journal.rules import SYSTEM
from trivet.lib import clock
from trivet.lib.errors import Conflict
from trivet.lib.ids import new_id

pytestmark = pytest.mark.django_db(transaction=True)


def claimed(digest: str = "d", late: bool = False) -> UUID | answers.Kept:
    return answers.claim("me", "k", digest, now=clock.now() + (answers.LEASE if late else answers.LEASE * 0))


def work() -> None:
    with transaction.atomic():
        record("test.done", ("test", new_id()), by=SYSTEM, at=clock.now())


def test_a_claim_under_which_nothing_was_done_is_free_again_after_its_lease() -> None:
    first = claimed()
    assert isinstance(first, UUID)
    busy = claimed()
    assert isinstance(busy, answers.Kept) and busy.status == answers.PENDING
    assert isinstance(claimed("another request", late=True), answers.Kept)
    second = claimed(late=True)
    assert isinstance(second, UUID) and second != first
    with answers.working(first), pytest.raises(Conflict, match="another request"):
        work()
    assert not Event.objects.exists(), "who comes too late is rolled back"
    with answers.working(second):
        work()
    answers.let_go(first)
    answers.keep(second, status=201, body=b"done", content_type="text/plain")
    kept = claimed(late=True)
    assert isinstance(kept, answers.Kept) and (kept.status, kept.body) == (201, b"done")


def test_what_was_done_without_an_answer_is_not_done_again() -> None:
    claim = claimed()
    assert isinstance(claim, UUID)
    with answers.working(claim):
        work()
    answers.let_go(claim)
    lost = claimed(late=True)
    assert isinstance(lost, answers.Kept) and lost.status == answers.WORKED


def test_work_that_was_rolled_back_leaves_the_claim_free() -> None:
    claim = claimed()
    assert isinstance(claim, UUID)
    with answers.working(claim), transaction.atomic():
        work()
        transaction.set_rollback(True)
    assert isinstance(claimed(late=True), UUID)
    work()
    assert IdempotencyKey.objects.get().status == answers.PENDING, "work outside of a claim marks none"
