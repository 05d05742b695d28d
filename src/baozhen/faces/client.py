"""From which network address a request comes."""

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """Return the visitor's address; a proxy's word is taken only when the site says it has one."""
    trusted = int(getattr(settings, "BAOZHEN_TRUSTED_PROXIES", 0))
    if trusted:
        hops = request.headers.get("X-Forwarded-For", "").split(",")
        # Each trusted proxy appends one address: those before them are the visitor's own claim.
        place = len(hops) - trusted
        if place >= 0 and hops[place].strip():
            return hops[place].strip()
    return str(request.META.get("REMOTE_ADDR", ""))
