"""Seals: the staff pages."""
