"""What an order is, before any table: values, frozen money, derived status, holds, cancellation."""
