"""Which provider serves which kind of check: a table in the settings, twins in development.

`BAOZHEN_IDENTITY_PROVIDERS` names a private JSON file, or is the JSON itself:

    {"three_elements": {"adapter": "tencent", "secret_id": "…", "secret_key": "…"},
     "own_system": {"adapter": "https", "name": "real-name", "url": "https://…", "secret": "…"}}

`adapter` is `tencent`, `https`, or the dotted path of a callable that takes the settings of its
line: a plug-in of the insurer's own.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.keys.private_files import read_private
from baozhen.signing.identity.errors import IdentityProviderMissing
from baozhen.signing.identity.providers.development import (
    DevelopmentElements,
    DevelopmentOwnSystem,
    DevelopmentSession,
    DevelopmentTransfer,
)
from baozhen.signing.identity.providers.generic import HTTPSIdentity
from baozhen.signing.identity.providers.ports import (
    ElementsVerifier,
    OwnSystem,
    Provider,
    SessionVerifier,
    TransferSender,
)
from baozhen.signing.identity.providers.tencent import TencentFaceID
from baozhen.signing.identity.states import CHECK_KINDS, CheckKind

Factory = Callable[[Mapping[str, str]], Provider]
_ADAPTERS: dict[str, Factory] = {
    "tencent": TencentFaceID.from_settings,
    "https": HTTPSIdentity.from_settings,
}
_TWINS: dict[CheckKind, Callable[[], Provider]] = {
    CheckKind.THREE_ELEMENTS: DevelopmentElements,
    CheckKind.FOUR_ELEMENTS: DevelopmentElements,
    CheckKind.LICENCE: DevelopmentElements,
    CheckKind.LEGAL_REP: DevelopmentElements,
    CheckKind.FACE: DevelopmentSession,
    CheckKind.VIDEO: DevelopmentSession,
    CheckKind.TRANSFER: DevelopmentTransfer,
    CheckKind.OWN_SYSTEM: DevelopmentOwnSystem,
}


def elements_verifier(kind: CheckKind) -> ElementsVerifier:
    """Return who compares elements for this kind; raises IdentityProviderMissing."""
    return cast("ElementsVerifier", provider_of(kind))


def session_verifier(kind: CheckKind) -> SessionVerifier:
    """Return who holds face or video sessions; raises IdentityProviderMissing."""
    return cast("SessionVerifier", provider_of(kind))


def transfer_sender() -> TransferSender:
    """Return who pays small sums; raises IdentityProviderMissing."""
    return cast("TransferSender", provider_of(CheckKind.TRANSFER))


def own_system() -> OwnSystem:
    """Return the insurer's own identity system; raises IdentityProviderMissing."""
    return cast("OwnSystem", provider_of(CheckKind.OWN_SYSTEM))


def provider_of(kind: CheckKind) -> Provider:
    """Return the provider of a kind; raises IdentityProviderMissing.

    In development a kind without a line has its twin; in production it has nobody.
    """
    return _build(configured("BAOZHEN_IDENTITY_PROVIDERS"), kind, is_production())


def provider_names() -> dict[CheckKind, str]:
    """Return who serves which kind, for the console; an empty name where nobody does."""
    found = {}
    for kind in _TWINS:
        try:
            found[kind] = provider_of(kind).name
        except IdentityProviderMissing:
            found[kind] = ""
    return found


@lru_cache(maxsize=64)
def _build(source: str, kind: CheckKind, production: bool) -> Provider:
    line = _lines(source).get(kind.value)
    if line is not None:
        return _factory(str(line["adapter"]))(line)
    if production or kind not in _TWINS:
        raise IdentityProviderMissing(kind=CHECK_KINDS[kind])
    return _TWINS[kind]()


def _lines(source: str) -> dict[str, Any]:
    if not source:
        return {}
    text = source if source.lstrip().startswith("{") else read_private(Path(source)).decode()
    lines: dict[str, Any] = json.loads(text)
    return lines


def _factory(adapter: str) -> Factory:
    if adapter in _ADAPTERS:
        return _ADAPTERS[adapter]
    module, _, name = adapter.rpartition(".")
    return cast("Factory", getattr(import_module(module), name))
