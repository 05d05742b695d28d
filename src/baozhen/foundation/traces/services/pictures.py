"""Keep the moving picture: masked again, compressed, its hash in the chain of acts."""

import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from baozhen.foundation.masking import mask_name, mask_text
from baozhen.foundation.storage import get_storage
from baozhen.foundation.traces.models import PageVersion, RecordingChunk, TraceSession
from baozhen.foundation.traces.services.recording import EventInput, append, locked_session
from baozhen.foundation.traces.states import Kind
from baozhen.trust.crypto.digests import sm3

# Far above what a session of an hour needs: who sends more is not a person who reads a page.
SESSION_BYTES_MAX: Final = 3 * 1024 * 1024
_DEPTH_MAX: Final = 400
# Tokens of addresses and of forms: whoever has one may act for the person.
_TOKEN = re.compile(r"(?<=/)[A-Za-z0-9_-]{20,}(?=[/?#]|$)|^[A-Za-z0-9_-]{32,}$")


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What is taken out of a picture before it is kept.

    `origin` is the site's own address: without it styles and pictures are found in the archived
    version. `private` are texts that belong to the person.
    """

    origin: str = ""
    private: tuple[str, ...] = ()


_PLAIN: Final = Screen()


def store_pictures(
    session_key: str,
    page: PageVersion,
    events: Sequence[Any],
    *,
    screen: Screen = _PLAIN,
    at: datetime,
) -> RecordingChunk | None:
    """Store one batch of the recorder's events; None when the session has its fill.

    Raises TraceUnknown.
    """
    cleaned = [clean(event, screen) for event in events]
    data = zlib.compress(
        json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")).encode(), level=9
    )
    if _is_full(session_key, len(data)):
        return None
    address = get_storage().put(data)
    with transaction.atomic(durable=True):
        session = locked_session(session_key)
        chunk_act = EventInput(
            kind=Kind.RECORD,
            page=page,
            note=f"{len(events)} 个画面事件，{len(data)} 字节",
            digest_of_value=address,
        )
        (row,) = append(session, [chunk_act], at=at)
        chunk = RecordingChunk.objects.create(
            session=session,
            number=row.seq,
            sha256=address,
            sm3=sm3(data).hex(),
            size=len(data),
            page=page,
        )
        TraceSession.objects.filter(pk=session.pk).update(
            recorded_bytes=session.recorded_bytes + len(data)
        )
    return chunk


def clean(value: Any, screen: Screen, *, depth: int = 0) -> Any:
    """Return the value with texts masked, link tokens cut out and our own address removed."""
    if depth > _DEPTH_MAX:
        return None
    if isinstance(value, str):
        return _cleaned(value, screen)
    if isinstance(value, list):
        return [clean(one, screen, depth=depth + 1) for one in value]
    if isinstance(value, dict):
        return {key: clean(one, screen, depth=depth + 1) for key, one in value.items()}
    return value


def _cleaned(text: str, screen: Screen) -> str:
    text = text.replace(f"{screen.origin}/", "/") if screen.origin else text
    for own in screen.private:
        text = text.replace(own, mask_name(own))
    return _TOKEN.sub("-", mask_text(text))


def _is_full(session_key: str, more: int) -> bool:
    found = TraceSession.objects.filter(public_id=session_key).values_list("recorded_bytes")
    return (found[0][0] if found else 0) + more > SESSION_BYTES_MAX
