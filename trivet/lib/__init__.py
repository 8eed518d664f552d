"""Small tools that know no business: money, quantities, machine, clock, ids, sql, group commit."""
