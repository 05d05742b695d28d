"""Set the web origins that may show a program's signing pages."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.signing.organizations.errors import APIOriginInvalid, APIOriginsTooMany
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.origins import ORIGINS_MAX, is_origin


@transaction.atomic(durable=True)
def set_embed_origins(key: int, origins: Iterable[str], *, actor: str, at: datetime) -> None:
    """Replace the origins of a program; what is taken away ends at once, open pages included.

    Raises APIOriginInvalid, APIOriginsTooMany.
    """
    wanted = sorted({origin.strip().rstrip("/").lower() for origin in origins if origin.strip()})
    for origin in wanted:
        if not is_origin(origin):
            raise APIOriginInvalid(path="origins", origin=origin[:100])
    if len(wanted) > ORIGINS_MAX:
        raise APIOriginsTooMany(path="origins", count=ORIGINS_MAX)
    client = ApiClient.objects.select_for_update().get(pk=key)
    before = client.embed_origins
    if wanted == before:
        return
    client.embed_origins = wanted
    client.save(update_fields=["embed_origins"])
    facts = {
        "added": sorted(set(wanted) - set(before)),
        "removed": sorted(set(before) - set(wanted)),
    }
    audit.record("api_client.origins_set", subject_id=key, actor=actor, at=at, facts=facts)
