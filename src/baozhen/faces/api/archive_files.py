"""The file centre by REST."""

from ninja import Router

router = Router(tags=["文件"])
