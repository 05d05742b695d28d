"""Migrations of the proposals app."""
