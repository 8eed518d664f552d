"""People: taking someone on, changing what they may do, letting them go."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import transaction

from trivet.company.models import Location
from trivet.journal.actions import record
from trivet.journal.rules import Actor
from trivet.lib.errors import Conflict, Invalid, NotFound
from trivet.staff.models import User
from trivet.staff.rules import ROLES


@transaction.atomic
def add_user(
    username: str, password: str, *, role: str, name: str = "", email: str = "",
    locations: Collection[UUID] = (), language: str = "en", by: Actor, now: datetime,
) -> User:  # fmt: skip
    """Take someone on. Without ``locations`` they work at every place.

    :class:`Invalid` for a username, role or password that breaks a rule, :class:`Conflict` for a taken username.
    """
    username = username.strip()
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError as error:
        raise Invalid("username", "may hold letters, digits and @ . + - _ only") from error
    _check(role, name, email)
    if len(username) > 150:
        raise Invalid("username", "may have 150 characters at most")
    user = User(username=username, email=email, role=role, language=language, date_joined=now)
    user.first_name, user.last_name = _split(name)
    _take_password(user, password)
    if User.objects.filter(username__iexact=username).exists():
        raise Conflict("this username is taken", username=username)
    user.save(force_insert=True)
    user.locations.set(_known(locations))
    record(
        "user.added", ("user", user.id), by=by, at=now, username=username, role=role,
        locations=[str(key) for key in locations],
    )  # fmt: skip
    return user


@transaction.atomic
def change_user(
    key: UUID, *, role: str | None = None, name: str | None = None, email: str | None = None,
    locations: Collection[UUID] | None = None, by: Actor, now: datetime,
) -> User:  # fmt: skip
    """Change what is given of a person; None leaves it. The last owner stays owner (:class:`Conflict`)."""
    user = _locked(key)
    _check(role or user.role, name or "", email or "")
    if role is not None and role != "owner":
        _keep_an_owner(user)
    changes: dict[str, object] = {}
    if role is not None and role != user.role:
        changes["role"] = user.role = role
    if name is not None and name.strip() != user.get_full_name():
        user.first_name, user.last_name = _split(name)
        changes["name"] = name.strip()
    if email is not None and email != user.email:
        changes["email"] = user.email = email
    user.save(update_fields=["role", "first_name", "last_name", "email"])
    if locations is not None and set(locations) != set(user.locations.values_list("id", flat=True)):
        user.locations.set(_known(locations))
        changes["locations"] = sorted(str(k) for k in locations)
    if changes:
        record("user.changed", ("user", user.id), by=by, at=now, username=user.username, **changes)
    return user


@transaction.atomic
def set_password(key: UUID, password: str, *, by: Actor, now: datetime) -> None:
    """Give a person a new password; every session of theirs ends."""
    user = _locked(key)
    _take_password(user, password)
    user.save(update_fields=["password"])
    record("user.password_set", ("user", user.id), by=by, at=now, username=user.username)


@transaction.atomic
def deactivate_user(key: UUID, *, by: Actor, now: datetime) -> None:
    """Let a person go: no log-in any more, open sessions end, what they did stays theirs."""
    user = _locked(key)
    if not user.is_active:
        return
    _keep_an_owner(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    record("user.deactivated", ("user", user.id), by=by, at=now, username=user.username)


@transaction.atomic
def reactivate_user(key: UUID, *, by: Actor, now: datetime) -> None:
    """Take a person back with the role they had."""
    user = _locked(key)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    record("user.reactivated", ("user", user.id), by=by, at=now, username=user.username)


def _locked(key: UUID) -> User:
    # All owners are locked in key order, so that two owners cannot demote each other at once.
    found = {u.id: u for u in User.objects.select_for_update().filter(role="owner").order_by("id")}
    user = found.get(key) or User.objects.select_for_update().filter(id=key).first()
    if user is None:
        raise NotFound("there is no such person")
    return user


def _keep_an_owner(user: User) -> None:
    if user.role != "owner" or not user.is_active:
        return
    if not User.objects.filter(role="owner", is_active=True).exclude(id=user.id).exists():
        raise Conflict("the last owner stays: make someone else owner first")


def _check(role: str, name: str, email: str) -> None:
    if role not in ROLES:
        raise Invalid("role", f"must be one of {', '.join(ROLES)}")
    if len(name) > 300:
        raise Invalid("name", "may have 300 characters at most")
    if email and ("@" not in email or len(email) > 254):
        raise Invalid("email", "is not an e-mail address")


def _split(name: str) -> tuple[str, str]:
    # The table has two columns of 150; people have names of any shape, and we only ever show them whole.
    name = " ".join(name.split())
    if len(name) <= 150:
        return name, ""
    cut = name.rfind(" ", 0, 150)
    cut = cut if len(name) - cut - 1 <= 150 and cut > 0 else 150
    return name[:cut], name[cut:].strip()[:150]


def _take_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid("password", " ".join(error.messages)) from error
    user.set_password(password)


def _known(locations: Collection[UUID]) -> list[Location]:
    found = list(Location.objects.filter(id__in=locations))
    if len(found) != len(set(locations)):
        raise Invalid("locations", "names a place that does not exist")
    return found
