"""Let programs in and shut them out."""

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from django.db import transaction
from django.db.models import Q

from baozhen.foundation.audit import services as audit
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.signing.organizations.errors import (
    APIClientUnknown,
    APIKeyRefused,
    APINetworkInvalid,
    APINetworkRefused,
    APIScopeLeftOut,
    APIScopeMissing,
    APIScopeUnknown,
)
from baozhen.signing.organizations.extent import open_scopes
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.scopes import Scope

VALID_FOR_DEFAULT = timedelta(days=365)
OVERLAP_DEFAULT = timedelta(hours=24)
_PREFIX = "bz_"
_PREFIX_CHARACTERS = 12
_KEY_FIELDS = (
    "key_prefix",
    "key_hash",
    "expires_at",
    "former_prefix",
    "former_hash",
    "former_until",
)


@dataclass(frozen=True, kw_only=True)
class ClientRequest:
    """The program that shall be let in: its name, what it may do, and from where."""

    name: str
    scopes: Iterable[str]
    networks: Iterable[str] = ()
    valid_for: timedelta = VALID_FOR_DEFAULT


@transaction.atomic(durable=True)
def create_api_client(request: ClientRequest, *, actor: str, at: datetime) -> tuple[ApiClient, str]:
    """Return the new client and its key, which nobody will ever see again.

    Raises APIScopeUnknown, APIScopeLeftOut, APINetworkInvalid.
    """
    scopes = _checked_scopes(request.scopes)
    key = _new_key()
    client = ApiClient.objects.create(
        name=request.name,
        key_prefix=key[:_PREFIX_CHARACTERS],
        key_hash=_hash_key(key),
        scopes=scopes,
        networks=[_checked_network(network) for network in request.networks],
        created_at=at,
        expires_at=at + request.valid_for,
    )
    audit.record(
        "api_client.created",
        subject_id=client.pk,
        actor=actor,
        at=at,
        facts={"scopes": scopes, "expires_at": client.expires_at.isoformat()},
    )
    return client, key


@transaction.atomic(durable=True)
def renew_api_key(
    key: int,
    *,
    valid_for: timedelta = VALID_FOR_DEFAULT,
    overlap: timedelta = OVERLAP_DEFAULT,
    actor: str,
    at: datetime,
) -> tuple[ApiClient, str]:
    """Return the client and a new key for it; what it owns stays its own.

    The present key is good until the overlap ends, never longer than it would have been.
    Raises APIClientUnknown for one that was switched off.
    """
    client = _locked(key)
    fresh = _new_key()
    client.former_prefix, client.former_hash = client.key_prefix, client.key_hash
    client.former_until = min(at + overlap, client.expires_at)
    client.key_prefix, client.key_hash = fresh[:_PREFIX_CHARACTERS], _hash_key(fresh)
    client.expires_at = at + valid_for
    client.save(update_fields=_KEY_FIELDS)
    audit.record(
        "api_client.key_renewed",
        subject_id=client.pk,
        actor=actor,
        at=at,
        facts={
            "expires_at": client.expires_at.isoformat(),
            "former_until": client.former_until.isoformat(),
        },
    )
    return client, fresh


@transaction.atomic(durable=True)
def change_api_client(
    key: int, *, scopes: Iterable[str], networks: Iterable[str], actor: str, at: datetime
) -> ApiClient:
    """Change what a program may do and from where, from now on.

    Raises APIClientUnknown, APIScopeUnknown, APIScopeLeftOut, APINetworkInvalid.
    """
    client = _locked(key)
    client.scopes = _checked_scopes(scopes)
    client.networks = [_checked_network(network) for network in networks]
    client.save(update_fields=["scopes", "networks"])
    audit.record(
        "api_client.changed",
        subject_id=client.pk,
        actor=actor,
        at=at,
        facts={"scopes": client.scopes, "networks": client.networks},
    )
    return client


@transaction.atomic(durable=True)
def switch_off_api_client(key: int, *, actor: str, at: datetime) -> None:
    """Shut the program out from now on."""
    if ApiClient.objects.filter(pk=key, active=True).update(active=False):
        audit.record("api_client.switched_off", subject_id=key, actor=actor, at=at)


def authenticate_api_key(key: str, *, at: datetime, address: str | None = None) -> ApiClient:
    """Return the client of the key, or raise APIKeyRefused or APINetworkRefused.

    An unknown key costs as much time as a known one: a hash is compared either way.
    """
    prefix = key[:_PREFIX_CHARACTERS]
    client = ApiClient.objects.filter(Q(key_prefix=prefix) | Q(former_prefix=prefix)).first()
    expected, until = _known_key(client, prefix)
    matches = hmac.compare_digest(_hash_key(key), expected)
    if client is None or not matches or not client.active or until is None or until <= at:
        raise APIKeyRefused
    if client.networks and not _is_inside(address, client.networks):
        raise APINetworkRefused
    return client


def require_scope(client: ApiClient, scope: Scope) -> None:
    """Raise APIScopeMissing unless the client was given the scope."""
    if scope not in client.scopes:
        raise APIScopeMissing(scope=scope)


def _known_key(client: ApiClient | None, prefix: str) -> tuple[str, datetime | None]:
    """Return the hash of the key that begins so, and until when it is good."""
    if client is None:
        return "0" * 64, None
    if client.key_prefix == prefix:
        return client.key_hash, client.expires_at
    return client.former_hash, client.former_until


def _locked(key: int) -> ApiClient:
    client = ApiClient.objects.select_for_update().filter(pk=key, active=True).first()
    if client is None:
        raise APIClientUnknown
    return client


def _new_key() -> str:
    return _PREFIX + secrets.token_urlsafe(32)


def _checked_scopes(scopes: Iterable[str]) -> list[str]:
    wanted = sorted(set(scopes))
    for scope in wanted:
        if scope not in tuple(Scope):
            raise APIScopeUnknown(path="scopes", scope=scope)
        if scope not in open_scopes():
            raise APIScopeLeftOut(path="scopes", scope=scope)
    return wanted


def _hash_key(key: str) -> str:
    return get_keyring().blind_index(key, "api_key")


def _checked_network(network: str) -> str:
    try:
        return str(ip_network(network))
    except ValueError:
        raise APINetworkInvalid(path="networks", network=network) from None


def _is_inside(address: str | None, networks: Iterable[str]) -> bool:
    if address is None:
        return False
    try:
        host = ip_address(address)
    except ValueError:
        return False
    return any(host in ip_network(network) for network in networks)
