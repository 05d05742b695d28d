"""Download links for other systems: they expire, are counted, and may be bound to networks."""

import hashlib
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.storage import get_storage
from baozhen.signing.files.errors import LinkMalformed, LinkRefused
from baozhen.signing.files.models import DownloadLink, FileCopy, FileEntry
from baozhen.signing.files.services.copies import CopyOrder, MadeCopy, enter_copy
from baozhen.signing.files.states import CopyKind

HOURS_MAX: Final = 24 * 30
USES_MAX: Final = 1_000
_NETWORKS_MAX: Final = 20


@dataclass(frozen=True, kw_only=True)
class LinkOrder:
    """For whom, how long, how often (None: as often as one likes) and from which networks."""

    recipient: str
    hours: int = 24
    uses_max: int | None = 1
    networks: tuple[str, ...] = ()


@transaction.atomic(durable=True)
def make_link(
    entry: FileEntry, order: LinkOrder, *, actor: str, at: datetime
) -> tuple[DownloadLink, str]:
    """Return the link's record and its secret, which is shown this once. Raises LinkMalformed."""
    _check(order)
    token = secrets.token_urlsafe(32)
    link = DownloadLink.objects.create(
        entry=entry,
        token_hash=_hash(token),
        recipient=order.recipient,
        networks=list(_networks(order.networks)),
        uses_max=order.uses_max,
        made_by=actor,
        made_at=at,
        expires_at=at + timedelta(hours=order.hours),
    )
    facts = {"link": link.pk, "hours": order.hours, "uses_max": order.uses_max}
    audit.record("file_entry.linked", subject_id=entry.pk, actor=actor, at=at, facts=facts)
    return link, token


@transaction.atomic(durable=True)
def end_link(key: int, *, actor: str, at: datetime) -> None:
    """End a link before its time; one that is over stays over."""
    link = DownloadLink.objects.select_for_update().get(pk=key)
    if link.ended_at is None:
        DownloadLink.objects.filter(pk=key).update(ended_at=at)
        facts = {"link": key}
        audit.record(
            "file_entry.link_ended", subject_id=link.entry_id, actor=actor, at=at, facts=facts
        )


def take_by_link(token: str, *, address: str | None, at: datetime) -> MadeCopy:
    """Hand out the file of a link and count it; raises LinkRefused, which says no more."""
    copy = _count(token, address=address, at=at)
    data = get_storage().get(copy.entry.sha256)
    FileCopy.objects.filter(pk=copy.pk).update(sha256=copy.entry.sha256)
    return MadeCopy(copy, data)


@transaction.atomic(durable=True)
def _count(token: str, *, address: str | None, at: datetime) -> FileCopy:
    # The lock makes a one-time link a one-time link: of two at once, the second sees it used.
    links = DownloadLink.objects.select_for_update(of=("self",)).select_related("entry")
    link = links.filter(token_hash=_hash(token), ended_at=None, expires_at__gt=at).first()
    if link is None or not link.entry.is_living or not _is_from(link.networks, address):
        raise LinkRefused
    if link.uses_max is not None and link.uses >= link.uses_max:
        raise LinkRefused
    DownloadLink.objects.filter(pk=link.pk).update(uses=link.uses + 1)
    order = CopyOrder(recipient=link.recipient, address=address)
    copy = enter_copy(link.entry, CopyKind.LINK, order, actor=f"link:{link.pk}", at=at)
    FileCopy.objects.filter(pk=copy.pk).update(link=link)
    return copy


def _check(order: LinkOrder) -> None:
    if not order.recipient.strip():
        raise LinkMalformed(path="recipient", problem="请填写接收方")
    if not 1 <= order.hours <= HOURS_MAX:
        raise LinkMalformed(path="hours", problem=f"有效期为 1 至 {HOURS_MAX} 小时")
    if order.uses_max is not None and not 1 <= order.uses_max <= USES_MAX:
        raise LinkMalformed(path="uses_max", problem=f"次数为 1 至 {USES_MAX}")
    if len(order.networks) > _NETWORKS_MAX:
        raise LinkMalformed(path="networks", problem=f"网段最多 {_NETWORKS_MAX} 个")


def _networks(given: Iterable[str]) -> Iterable[str]:
    for text in given:
        try:
            yield str(ipaddress.ip_network(text.strip()))
        except ValueError as error:
            raise LinkMalformed(path="networks", problem=f"{text} 不是网段") from error


def _is_from(networks: Iterable[str], address: str | None) -> bool:
    wanted = [ipaddress.ip_network(text) for text in networks]
    if not wanted:
        return True
    if address is None:
        return False
    place = ipaddress.ip_address(address)
    return any(place in network for network in wanted if network.version == place.version)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
