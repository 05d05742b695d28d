"""Migrations of the underwriting app."""
