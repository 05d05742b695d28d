"""Envelopes by REST."""

from ninja import Router

router = Router(tags=["签署任务"])
