"""Wiring: settings, urls, servers, worker and the command line."""
