"""What the pages of a change share: who is here, and the step bar."""

from typing import Any

from django.http import HttpRequest

from baozhen.faces.errors import NotSignedIn
from baozhen.faces.mobile.holders import current_holder
from baozhen.signing.identity.models import Subject

STEPS = (
    ("choose", "选择事项"),
    ("fill", "填写"),
    ("check", "核对"),
    ("confirm", "确认"),
    ("done", "批单"),
)


def holder_of(request: HttpRequest) -> Subject:
    """Return who is signed in; `holder_only` has let them in."""
    holder = current_holder(request)
    if holder is None:
        raise NotSignedIn
    return holder


def steps_at(step: str) -> list[dict[str, Any]]:
    """Return the step bar with this step as the present one."""
    place = [name for name, _ in STEPS].index(step)
    return [
        {"label": label, "now": number == place, "done": number < place}
        for number, (_, label) in enumerate(STEPS)
    ]
