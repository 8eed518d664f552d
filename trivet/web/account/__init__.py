"""Log-in, log-out, password and preferences of the person at the desk."""
