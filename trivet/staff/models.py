"""Tables of people and API keys."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models

from trivet.lib.ids import new_id
from trivet.staff import rules


class User(AbstractUser):
    """A person who works here. Without ``locations`` a person sees and works at every place."""

    id = models.UUIDField(primary_key=True, default=new_id)
    role = models.TextField(default="analyst")
    language = models.TextField(default="en")
    theme = models.TextField(default="auto")
    locations = models.ManyToManyField("company.Location", related_name="+", blank=True)

    class Meta:
        constraints = (models.CheckConstraint(condition=models.Q(role__in=rules.ROLES), name="user_role"),)


class ApiKey(models.Model):
    """A key for programs: its digest, what it may do, where, and how long.

    ``person``: id of who made it, for whom it acts; empty when nobody is known (made on the command line).
    """

    id = models.UUIDField(primary_key=True, default=new_id)
    name = models.TextField()
    digest = models.TextField(unique=True)
    hint = models.TextField()
    scopes = ArrayField(models.TextField())
    locations = models.ManyToManyField("company.Location", related_name="+", blank=True)
    created_at = models.DateTimeField()
    created_by = models.TextField()
    person = models.TextField(blank=True, db_default="")
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
