"""Which web origins may show a program's signing pages in a frame.

They are data of the program's key, kept in the console. `BAOZHEN_EMBED_ORIGINS` adds to them in
development: origins separated by commas, `client=origin` for one program only.
"""

from typing import Final
from urllib.parse import urlsplit

from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.programs import name_of_program

ORIGINS_MAX: Final = 20


def allowed_origins(actor: str) -> set[str]:
    """Return the origins that may frame signing pages of the tasks of this program."""
    name = name_of_program(actor)
    kept = ApiClient.objects.filter(name=name, active=True).values_list("embed_origins", flat=True)
    return {origin for origins in kept for origin in origins} | _configured(name)


def is_origin(text: str) -> bool:
    """Tell whether a text is an origin and nothing more: it goes into a header as it is."""
    try:
        parts = urlsplit(text)
        plain = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return False
    schemes = {"https"} if is_production() else {"https", "http"}
    fits = text.isascii() and text.isprintable() and not set(text) & set(" ;,'\"*")
    return fits and bool(parts.hostname) and parts.scheme in schemes and text == plain


def _configured(name: str) -> set[str]:
    if is_production():
        return set()
    entries = (entry.strip() for entry in configured("BAOZHEN_EMBED_ORIGINS").split(","))
    named = (entry.rpartition("=") for entry in entries if entry)
    return {origin for owner, _, origin in named if owner in {"", name}}
