"""Tables of customers. A profile is the connected component of identity edges; orders never move."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper

from trivet.customers import rules
from trivet.lib.ids import new_id

PLAIN = "trivet_plain"
"""The function of the database that takes accents off and makes capitals: Ngô Phương Lan and Đào are NGO PHUONG LAN and
DAO. A migration makes it."""


class Customer(models.Model):
    """One record of a person. ``profile`` is the oldest record of the same person (itself when alone)."""

    id = models.UUIDField(primary_key=True, default=new_id)
    profile_id = models.UUIDField()
    name = models.TextField(blank=True)
    email = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    locale = models.TextField(blank=True)
    note = models.TextField(blank=True)
    invented = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    # Whether this record speaks for the person. The planner cannot guess how often two columns are equal.
    speaks = models.GeneratedField(
        expression=models.Q(id=models.F("profile_id")),  # type: ignore[arg-type]  # the stubs forget that Q serves too
        output_field=models.BooleanField(), db_persist=True,
    )  # fmt: skip
    # The name as it is searched for: in capitals, without accents.
    plain = models.GeneratedField(
        expression=models.Func("name", function=PLAIN), output_field=models.TextField(), db_persist=True
    )

    class Meta:
        indexes = (
            models.Index(fields=["profile_id"], name="customer_profile"),
            # The list of profiles, newest first.
            models.Index(
                fields=["-created_at", "-id"],
                name="customer_newest",
                condition=models.Q(speaks=True),
            ),
            # Search by parts of the name, in any case and spelling of accents, and by the start of the address.
            GinIndex(OpClass("plain", "gin_trgm_ops"), name="customer_name"),
            models.Index(OpClass(Upper("email"), "text_pattern_ops"), name="customer_email"),
            # The same of records joined to another: few, and looked for on their own.
            GinIndex(
                OpClass("plain", "gin_trgm_ops"),
                name="customer_joined_name",
                condition=models.Q(speaks=False),
            ),
            models.Index(
                OpClass(Upper("email"), "text_pattern_ops"),
                name="customer_joined_email",
                condition=models.Q(speaks=False),
            ),
        )


class Identifier(models.Model):
    """A normalised e-mail address, E.164 phone number or a channel's own id that points to one record.

    ``scope`` is empty for e-mail and phone, the channel's slug for its own ids.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.TextField()
    scope = models.TextField(blank=True)
    value = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["kind", "scope", "value"], name="identifier_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=rules.IDENTIFIER_KINDS), name="identifier_kind"
            ),
        )
        indexes = (models.Index(fields=["customer"], name="identifier_customer"),)


class IdentityEdge(models.Model):
    """Two records are one person, for a reason. Undoing an edge gives the records back their own profiles.

    An undone edge is remembered: the system does not join again what it connected.
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    one = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    other = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    reason = models.TextField()
    actor_label = models.TextField()
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["other"], name="edge_other"),)
        constraints = (
            models.UniqueConstraint(
                fields=["one", "other"], name="edge_once", condition=models.Q(undone_at__isnull=True)
            ),
            models.CheckConstraint(condition=~models.Q(one=models.F("other")), name="edge_two_records"),
        )
