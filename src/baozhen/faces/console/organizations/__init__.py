"""Organisations, accounts, grants, sign-in: the staff pages."""
