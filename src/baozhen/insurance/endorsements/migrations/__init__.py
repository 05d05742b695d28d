"""Migrations of the endorsements app."""
