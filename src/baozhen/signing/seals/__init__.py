"""Seals: making, life cycle, grants, use."""
