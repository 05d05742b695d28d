"""Migrations of the policies app."""
