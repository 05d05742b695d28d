"""Migrations of the disclosures app."""
