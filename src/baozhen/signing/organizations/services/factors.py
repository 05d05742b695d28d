"""Second factors: one-time codes, passkeys, recovery codes."""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
)

from baozhen.foundation.audit import services as audit
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.signing.organizations.errors import SecondFactorRefused
from baozhen.signing.organizations.models import Account, Passkey, RecoveryCode, TOTPSecret
from baozhen.signing.organizations.queries import sign_in_policy
from baozhen.signing.organizations.sign_in import totp

_SECRET_BYTES = 20
_RECOVERY_CODES = 10
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_RECOVERY_CHARACTERS = 12
PASSKEYS_MAX = 10


def has_second_factor(user: User) -> bool:
    """Tell whether the person can be asked for one."""
    return (
        TOTPSecret.objects.filter(user=user, confirmed_at__isnull=False).exists()
        or Passkey.objects.filter(user=user).exists()
    )


def needs_second_factor(user: User) -> bool:
    """Tell whether the rules want one of this person."""
    policy = sign_in_policy()
    if policy.everybody_needs_second_factor:
        return True
    is_officer = Account.objects.filter(user=user, officer__isnull=False).exists()
    return policy.officers_need_second_factor and is_officer


@transaction.atomic(durable=True)
def begin_totp(user: User, *, at: datetime) -> tuple[str, str]:
    """Make a secret that counts once confirmed; return its text and what its QR code says."""
    if TOTPSecret.objects.filter(user=user, confirmed_at__isnull=False).exists():
        raise SecondFactorRefused
    secret = secrets.token_bytes(_SECRET_BYTES)
    TOTPSecret.objects.update_or_create(
        user=user, defaults={"secret": secret.hex(), "created_at": at, "last_step": 0}
    )
    text = base64.b32encode(secret).decode()
    return text, totp.provisioning_uri(secret, account=user.get_username(), issuer="Baozhen")


@transaction.atomic(durable=True)
def confirm_totp(user: User, code: str, *, at: datetime) -> None:
    """Let the secret count from now on: the person's telephone shows the right code."""
    row = TOTPSecret.objects.select_for_update().filter(user=user, confirmed_at=None).first()
    _spend_code(row, code, at)
    TOTPSecret.objects.filter(user=user).update(confirmed_at=at)
    _record("totp_added", user, at)


@transaction.atomic(durable=True)
def check_totp(user: User, code: str, *, at: datetime) -> None:
    """Accept the code once; raises SecondFactorRefused."""
    row = (
        TOTPSecret.objects.select_for_update().filter(user=user, confirmed_at__isnull=False).first()
    )
    _spend_code(row, code, at)


def _spend_code(row: TOTPSecret | None, code: str, at: datetime) -> None:
    if row is None:
        raise SecondFactorRefused
    step = totp.matching_step(
        bytes.fromhex(row.secret), code.strip().replace(" ", ""), at=at, after=row.last_step
    )
    if step is None:
        raise SecondFactorRefused
    TOTPSecret.objects.filter(pk=row.pk).update(last_step=step)


@transaction.atomic(durable=True)
def remove_totp(user: User, *, at: datetime) -> None:
    """Forget the telephone."""
    if TOTPSecret.objects.filter(user=user).delete()[0]:
        _record("totp_removed", user, at)


@transaction.atomic(durable=True)
def make_recovery_codes(user: User, *, at: datetime) -> list[str]:
    """Return ten new codes, shown once; the old ones are void."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = [
        "".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CHARACTERS))
        for _ in range(_RECOVERY_CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user, code), created_at=at) for code in codes
    )
    _record("recovery_codes_made", user, at)
    return [f"{code[:4]}-{code[4:8]}-{code[8:]}" for code in codes]


@transaction.atomic(durable=True)
def check_recovery_code(user: User, code: str, *, at: datetime) -> None:
    """Accept the code once; raises SecondFactorRefused."""
    plain = "".join(code.lower().replace("-", "").split())
    found = RecoveryCode.objects.filter(
        user=user, code_hash=_hash(user, plain), used_at__isnull=True
    )
    if not found.update(used_at=at):
        raise SecondFactorRefused
    _record("recovery_code_used", user, at)


def _hash(user: User, code: str) -> str:
    return get_keyring().blind_index(f"{user.pk}:{code}", "recovery_code")


def begin_passkey(user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for `navigator.credentials.create`, and what to remember."""
    person = PublicKeyCredentialUserEntity(
        id=_hash(user, "webauthn").encode()[:64],
        name=user.get_username(),
        display_name=user.get_username(),
    )
    options, state = _server().register_begin(person, _credentials(user))
    return dict(options), state


