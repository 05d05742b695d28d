"""OAuth 2.0 client credentials (RFC 6749 §4.4): a key for a token of fifteen minutes."""

import base64
import binascii

from django.http import HttpRequest, HttpResponse
from ninja import Router

from baozhen.faces.api.auth import TOKEN_SECONDS, make_token
from baozhen.faces.api.bodies import require_type
from baozhen.faces.api.documents import PROBLEMS
from baozhen.faces.api.schemas import Token
from baozhen.faces.client import address_of
from baozhen.faces.errors import MalformedRequest, NotSignedIn
from baozhen.faces.limits import SIGN_INS, spend
from baozhen.foundation.clock import now
from baozhen.signing.organizations.errors import APIKeyRefused
from baozhen.signing.organizations.services import authenticate_api_key

router = Router(tags=["访问令牌"])
FORM_TYPE = "application/x-www-form-urlencoded"
_FORM = {
    "required": True,
    "content": {
        FORM_TYPE: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["client_credentials"]},
                    "client_id": {"type": "string", "description": "接口客户端名称"},
                    "client_secret": {"type": "string", "description": "接口密钥"},
                },
            }
        }
    },
}


@router.post(
    "/oauth/token",
    response={200: Token, **PROBLEMS},
    auth=None,
    summary="用接口密钥换取访问令牌",
    openapi_extra={"requestBody": _FORM},
)
def issue_token(request: HttpRequest, response: HttpResponse) -> dict[str, object]:
    """Return a token for the client's key, sent in the form or by HTTP Basic."""
    require_type(request, FORM_TYPE)
    spend(SIGN_INS, address_of(request))
    if request.POST.get("grant_type") != "client_credentials":
        raise MalformedRequest(reason="grant_type 应为 client_credentials")
    name, key = _credentials(request)
    client = authenticate_api_key(key, at=now(), address=address_of(request))
    if client.name != name:
        raise APIKeyRefused
    response.headers["Cache-Control"] = "no-store"  # RFC 6749 §5.1
    return {
        "access_token": make_token(client),
        "token_type": "Bearer",
        "expires_in": TOKEN_SECONDS,
        "scope": " ".join(client.scopes),
    }


def _credentials(request: HttpRequest) -> tuple[str, str]:
    """Return the client's name and key; raises NotSignedIn when they are not there."""
    scheme, _, rest = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, key = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as exc:
            raise NotSignedIn from exc
    else:
        name = request.POST.get("client_id", "")
        key = request.POST.get("client_secret", "")
    if not name or not key:
        raise NotSignedIn
    return name, key
