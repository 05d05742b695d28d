"""Links for a page inside another system's page: opened once, and only in that page.

Which pages may frame them is data of the program whose task it is, see `organizations.origins`. An
origin that is taken away there ends its links and its open pages.
"""

from datetime import datetime, timedelta

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.signing.envelopes.errors import EmbedOriginRefused, LinkInvalid
from baozhen.signing.envelopes.models import EmbedLink, Signatory
from baozhen.signing.envelopes.services.links import VERIFIED_FOR, hash_of, new_token
from baozhen.signing.organizations.origins import allowed_origins, is_origin

OPEN_WITHIN = timedelta(minutes=10)


@transaction.atomic
def issue_embed_link(signatory: Signatory, origin: str, *, actor: str, at: datetime) -> str:
    """Return a token that opens once, framed by this origin alone; raises EmbedOriginRefused."""
    if not is_origin(origin) or origin not in allowed_origins(signatory.envelope.client):
        raise EmbedOriginRefused(path="origin", origin=origin[:100])
    token = new_token()
    EmbedLink.objects.create(
        signatory=signatory,
        host=origin,
        link_hash=hash_of(token),
        made_at=at,
        expires_at=at + OPEN_WITHIN,
    )
    audit.record(
        "signatory.embedded",
        subject_id=signatory.pk,
        actor=actor,
        at=at,
        facts={"origin": origin},
    )
    return token


def embed_link_of(token: str, *, at: datetime) -> EmbedLink:
    """Return a link that was not opened yet, or raise LinkInvalid."""
    found = (
        EmbedLink.objects.select_related("signatory__envelope__unit", "signatory__subject")
        .filter(link_hash=hash_of(token), visit_hash__isnull=True, expires_at__gt=at)
        .first()
    )
    if found is None or found.host not in allowed_origins(found.signatory.envelope.client):
        raise LinkInvalid
    return found


@transaction.atomic
def enter(link: EmbedLink, *, at: datetime) -> str:
    """Open the link, once, and return the token of the visit; raises LinkInvalid."""
    token = new_token()
    opened = EmbedLink.objects.filter(pk=link.pk, visit_hash__isnull=True).update(
        visit_hash=hash_of(token), expires_at=at + VERIFIED_FOR
    )
    if opened != 1:
        raise LinkInvalid
    audit.record(
        "signatory.embed_opened",
        subject_id=link.signatory_id,
        actor=f"signatory:{link.signatory.public_id}",
        at=at,
        facts={"origin": link.host},
    )
    return token
