"""Seals by REST."""

from ninja import Router

router = Router(tags=["印章"])
