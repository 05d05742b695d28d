"""Links over which files cross to other systems: declared as data, checked before use.

S0-7.1.3.2: over the public network a file travels under a state-approved algorithm, that is TLS
(TLCP, GB/T 38636, where a proxy provides it) or an SM4 envelope; inside a VPN or a LAN it may
travel in clear text when that is safe enough, and the reason is on record.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from baozhen.foundation.errors import Refusal
from baozhen.foundation.keys.configuration import configured
from baozhen.foundation.keys.keyring import DataKeyring

_DATA = Path(__file__).with_name("data") / "links.json"
_AAD = b"baozhen.link:"
_TLS_SCHEMES = frozenset({"https", "smtps", "smtp+starttls"})


class Reach(StrEnum):
    """Who else can listen on the wire."""

    PUBLIC = "public"
    VPN = "vpn"
    LAN = "lan"


class Protection(StrEnum):
    """What keeps a file secret on the way."""

    TLS = "tls"
    TLCP = "tlcp"
    SM4_ENVELOPE = "sm4-envelope"
    CLEAR = "clear"


class LinkRefusal(Refusal):
    """A link may not be used."""


class LinkUndeclared(LinkRefusal):
    """Nobody has declared the link."""

    code = "link_undeclared"
    message = "传输链路 {link} 未声明"


class LinkUnprotected(LinkRefusal):
    """A public link in clear text."""

    code = "link_unprotected"
    message = "传输链路 {link} 经过公网，必须使用 TLS、TLCP 或 SM4 信封"


class LinkReasonMissing(LinkRefusal):
    """Clear text that nobody has justified."""

    code = "link_reason_missing"
    message = "传输链路 {link} 使用明文，必须登记理由"


class LinkAddressUnprotected(LinkRefusal):
    """The address in use does not keep what the declaration promises."""

    code = "link_address_unprotected"
    message = "传输链路 {link} 声明使用 TLS，但地址以 {scheme}:// 开头"


@dataclass(frozen=True, kw_only=True)
class Link:
    """One declared link; `reason` says why clear text is safe enough here."""

    name: str
    reach: Reach
    protection: Protection
    reason: str = ""


def check_link(link: Link, *, address: str | None = None) -> None:
    """Raise a LinkRefusal unless files may cross this link (to this address)."""
    if link.protection is Protection.CLEAR:
        if link.reach is Reach.PUBLIC:
            raise LinkUnprotected(link=link.name)  # S0-7.1.3.2a
        if not link.reason.strip():
            raise LinkReasonMissing(link=link.name)  # S0-7.1.3.2b
    if address is not None and link.protection is Protection.TLS:
        scheme = urlsplit(address).scheme
        if scheme not in _TLS_SCHEMES:
            raise LinkAddressUnprotected(link=link.name, scheme=scheme)


def require_link(name: str, *, address: str | None = None) -> Link:
    """Return the declared link after checking it; raises a LinkRefusal."""
    links = declared_links(configured("BAOZHEN_LINKS") or str(_DATA))
    if name not in links:
        raise LinkUndeclared(link=name)
    check_link(links[name], address=address)
    return links[name]


@cache
def declared_links(path: str) -> dict[str, Link]:
    """Return the links that a JSON file declares, by name."""
    entries = json.loads(Path(path).read_text(encoding="utf-8"))
    return {
        entry["name"]: Link(
            name=entry["name"],
            reach=Reach(entry["reach"]),
            protection=Protection(entry["protection"]),
            reason=entry.get("reason", ""),
        )
        for entry in entries
    }


def seal_for_link(data: bytes, *, link: Link, ring: DataKeyring) -> bytes:
    """Return the file as it crosses the link: in an SM4 envelope where the link declares one.

    `ring` holds the key that both ends share for this link, not the platform's own data keys.
    """
    check_link(link)
    if link.protection is not Protection.SM4_ENVELOPE:
        return data
    return ring.seal(data, aad=_AAD + link.name.encode())


def open_from_link(data: bytes, *, link: Link, ring: DataKeyring) -> bytes:
    """Return the file that came over the link; raises the envelope's errors."""
    check_link(link)
    if link.protection is not Protection.SM4_ENVELOPE:
        return data
    return ring.open_sealed(data, aad=_AAD + link.name.encode())
