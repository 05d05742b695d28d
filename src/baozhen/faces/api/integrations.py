"""Connected systems, callbacks, events by REST."""

from ninja import Router

router = Router(tags=["集成"])
