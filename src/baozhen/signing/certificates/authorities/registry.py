"""The certificate authorities that the settings name; several at once, chosen by name.

`BAOZHEN_AUTHORITIES` names a private JSON file, or is the JSON itself:

    {"ca1": {"adapter": "est", "url": "https://…", "anchors": "/etc/…/ca1.pem", "username": "…"}}

`adapter` is `est`, or the dotted path of a callable that takes the name and the settings of its
line. `BAOZHEN_EVENT_AUTHORITY` names the one for event certificates; else the first line counts.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, cast

from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.keys.private_files import read_private
from baozhen.signing.certificates.authorities.development import development_authority
from baozhen.signing.certificates.authorities.est import ESTAuthority
from baozhen.signing.certificates.authorities.port import CertificateAuthority
from baozhen.signing.certificates.errors import AuthorityUnknown

DEVELOPMENT = "development"
Factory = Callable[[str, Mapping[str, str]], CertificateAuthority]
_ADAPTERS: dict[str, Factory] = {"est": ESTAuthority.from_settings}


def authority_names() -> tuple[str, ...]:
    """Return the names that `authority` knows, the default first."""
    names = tuple(_lines(configured("BAOZHEN_AUTHORITIES")))
    return names if is_production() else (*names, DEVELOPMENT)


def authority(name: str = "") -> CertificateAuthority:
    """Return the authority of that name, else the default; raises AuthorityUnknown."""
    names = authority_names()
    wanted = name or configured("BAOZHEN_EVENT_AUTHORITY") or (names[0] if names else "")
    if wanted not in names:
        raise AuthorityUnknown(authority=wanted or "（没有配置）")
    if wanted == DEVELOPMENT and wanted not in _lines(configured("BAOZHEN_AUTHORITIES")):
        return _development(configured("BAOZHEN_DATA"))
    return _build(configured("BAOZHEN_AUTHORITIES"), wanted)


def event_authority() -> CertificateAuthority:
    """Return the authority that issues certificates for one signature."""
    return authority()


@lru_cache(maxsize=16)
def _build(source: str, name: str) -> CertificateAuthority:
    line = _lines(source)[name]
    adapter = str(line["adapter"])
    if adapter in _ADAPTERS:
        return _ADAPTERS[adapter](name, line)
    module, _, attribute = adapter.rpartition(".")
    return cast("Factory", getattr(import_module(module), attribute))(name, line)


@lru_cache(maxsize=4)
def _development(_data: str) -> CertificateAuthority:
    return development_authority()


def _lines(source: str) -> dict[str, Any]:
    if not source:
        return {}
    text = source if source.lstrip().startswith("{") else read_private(Path(source)).decode()
    lines: dict[str, Any] = json.loads(text)
    return lines
