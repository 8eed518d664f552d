"""Which place ships what, for all waiting orders at once: one problem, solved with a bound."""

from trivet.routing.rules.batch.run import allocate
from trivet.routing.rules.batch.values import Answer, Moved, Shared, Terms, Waiting

__all__ = ["Answer", "Moved", "Shared", "Terms", "Waiting", "allocate"]
