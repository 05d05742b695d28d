"""Certificate authorities, bindings, trust lists by REST."""

from ninja import Router

router = Router(tags=["证书"])