@transaction.atomic(durable=True)
def add_passkey(
    user: User, state: Mapping[str, Any], response: Mapping[str, Any], *, name: str, at: datetime
) -> Passkey:
    """Keep the public key of the answer; raises SecondFactorRefused."""
    if Passkey.objects.filter(user=user).count() >= PASSKEYS_MAX:
        raise SecondFactorRefused
    try:
        data = _server().register_complete(state, response)
    except (ValueError, KeyError, TypeError) as error:
        raise SecondFactorRefused from error
    if data.credential_data is None:
        raise SecondFactorRefused
    key = data.credential_data
    if Passkey.objects.filter(credential_id=key.credential_id).exists():
        raise SecondFactorRefused
    passkey = Passkey.objects.create(
        user=user,
        name=name[:64] or "安全密钥",
        credential_id=key.credential_id,
        credential=bytes(key),
        sign_count=data.counter,
        created_at=at,
    )
    _record("passkey_added", user, at)
    return passkey


def begin_assertion(user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options for `navigator.credentials.get`, and what to remember."""
    options, state = _server().authenticate_begin(_credentials(user))
    return dict(options), state


@transaction.atomic(durable=True)
def check_assertion(
    user: User, state: Mapping[str, Any], response: Mapping[str, Any], *, at: datetime
) -> None:
    """Accept the authenticator's signature; raises SecondFactorRefused.

    WebAuthn §6.1.1: a counter that does not grow tells of a copied authenticator.
    """
    try:
        used = _server().authenticate_complete(state, _credentials(user), response)
        counter = AuthenticationResponse.from_dict(response).response.authenticator_data.counter
    except (ValueError, KeyError, TypeError) as error:
        raise SecondFactorRefused from error
    row = Passkey.objects.select_for_update().get(user=user, credential_id=used.credential_id)
    if (counter or row.sign_count) and counter <= row.sign_count:
        raise SecondFactorRefused
    Passkey.objects.filter(pk=row.pk).update(sign_count=counter, last_used_at=at)


@transaction.atomic(durable=True)
def remove_passkey(user: User, key: int, *, at: datetime) -> None:
    """Forget one authenticator."""
    if Passkey.objects.filter(user=user, pk=key).delete()[0]:
        _record("passkey_removed", user, at)


@transaction.atomic(durable=True)
def forget_factors(user: User, *, actor: str, at: datetime) -> None:
    """The system officer helps somebody who lost everything: he enrols again."""
    for rows in (TOTPSecret, Passkey, RecoveryCode):
        rows.objects.filter(user=user).delete()
    audit.record("factor.forgotten", subject_id=user.pk, actor=actor, at=at)


def _credentials(user: User) -> list[AttestedCredentialData]:
    rows = Passkey.objects.filter(user=user).values_list("credential", flat=True)
    return [AttestedCredentialData(bytes(data)) for data in rows]


def _server() -> Fido2Server:
    """The relying party is our public address; nothing signed for another page is accepted."""
    address = urlsplit(settings.BAOZHEN_PUBLIC_URL)
    origin = f"{address.scheme}://{address.netloc}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=address.hostname, name="保真"),
        verify_origin=lambda given: given == origin,
    )


def _record(what: str, user: User, at: datetime) -> None:
    actor = f"staff:{user.get_username()}"[:64]
    audit.record(f"factor.{what}", subject_id=user.pk, actor=actor, at=at)
