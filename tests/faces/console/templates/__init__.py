"""Tests of the staff pages of templates."""
