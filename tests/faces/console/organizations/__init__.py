"""Organisations in the console."""
