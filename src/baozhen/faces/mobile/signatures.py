"""The signature that a form sends: drawn, typed, photographed or used once more, as is allowed."""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from baozhen.faces.uploads import bytes_of
from baozhen.foundation.storage import get_storage
from baozhen.signing.envelopes.errors import SignatureMissing, SignatureUnlikeName
from baozhen.signing.envelopes.models import Signatory
from baozhen.signing.envelopes.queries import last_signature
from baozhen.signing.envelopes.services.pictures import (
    drawn_signature,
    photographed_signature,
    typed_signature,
)

WAYS = ("draw", "type", "upload", "adopted")
# Where the sender said nothing: a signature of before is used only where they say so.
USUAL_WAYS = ("draw", "type", "upload")


def ways_for(signatories: Iterable[Signatory]) -> list[str]:
    """Return the ways of signing that all of these tasks allow; `adopted` needs one of before."""
    parties = list(signatories)
    allowed = [set(party.envelope.rules.get("ways") or USUAL_WAYS) for party in parties]
    ways = [way for way in WAYS if all(way in rules for rules in allowed)]
    if "adopted" in ways and last_signature(parties[0].subject) is None:
        ways.remove("adopted")
    return ways


def sign_context(signatory: Signatory, ways: Sequence[str]) -> dict[str, Any]:
    """Return what the page of the signature shows."""
    before = last_signature(signatory.subject) if "adopted" in ways else None
    return {
        "ways": ways,
        "other_ways": [way for way in ways if way in {"type", "upload"}],
        "adopted": data_uri(get_storage().get(before.picture_sha256)) if before else "",
    }


def signature_from(
    request: HttpRequest, signatory: Signatory, ways: Sequence[str]
) -> tuple[bytes, dict[str, Any] | None]:
    """Return the picture (PNG), and the strokes when it was drawn; raises a Refusal."""
    post = request.POST
    if post.get("act") == "adopt" and "adopted" in ways:
        before = last_signature(signatory.subject)
        if before is not None:
            return get_storage().get(before.picture_sha256), None
    upload = request.FILES.get("picture")
    if upload is not None and "upload" in ways:
        return photographed_signature(bytes_of(upload)), None
    typed = post.get("typed", "").strip()
    if typed and "type" in ways:
        if typed != str(signatory.name):
            raise SignatureUnlikeName(path="typed")
        return typed_signature(typed, fonts=str(settings.BAOZHEN_FONTS)), None
    strokes = _strokes(post.get("strokes", ""))
    if strokes is None or "draw" not in ways:
        raise SignatureMissing(path="strokes")
    return drawn_signature(strokes), strokes


def data_uri(png: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"


def _strokes(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text or "null")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
