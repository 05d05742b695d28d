"""Migrations of the applications app."""
