"""Domain errors. Each carries a stable ``code``; the doors map classes to HTTP in one table."""

from __future__ import annotations

from typing import Any


class DomainError(Exception):
    """Something the rules of the business refuse. ``message`` is for people, ``facts`` for machines."""

    code = "error"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class Invalid(DomainError):
    """Input that breaks a rule; ``field`` is a path such as ``lines[0].quantity``."""

    code = "invalid"

    def __init__(self, field: str, message: str, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.field = field


class NotFound(DomainError):
    """The object does not exist, or not for this person."""

    code = "not_found"


class Forbidden(DomainError):
    """The person may not do this."""

    code = "forbidden"


class Conflict(DomainError):
    """Someone else was first, or the same key already stands for other content."""

    code = "conflict"


class WrongState(Conflict):
    """The move is not possible in the present state: a normal outcome when two act at once."""

    code = "wrong_state"


class OutOfStock(Conflict):
    """A commitment that the stock does not allow; nothing was kept."""

    code = "out_of_stock"


class Busy(DomainError):
    """The system cannot take the work right now; the same request may succeed later."""

    code = "busy"
