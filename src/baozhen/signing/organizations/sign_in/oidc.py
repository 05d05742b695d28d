"""Ask an OpenID Connect provider who somebody is: code flow with PKCE, state and nonce.

OpenID Connect Core 1.0 §3.1 and Discovery 1.0; RFC 7636 (PKCE), RFC 9207 (issuer in the answer).
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt

from baozhen.foundation.transactions import refuse_inside_transaction
from baozhen.signing.organizations.errors import ProviderUnavailable, SignOnRefused

TIMEOUT_SECONDS = 10.0
LEEWAY_SECONDS = 60
# Asymmetric only: with a shared key anybody who knows the client's secret could sign a token.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who we are at one provider."""

    issuer: str
    client_id: str
    client_secret: str
    scopes: str
    redirect_uri: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What one attempt to sign in must find again in the answer; kept in the browser's session."""

    state: str
    nonce: str
    verifier: str

    def to_json(self) -> dict[str, str]:
        """Return plain JSON values."""
        return asdict(self)


def begin(client: Client) -> tuple[str, Attempt]:
    """Return the provider's address to go to, and what to remember; raises ProviderUnavailable."""
    facts = _discover(client.issuer)
    attempt = Attempt(
        state=secrets.token_urlsafe(24),
        nonce=secrets.token_urlsafe(24),
        verifier=secrets.token_urlsafe(48),
    )
    challenge = hashlib.sha256(attempt.verifier.encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "scope": client.scopes,
        "state": attempt.state,
        "nonce": attempt.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    separator = "&" if "?" in facts["authorization_endpoint"] else "?"
    return f"{facts['authorization_endpoint']}{separator}{urlencode(parameters)}", attempt


def finish(client: Client, attempt: Attempt, answer: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims of the person; raises SignOnRefused or ProviderUnavailable."""
    if not hmac.compare_digest(answer.get("state", "").encode(), attempt.state.encode()):
        raise SignOnRefused(reason="回应不属于这次登录，请重新开始")
    if answer.get("error"):
        raise SignOnRefused(reason="身份提供方没有同意")
    # RFC 9207 §2.4: an answer that names its issuer must name the one we asked.
    if answer.get("iss", client.issuer) != client.issuer:
        raise SignOnRefused(reason="回应来自另一个身份提供方")
    facts = _discover(client.issuer)
    tokens = _exchange(client, attempt, facts, answer.get("code", ""))
    claims = _verified(client, attempt, facts, str(tokens.get("id_token", "")))
    return _with_user_info(facts, tokens, claims)


def _discover(issuer: str) -> dict[str, Any]:
    """Read the provider's own description; it must be of the issuer that was asked (§4.3)."""
    facts = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if facts.get("issuer") != issuer:
        raise ProviderUnavailable(reason="发现文档的签发者不符")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not isinstance(facts.get(name), str):
            raise ProviderUnavailable(reason=f"发现文档缺少 {name}")
    return facts


def _exchange(
    client: Client, attempt: Attempt, facts: Mapping[str, Any], code: str
) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uri,
        "code_verifier": attempt.verifier,
    }
    basic = (client.client_id, client.client_secret) if client.client_secret else None
    if basic is None:
        form["client_id"] = client.client_id
    refuse_inside_transaction("an identity provider was asked")
    try:
        response = httpx.post(
            facts["token_endpoint"], data=form, auth=basic, timeout=TIMEOUT_SECONDS
        )
        tokens = response.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ProviderUnavailable(reason=type(error).__name__) from error
    if response.is_server_error:
        raise ProviderUnavailable(reason=f"HTTP {response.status_code}")
    if response.is_error or not isinstance(tokens, dict):
        raise SignOnRefused(reason="身份提供方没有接受授权码")
    return tokens


def _verified(
    client: Client, attempt: Attempt, facts: Mapping[str, Any], id_token: str
) -> dict[str, Any]:
    """Verify the ID token (Core §3.1.3.7): signature, issuer, audience, times, nonce."""
    keys = _fetch(facts["jwks_uri"])
    try:
        header = jwt.get_unverified_header(id_token)
        key = _key_of(keys, header)
        claims: dict[str, Any] = jwt.decode(
            id_token,
            key=key,
            algorithms=list(ALGORITHMS),
            audience=client.client_id,
            issuer=client.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iat", "iss", "aud", "sub", "nonce"]},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise SignOnRefused(reason="身份令牌无效") from error
    if not hmac.compare_digest(str(claims["nonce"]).encode(), attempt.nonce.encode()):
        raise SignOnRefused(reason="身份令牌不属于这次登录")
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != client.client_id:
        raise SignOnRefused(reason="身份令牌是发给另一个系统的")
    return claims


def _key_of(keys: Mapping[str, Any], header: Mapping[str, Any]) -> jwt.PyJWK:
    found = jwt.PyJWKSet.from_dict(dict(keys)).keys
    named = [key for key in found if header.get("kid") in (None, key.key_id)]
    if header.get("alg") not in ALGORITHMS or not named:
        raise jwt.InvalidTokenError("no key for this token")
    return named[0]


def _with_user_info(
    facts: Mapping[str, Any], tokens: Mapping[str, Any], claims: dict[str, Any]
) -> dict[str, Any]:
    """Add what only the userinfo endpoint tells; it must speak of the same person (§5.3.2)."""
    address, token = facts.get("userinfo_endpoint"), tokens.get("access_token")
    if not address or not token:
        return claims
    more = _fetch(str(address), token=str(token))
    if more.get("sub") != claims["sub"]:
        raise SignOnRefused(reason="用户信息属于另一个人")
    return {**more, **claims}


def _fetch(address: str, *, token: str = "") -> dict[str, Any]:
    refuse_inside_transaction("an identity provider was asked")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        response = httpx.get(address, headers=headers, timeout=TIMEOUT_SECONDS)
        response.raise_for_status()
        body = response.json()
    except (httpx.HTTPError, json.JSONDecodeError, ValueError) as error:
        raise ProviderUnavailable(reason=type(error).__name__) from error
    if not isinstance(body, dict):
        raise ProviderUnavailable(reason="回答不是对象")
    return body
