"""First run: from an empty database to the first order."""
