"""The seal maker's identity: configured, or in development a demonstration certificate.

`BAOZHEN_SEAL_MAKER` is a JSON file, or the JSON itself:

    {"certificate": "/path/chain.pem", "key": "sdf:…", "anchors": "/path/roots.pem"}

The first PEM holds the maker's certificate, then those above it. Without the setting development
makes one below the demonstration authority; production makes no electronic seal.
"""

import json
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.configuration import configured, is_production
from baozhen.foundation.sealing.seals import SealMaker
from baozhen.signing.certificates.demonstration import demonstration_folder, make_or_renew
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.trust.crypto.keys import Algorithm, generate
from baozhen.trust.x509.hierarchy import DEMO_MARK
from baozhen.trust.x509.issue import CertificateRequest, Role, issue_certificate
from baozhen.trust.x509.names import build_name
from baozhen.trust.x509.parse import parse_certificate, parse_pem, to_pem

_TWIN: Final = "演示制章者"
_FILE = "sm2-seal-maker.pem"
_YEARS = 3
_SKEW = timedelta(hours=1)


def seal_maker(*, at: datetime) -> SealMaker:
    """Return who makes seals; raises DevelopmentOnly in production without a configured one."""
    if found := _configured():
        certificate, *chain = parse_pem(Path(found["certificate"]).read_bytes())
        return SealMaker(certificate, tuple(chain), found["key"])
    if is_production():
        raise DevelopmentOnly(twin=_TWIN)
    return _demonstration_maker(at=at)


def maker_anchors() -> tuple[bytes, ...]:
    """Return the roots that a maker's certificate leads to (DER)."""
    if found := _configured():
        return tuple(parse_pem(Path(found["anchors"]).read_bytes()))
    return demonstration_folder().roots


def _configured() -> dict[str, str]:
    source = configured("BAOZHEN_SEAL_MAKER")
    if not source:
        return {}
    text = source if source.lstrip().startswith("{") else Path(source).read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found


def _demonstration_maker(*, at: datetime) -> SealMaker:
    folder = demonstration_folder()
    make_or_renew(folder, organization=get_insurer().name, at=at)
    path = folder.directory / _FILE
    if not path.exists() or not parse_certificate(parse_pem(path.read_bytes())[0]).is_valid_at(at):
        _make(path, at=at)
    certificate, *chain = parse_pem(path.read_bytes())
    name = _key_name(certificate)
    return SealMaker(certificate, tuple(chain), f"file:{name}")


def _make(path: Path, *, at: datetime) -> None:
    """Make a key, certify it and write both; of two that start at once the last file counts."""
    folder = demonstration_folder()
    issuing = folder.identity("sm2", "issuing")
    signer = generate(Algorithm.SM2_SM3)
    until = parse_certificate(issuing.certificate).not_after
    certificate = issue_certificate(
        CertificateRequest(
            subject=build_name(common_name=f"{DEMO_MARK} 制章者", organization=f"{DEMO_MARK} 制章"),
            public_key=signer.public_key,
            role=Role.DOCUMENT_SIGNER,
            serial=int.from_bytes(secrets.token_bytes(16), "big") >> 1 | 1,
            not_before=at.replace(microsecond=0) - _SKEW,
            not_after=min(at.replace(microsecond=0) + timedelta(days=365 * _YEARS), until),
        ),
        signer=issuing.signer,
        issuer=issuing.certificate,
    )
    folder.keys.put(_key_name(certificate), signer)
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    unfinished.write_bytes(to_pem((certificate, issuing.certificate)))
    unfinished.replace(path)


def _key_name(certificate: bytes) -> str:
    return f"demo-seal-maker-{parse_certificate(certificate).sha256[:12]}"
