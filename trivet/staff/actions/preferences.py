"""How a person likes to work."""

from __future__ import annotations

from uuid import UUID

from trivet.staff.models import User


def prefer(user: UUID, *, language: str, theme: str) -> None:
    """Keep the language and theme (``auto | light | dark``) of a person. No fact of the business: not recorded."""
    User.objects.filter(id=user).update(language=language, theme=theme)
