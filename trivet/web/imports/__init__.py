"""Imports at the desk: files in, progress, verdicts row by row."""
