"""Tables of the journal. Events are append-only, which triggers see to; the sequencer gives their position later."""

from __future__ import annotations

from typing import Any

from django.db import models

from trivet.journal import rules
from trivet.lib.ids import new_id
from trivet.lib.machine import Machine


def in_states(machine: Machine) -> models.Q:
    """The CHECK that keeps a ``state`` column inside its machine."""
    return models.Q(state__in=machine.states)


class Document(models.JSONField):
    """JSON that is kept as the text that came in: nobody searches in it, so it is not taken apart when it is stored.

    Measured: an explanation of routing goes in for two fifths of the time that ``jsonb`` takes.
    """

    def db_type(self, connection: Any) -> str:
        """``json``, not ``jsonb``."""
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The driver has read it already."""
        return value


class Event(models.Model):
    """One fact. ``id`` follows insertion, not commit; ``position`` is the gapless place in the feed."""

    id = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField(null=True)
    kind = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    actor_kind = models.TextField()
    actor_id = models.TextField(blank=True)
    actor_label = models.TextField(blank=True)
    at = models.DateTimeField()
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = (
            # The feed reads by position; partial, because a fresh event has none yet.
            models.UniqueConstraint(
                fields=["position"], name="event_position", condition=models.Q(position__isnull=False)
            ),
        )
        indexes = (
            # Timelines: all facts of one subject, oldest first.
            models.Index(fields=["subject_id", "id"], name="event_subject"),
            # The sequencer's queue; empties itself as positions are given.
            models.Index(fields=["id"], name="event_unplaced", condition=models.Q(position__isnull=True)),
        )


class FeedHead(models.Model):
    """The last position given. One row; the sequencer holds it while it hands out the next ones."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    position = models.BigIntegerField(default=0)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="feedhead_one_row"),)


class Receipt(models.Model):
    """A raw payload as it came in, stored before anything is made of it."""

    id = models.UUIDField(primary_key=True, default=new_id)
    source = models.TextField()
    external_id = models.TextField()
    kind = models.TextField()
    digest = models.TextField()
    payload = Document()
    state = models.TextField(default=rules.RECEIPT.start)
    error = models.TextField(blank=True)
    received_at = models.DateTimeField()
    subject_id = models.UUIDField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["source", "external_id", "digest"], name="receipt_once"),
            models.CheckConstraint(condition=in_states(rules.RECEIPT), name="receipt_state"),
        )
        indexes = (models.Index(fields=["source", "state", "id"], name="receipt_work"),)


class Errand(models.Model):
    """A call to the outside: intent, then outcome, each in its own transaction."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.TextField()
    partner = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    key = models.TextField(unique=True)
    request = models.JSONField(default=dict)
    response = models.JSONField(null=True)
    state = models.TextField(default=rules.ERRAND.start)
    error = models.TextField(blank=True)
    permanent = models.BooleanField(default=False)
    intended_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=in_states(rules.ERRAND), name="errand_state"),)
        indexes = (models.Index(fields=["state", "id"], name="errand_work"),)


class IdempotencyKey(models.Model):
    """The answer given to a request that carried an ``Idempotency-Key``, to be given again."""

    id = models.UUIDField(primary_key=True, default=new_id)
    owner = models.TextField()
    key = models.TextField()
    request_digest = models.TextField()
    status = models.SmallIntegerField()
    body = models.BinaryField()
    content_type = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["owner", "key"], name="idempotency_once"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_age"),)


class ExceptionItem(models.Model):
    """Something that waits for a person. At most one open item of a kind for a subject."""

    id = models.UUIDField(primary_key=True, default=new_id)
    kind = models.TextField()
    subject_kind = models.TextField()
    subject_id = models.UUIDField()
    title = models.TextField()
    facts = models.JSONField(default=dict)
    state = models.TextField(default=rules.EXCEPTION.start)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.TextField(blank=True)
    resolution = models.TextField(blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["kind", "subject_id"], name="exception_one_open", condition=models.Q(state="open")
            ),
            models.CheckConstraint(condition=in_states(rules.EXCEPTION), name="exception_state"),
        )
        indexes = (
            models.Index(fields=["state", "kind", "opened_at"], name="exception_desk"),
            # What was settled, latest first.
            models.Index(fields=["-resolved_at", "-id"], name="exception_settled",
                         condition=models.Q(state="resolved")),
        )  # fmt: skip
