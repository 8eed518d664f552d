"""Orders: list, one order, holds, cancellation."""
