"""Risks: what looked wrong, how it was held and handled."""
