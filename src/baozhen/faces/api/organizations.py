"""Organisations, accounts, grants, sign-in by REST."""

from ninja import Router

router = Router(tags=["组织"])
