"""Show a page again as it was: filled, without scripts, its files from the archived version."""

import json
import re
import zlib
from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings

from baozhen.foundation.errors import Outage
from baozhen.foundation.storage import ObjectMissing, get_storage
from baozhen.foundation.traces.models import PageVersion, RecordingChunk, TraceEvent
from baozhen.foundation.traces.pages import fill
from baozhen.trust.crypto.digests import sha256

# Scripts are kept as files of the version and never run again.
_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script\s*>|<script\b[^>]*/>", re.DOTALL | re.IGNORECASE)
_HANDLER = re.compile(r"""\son[a-z]+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.IGNORECASE)
_LEAVES = re.compile(r"<meta\b[^>]*http-equiv[^>]*>|<base\b[^>]*>", re.IGNORECASE)
_ACTION = re.compile(r"""\s(?:action|formaction|href)="(?!#|[^"]*/static/)[^"]*"(?=[^<]*>)""")
_SOURCE = re.compile(r"""\s(?:src|srcset|poster)="(?!data:|[^"]*/static/)[^"]*"(?=[^<]*>)""")
_FETCHING: Final = frozenset({"src", "srcset", "poster", "href", "action", "rr_src"})
TEXT_TYPES: Final = ("text/css", "text/javascript", "image/svg+xml")


class PageDamaged(Outage):
    """What is archived of a page is not what its visitor was shown."""

    code = "trace_page_damaged"
    message = "第 {seq} 条操作所见的页面与存档不符"


def served_page(event: TraceEvent) -> str:
    """Return the page exactly as it was served, secrets left out; raises PageDamaged.

    The digest that stands in the chain decides.
    """
    if event.page is None or event.slots is None:
        raise PageDamaged(seq=event.seq)
    try:
        skeleton = get_storage().get(event.page.html_sha256).decode()
        page = fill(skeleton, event.slots)
    except (ObjectMissing, ValueError) as error:
        raise PageDamaged(seq=event.seq) from error
    if sha256(page.encode()).hex() != event.shown:
        raise PageDamaged(seq=event.seq)
    return page


def shown_page(event: TraceEvent, *, files_at: str) -> str:
    """Return the page to look at: nothing runs, nothing leads away, files come from `files_at`."""
    return quiet(served_page(event), files_at=files_at)


def quiet(page: str, *, files_at: str) -> str:
    """Take scripts, addresses and forms' targets out of a page and place its files elsewhere."""
    page = _SCRIPT.sub("", page)
    page = _HANDLER.sub("", page)
    page = _LEAVES.sub("", page)
    page = page.replace('class="no-js', 'class="js').replace("<noscript", "<template")
    page = page.replace("</noscript", "</template")
    page = _SOURCE.sub("", _keep_styles(page))
    return page.replace(f'="{settings.STATIC_URL}', f'="{files_at}')


def _keep_styles(page: str) -> str:
    """Blank the addresses of links and forms, but not those of style sheets and icons."""
    return re.sub(r"<(?:a|form|button|area)\b[^>]*>", lambda found: _ACTION.sub("", found[0]), page)


def version_file(version: PageVersion, path: str, *, files_at: str) -> tuple[bytes, str] | None:
    """Return a file of a version and its media type; the addresses in a style are placed too."""
    for name, media_type, _size, address, _sm3 in version.bundle:
        if name == path:
            data = get_storage().get(address)
            if media_type in TEXT_TYPES:
                data = data.replace(
                    f"({settings.STATIC_URL}".encode(), f"({files_at}".encode()
                ).replace(f'("{settings.STATIC_URL}'.encode(), f'("{files_at}'.encode())
            return data, str(media_type)
    return None


def pictures_of(chunks: Iterable[RecordingChunk], *, files_at: dict[int, str]) -> list[Any]:
    """Return the recorder's events of a session; `files_at` by the key of the page version."""
    events: list[Any] = []
    for chunk in chunks:
        events += [placed(event, files_at[chunk.page_id]) for event in read_pictures(chunk)]
    return sorted(events, key=lambda event: event.get("timestamp", 0))


def read_pictures(chunk: RecordingChunk) -> list[Any]:
    """Return the recorder's events of one piece; the store hashes it again."""
    data = get_storage().get(chunk.sha256)
    if sha256(data).hex() != chunk.sha256:
        raise RuntimeError("the store gave other bytes")
    return list(json.loads(zlib.decompress(data)))


def placed(value: Any, files_at: str) -> Any:
    """Return a recorder's event whose files come from `files_at`."""
    root = str(settings.STATIC_URL)
    if isinstance(value, str):
        return files_at + value[len(root) :] if value.startswith(root) else value
    if isinstance(value, list):
        return [placed(one, files_at) for one in value]
    if isinstance(value, dict):
        return {
            key: "" if _leads_out(key, one) else placed(one, files_at) for key, one in value.items()
        }
    return value


def _leads_out(name: str, value: Any) -> bool:
    """Tell whether an attribute would fetch what is not archived: a captcha, a live page."""
    if name not in _FETCHING or not isinstance(value, str):
        return False
    return not value.startswith((str(settings.STATIC_URL), "data:", "#"))
