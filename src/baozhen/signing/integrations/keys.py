"""Keys that sign requests: register them, and check a request against them."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from django.db import transaction

from baozhen.client.signatures import (
    ED25519,
    HMAC_SHA256,
    SM2_SM3,
    Given,
    Message,
    SignatureMalformed,
    is_signed,
    require_coverage,
)
from baozhen.foundation.audit import services as audit
from baozhen.foundation.ids import new_id
from baozhen.foundation.requests.services import spend_nonce
from baozhen.signing.integrations.errors import (
    RequestKeyInvalid,
    SignatureInvalid,
    SignatureMissing,
)
from baozhen.signing.integrations.models import RequestKey
from baozhen.signing.organizations.models import ApiClient
from baozhen.trust.crypto.keys import Algorithm, algorithm_of
from baozhen.trust.errors import TrustError

SKEW = timedelta(minutes=5)
_SECRET_BYTES = 32
_PEM_BEGIN = "-----BEGIN"


@dataclass(frozen=True, kw_only=True)
class KeyRequest:
    """A key that shall sign a client's requests; `public_key` is PEM or base64, none for HMAC."""

    algorithm: str
    public_key: str = ""
    is_required: bool = False


@transaction.atomic(durable=True)
def register_key(
    client: ApiClient, request: KeyRequest, *, actor: str, at: datetime
) -> tuple[RequestKey, str]:
    """Return the key and, for HMAC, its secret as base64, which nobody will see again.

    Raises RequestKeyInvalid.
    """
    secret = ""
    if request.algorithm == HMAC_SHA256:
        secret = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        material = secret
    else:
        material = base64.b64encode(read_public_key(request.algorithm, request.public_key)).decode()
    key = RequestKey.objects.create(
        key_id=new_id("key", at=at),
        client=client,
        algorithm=request.algorithm,
        material={"key": material},
        is_required=request.is_required,
        created_at=at,
    )
    facts = {"client": client.name, "algorithm": key.algorithm, "required": key.is_required}
    audit.record("request_key.registered", subject_id=key.pk, actor=actor, at=at, facts=facts)
    return key, secret


@transaction.atomic(durable=True)
def switch_off_key(key_id: str, *, actor: str, at: datetime) -> None:
    """Take this key's signatures no more."""
    key = RequestKey.objects.select_for_update().filter(key_id=key_id, active=True).first()
    if key is not None:
        key.active = False
        key.save(update_fields=["active"])
        audit.record("request_key.switched_off", subject_id=key.pk, actor=actor, at=at)


def read_public_key(algorithm: str, text: str) -> bytes:
    """Return what verifies: 32 octets of Ed25519, or a SubjectPublicKeyInfo of SM2.

    Raises RequestKeyInvalid.
    """
    try:
        octets = _octets(text)
        if algorithm == ED25519:
            return _ed25519(octets)
        if algorithm == SM2_SM3 and algorithm_of(octets) is Algorithm.SM2_SM3:
            return octets
    except (ValueError, TrustError) as error:
        raise RequestKeyInvalid(path="public_key", reason="格式不正确") from error
    raise RequestKeyInvalid(path="algorithm", reason="算法与公钥不符")


def require_signature(
    client: ApiClient, given: Given | None, message: Message, *, has_body: bool, at: datetime
) -> None:
    """Check a request's signature if it has one, or must have one; each is taken once.

    Raises SignatureMissing, SignatureInvalid, NonceSpent.
    """
    keys = list(RequestKey.objects.filter(client=client, active=True))
    if given is None:
        if any(key.is_required for key in keys):
            raise SignatureMissing
        return
    key = next((key for key in keys if key.key_id == given.key_id), None)
    if key is None or key.algorithm != given.algorithm:
        raise SignatureInvalid(reason="密钥未登记")
    created = datetime.fromtimestamp(given.created, at.tzinfo)
    if abs(created - at) > SKEW:
        raise SignatureInvalid(reason="时间相差过大")
    try:
        require_coverage(given, has_body=has_body)
        fits = is_signed(given, message, base64.b64decode(key.material["key"]))
    except SignatureMalformed as error:
        raise SignatureInvalid(reason="没有覆盖应签的内容") from error
    if not fits:
        raise SignatureInvalid(reason="签名不符")
    spend_nonce(key.key_id, given.nonce, until=created + SKEW * 2)


def _octets(text: str) -> bytes:
    """Return DER from PEM or base64."""
    if not text.strip().startswith(_PEM_BEGIN):
        return base64.b64decode(text.strip(), validate=True)
    lines = [line for line in text.strip().splitlines() if not line.startswith("-----")]
    return base64.b64decode("".join(line.strip() for line in lines), validate=True)


def _ed25519(octets: bytes) -> bytes:
    if len(octets) == 32:  # noqa: PLR2004 -- RFC 8032 §5.1.5
        Ed25519PublicKey.from_public_bytes(octets)
        return octets
    key = load_der_public_key(octets)
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    raise ValueError("not Ed25519")
