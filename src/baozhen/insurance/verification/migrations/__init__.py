"""Migrations of the verification app."""
