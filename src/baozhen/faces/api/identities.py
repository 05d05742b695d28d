"""Identity checks and risks by REST."""

from ninja import Router

router = Router(tags=["认证"])
