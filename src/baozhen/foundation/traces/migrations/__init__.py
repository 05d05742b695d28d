"""Migrations of the traces app."""
