"""From which network address a request comes."""

from functools import lru_cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from baozhen.faces.fronting import HEADER, fronted_address, now_seconds
from baozhen.foundation.keys.configuration import configured

# What a path holds unescaped (RFC 3986 §3.3): the server gives the path only unescaped.
_PATH_SAFE: Final = "/:@!$&'()*+,;=~"


def raw_path(request: HttpRequest) -> str:
    """Return the path of a request as it stood on the wire."""
    return quote(request.path, safe=_PATH_SAFE)


def is_fronted(request: HttpRequest) -> bool:
    """Tell whether a front server of ours passed the request on from outside.

    A word that does not hold, or that nobody here can check, counts too: nobody inside sends one.
    """
    return HEADER in request.headers


def lets_partners_in() -> bool:
    """Tell whether companies outside may use their pages through a front server."""
    return configured("BAOZHEN_FRONT_PARTNERS") != "0"


def address_of(request: HttpRequest) -> str:
    """Return the visitor's address; a proxy's word is taken only when the site says it has one.

    A front server of ours signs its word with the key in BAOZHEN_FRONT_KEY_FILE.
    """
    word, key_file = request.headers.get(HEADER), configured("BAOZHEN_FRONT_KEY_FILE")
    if word and key_file:
        vouched = fronted_address(
            _key(key_file),
            word,
            method=request.method or "",
            target=_target(request),
            at=now_seconds(),
        )
        if vouched:
            return vouched
    trusted = int(getattr(settings, "BAOZHEN_TRUSTED_PROXIES", 0))
    if trusted:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        # Each trusted proxy appends one address: those before them are the visitor's own claim.
        place = len(hops) - trusted
        if place >= 0 and hops[place].strip():
            return hops[place].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _target(request: HttpRequest) -> str:
    query = request.META.get("QUERY_STRING", "")
    path = raw_path(request)
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=4)
def _key(path: str) -> bytes:
    return Path(path).read_bytes().strip()
