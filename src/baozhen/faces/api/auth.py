"""Who calls: an API key or a fifteen-minute token made from one, and what it may do."""

from django.core import signing
from django.http import HttpRequest
from ninja.security import HttpBearer

from baozhen.faces.api.signed import check_signature
from baozhen.faces.client import address_of
from baozhen.faces.errors import NotSignedIn
from baozhen.faces.limits import Limit, spend
from baozhen.foundation.clock import now
from baozhen.signing.organizations.errors import APIKeyRefused
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.programs import program_name
from baozhen.signing.organizations.services import (
    Scope,
    authenticate_api_key,
    require_scope,
)

TOKEN_SECONDS = 900
TOKEN_PREFIX = "bzt_"  # noqa: S105 -- tells a token from a key, no secret
_SALT = "baozhen.api.token"


class Bearer(HttpBearer):
    """`Authorization: Bearer <key or token>`; then scope, signature and the lane's limit."""

    def __init__(self, scope: Scope | None, limit: Limit) -> None:
        super().__init__()
        self.scope = scope
        self.limit = limit

    def authenticate(self, request: HttpRequest, token: str) -> ApiClient:
        """Return the calling client, or raise a refusal."""
        client = client_of(request, token)
        if self.scope is not None:
            require_scope(client, self.scope)
        check_signature(request, client)
        request.allowance = spend(self.limit, f"client:{client.pk}")  # type: ignore[attr-defined]
        return client


def client_of(request: HttpRequest, secret: str) -> ApiClient:
    """Return the client of a key or a token; raises NotSignedIn or a refusal of the key."""
    if secret.startswith(TOKEN_PREFIX):
        return _client_of_token(secret.removeprefix(TOKEN_PREFIX))
    return authenticate_api_key(secret, at=now(), address=address_of(request))


def make_token(client: ApiClient) -> str:
    """Return a token that stands for the client for fifteen minutes."""
    return TOKEN_PREFIX + signing.dumps({"client": client.pk}, salt=_SALT)


def _client_of_token(token: str) -> ApiClient:
    try:
        given = signing.loads(token, salt=_SALT, max_age=TOKEN_SECONDS)
    except signing.BadSignature as exc:
        raise NotSignedIn from exc
    client = ApiClient.objects.filter(pk=given["client"], active=True, expires_at__gt=now()).first()
    if client is None:
        raise APIKeyRefused
    return client


def actor_of(client: ApiClient) -> str:
    """Return the name under which what this client does is recorded."""
    return program_name(client)
