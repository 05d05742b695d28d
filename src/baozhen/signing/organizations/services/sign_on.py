"""Sign people in by somebody else's word: an OpenID Connect provider, or a trusted proxy."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from baozhen.foundation.audit import services as audit
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.signing.organizations.errors import SignOnRefused
from baozhen.signing.organizations.models import Account, HeaderRule, IdentityProvider
from baozhen.signing.organizations.services.accounts import email_index
from baozhen.signing.organizations.sign_in.oidc import Client
from baozhen.signing.organizations.states import AccountState

_SECRET_CHARACTERS_MIN = 24


@dataclass(frozen=True, kw_only=True)
class SignedOn:
    """Whose sign-in it is, and whether the other side asked for a second factor."""

    user: User
    is_strong: bool


def client_of(provider: IdentityProvider, redirect_uri: str) -> Client:
    """Return who we are at this provider."""
    return Client(
        issuer=provider.issuer,
        client_id=provider.client_id,
        client_secret=provider.client_secret or "",
        scopes=provider.scopes,
        redirect_uri=redirect_uri,
    )


def match_claims(provider: IdentityProvider, claims: Mapping[str, Any]) -> SignedOn:
    """Find the account by the provider's rule; raises SignOnRefused.

    An e-mail address counts only when the provider says that it was verified: otherwise anybody
    could write a colleague's address into his own profile there.
    """
    value = str(claims.get(provider.claim) or "").strip()
    is_address = provider.claim == "email" or provider.match == "email"
    if is_address and claims.get("email_verified") is not True:
        raise SignOnRefused(reason="身份提供方没有验证过邮箱")
    user = _find(provider.match, value)
    given = {str(claims.get("acr") or ""), *map(str, claims.get("amr") or ())}
    return SignedOn(user=user, is_strong=bool(given & set(provider.strong_values)))


def _find(match: str, value: str) -> User:
    """Return the one active account that the value names."""
    if not value:
        raise SignOnRefused(reason="没有取得账号标识")
    lookup = {
        "staff_no": {"staff_no": value},
        "external_id": {"external_id": value},
        "username": {"user__username": value},
        "email": {"email_index": email_index(value)},
    }[match]
    found = Account.objects.select_related("user").filter(state=AccountState.ACTIVE, **lookup)
    if found.count() != 1:
        raise SignOnRefused(reason="没有与之对应的账号，请联系系统管理员")
    return found[0].user


def match_header(rule: HeaderRule, headers: Mapping[str, str], *, peer: str) -> SignedOn:
    """Find the account by what a trusted proxy says; raises SignOnRefused.

    `peer` is the address that is connected to us, never one that a header claims. Both it and the
    proxy's secret must be right: an address alone could be another program on the same machine.
    """
    if not _is_inside(peer, rule.networks):
        raise SignOnRefused(reason="请求不是来自可信代理")
    given = secret_hash(headers.get(rule.secret_header, ""))
    if not hmac.compare_digest(given, rule.secret_hash):
        raise SignOnRefused(reason="代理没有出示正确的验证值")
    return SignedOn(user=_find(rule.match, headers.get(rule.header, "").strip()), is_strong=False)


def _is_inside(peer: str, networks: list[str]) -> bool:
    try:
        address = ip_address(peer)
    except ValueError:
        return False
    return any(address in ip_network(network) for network in networks)


def secret_hash(secret: str) -> str:
    """Return what is kept of a proxy's secret."""
    return get_keyring().blind_index(secret, "proxy_secret")


@transaction.atomic(durable=True)
def save_provider(provider: IdentityProvider, *, actor: str, at: datetime) -> IdentityProvider:
    """Keep a provider; raises SignOnRefused."""
    if not provider.issuer.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise SignOnRefused(path="issuer", reason="签发者须使用 HTTPS")
    provider.save()
    audit.record(
        "identity_provider.saved",
        subject_id=provider.pk,
        actor=actor,
        at=at,
        facts={"issuer": provider.issuer, "match": provider.match, "active": provider.active},
    )
    return provider


@transaction.atomic(durable=True)
def save_header_rule(rule: HeaderRule, *, secret: str, actor: str, at: datetime) -> HeaderRule:
    """Keep a rule; a new secret replaces the old one. Raises SignOnRefused."""
    try:
        rule.networks = [str(ip_network(network)) for network in rule.networks]
    except ValueError as error:
        raise SignOnRefused(path="networks", reason="网段有误") from error
    if not rule.networks or any(ip_network(network).prefixlen == 0 for network in rule.networks):
        raise SignOnRefused(path="networks", reason="请写明可信代理的网段，不能是所有地址")
    if secret:
        if len(secret) < _SECRET_CHARACTERS_MIN:
            reason = f"验证值至少 {_SECRET_CHARACTERS_MIN} 个字符"
            raise SignOnRefused(path="secret", reason=reason)
        rule.secret_hash = secret_hash(secret)
    if not rule.secret_hash:
        raise SignOnRefused(path="secret", reason="请填写验证值")
    rule.save()
    audit.record(
        "header_rule.saved",
        subject_id=rule.pk,
        actor=actor,
        at=at,
        facts={"header": rule.header, "networks": rule.networks, "active": rule.active},
    )
    return rule
