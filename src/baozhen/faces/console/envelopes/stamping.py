"""Choosing where a coming seal shall stand: what the page shows, and what comes back."""

from collections.abc import Mapping
from typing import Any

from baozhen.signing.envelopes.models import Action, Place
from baozhen.signing.envelopes.services.acts import StampPlace
from baozhen.signing.envelopes.states import ActionType

_POINTS_PER_MM = 72 / 25.4
_SEAL_MM = 40
_LOWER_RIGHT = (430.0, 130.0)  # of an A4 page, in points


def typed_place(post: Mapping[str, str]) -> StampPlace:
    """Return the place: millimetres from the lower left corner, as a person measures, in points."""
    try:
        number = int(post.get("page", ""))
        left, bottom = float(post.get("x", "")), float(post.get("y", ""))
    except ValueError:
        number, left, bottom = 1, -1.0, -1.0
    size = _SEAL_MM * _POINTS_PER_MM
    return StampPlace(
        document=1,
        page=number - 1,
        x=left * _POINTS_PER_MM,
        y=bottom * _POINTS_PER_MM,
        width=size,
        height=size,
    )


def stamping_of(found: Action) -> dict[str, Any]:
    """Return the pages to point at, and where the seal would stand if nobody moved it."""
    document = found.envelope.documents.order_by("position").first()
    place = (
        Place.objects.filter(action__envelope=found.envelope, document=document)
        .exclude(action__type=ActionType.SIGN)
        .order_by("action__order", "pk")
        .first()
    )
    middle = (place.x + place.width / 2, place.y + place.height / 2) if place else _LOWER_RIGHT
    left, bottom = (max(value / _POINTS_PER_MM - _SEAL_MM / 2, 0) for value in middle)
    pages = document.pages if document is not None else 0
    return {
        "stamp": {
            "page": (place.page % pages if place and pages else 0) + 1,
            "x": f"{left:.1f}",
            "y": f"{bottom:.1f}",
            "size": _SEAL_MM,
        },
        "sheets": range(1, pages + 1),
    }
