"""Figures and charging by REST."""

from ninja import Router

router = Router(tags=["统计"])
