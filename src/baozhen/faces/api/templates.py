"""Templates by REST."""

from ninja import Router

router = Router(tags=["模版"])
