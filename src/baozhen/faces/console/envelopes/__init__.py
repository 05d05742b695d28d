"""Envelopes: the staff pages."""
