"""All waiting orders weighed at once: seen under no lock, planned outside any transaction, moved in small batches."""

from trivet.flows.allocate.run import ask, carry_out, go_on, tick
from trivet.flows.allocate.terms import change_terms

__all__ = ["ask", "carry_out", "change_terms", "go_on", "tick"]
