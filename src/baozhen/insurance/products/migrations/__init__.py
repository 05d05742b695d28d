"""Migrations of the products app."""
