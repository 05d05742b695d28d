"""The platform's own trust, read from `<data>/trust` without a database.

anchors/*.pem        roots: the operator's, and those of every binding put to use
organization.txt     the company that is expected to sign
*/*.crl              revocation lists (DER)
demonstration/       the demonstration hierarchy, never trusted in production
"""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from baozhen.trust.errors import ParseError, TrustError
from baozhen.trust.verify import TrustAnchors
from baozhen.trust.x509.parse import parse_certificate, parse_pem, to_pem
from baozhen.trust.x509.revocation import RevocationEvidence

PEM_FILES_MAX: Final = 200
_DEMONSTRATION = "demonstration"
_ORGANIZATION = "organization.txt"


@dataclass(frozen=True)
class PlatformTrust:
    """Anchors with the expected company, and the revocation lists at hand."""

    anchors: TrustAnchors
    revocation: RevocationEvidence

    @property
    def is_empty(self) -> bool:
        """Whether nothing is trusted."""
        return not self.anchors.roots


def read_trust_folder(folder: Path, *, with_demonstration: bool = True) -> PlatformTrust:
    """Return what a `<data>/trust` folder says; empty when there is none.

    Raises ParseError naming a file that cannot be read.
    """
    pems = sorted((folder / "anchors").glob("*.pem"))
    demonstration = folder / _DEMONSTRATION
    if with_demonstration and (demonstration / "roots.pem").is_file():
        pems.append(demonstration / "roots.pem")
    roots = tuple(dict.fromkeys(root for pem in pems for root in read_certificates(pem)))
    crls = tuple(path.read_bytes() for path in sorted(folder.glob("[!.]*/*.crl")))
    organization = _organization(folder, with_demonstration=with_demonstration)
    return PlatformTrust(TrustAnchors(roots, organization), RevocationEvidence(crls=crls))


def read_trust(path: Path) -> PlatformTrust:
    """Return the trust of a PEM file, a folder of PEM files, or a `<data>/trust` folder."""
    if path.is_dir():
        if (path / "anchors").is_dir() or (path / _DEMONSTRATION).is_dir():
            return read_trust_folder(path)
        files = sorted([*path.glob("*.pem"), *path.glob("*.crt")])[:PEM_FILES_MAX]
        crls = tuple(item.read_bytes() for item in sorted(path.glob("*.crl")))
    else:
        files, crls = [path], ()
    roots = tuple(dict.fromkeys(root for file in files for root in read_certificates(file)))
    return PlatformTrust(TrustAnchors(roots), RevocationEvidence(crls=crls))


def add_trust(folder: Path, *, roots: Iterable[bytes], organization: str) -> None:
    """Add DER roots to a `<data>/trust` folder and name the company that is expected to sign.

    A root is never taken away here: what it vouched for has to stay verifiable.
    """
    (folder / "anchors").mkdir(parents=True, exist_ok=True)
    for root in roots:
        name = parse_certificate(root).sha256
        _write_whole(folder / "anchors" / f"{name}.pem", to_pem([root]))
    _write_whole(folder / _ORGANIZATION, f"{organization}\n".encode())


def read_certificates(path: Path) -> tuple[bytes, ...]:
    """Return the DER certificates of a PEM file, or of a file with one DER certificate."""
    content = path.read_bytes()
    try:
        if b"-----BEGIN" in content:
            return tuple(parse_pem(content))
        return (parse_certificate(content).der,)
    except TrustError as error:
        raise ParseError(f"证书文件 {path.name} 无法读取：{error}") from error


def valid_roots(trust: PlatformTrust, *, at: datetime) -> tuple[str, ...]:
    """Return the names of the anchors that are within their validity."""
    certificates = map(parse_certificate, trust.anchors.roots)
    return tuple(item.common_name for item in certificates if item.is_valid_at(at))


def _organization(folder: Path, *, with_demonstration: bool) -> str | None:
    written = folder / _ORGANIZATION
    if written.is_file():
        return written.read_text(encoding="utf-8").strip() or None
    signer = folder / _DEMONSTRATION / "sm2-signer.pem"
    if with_demonstration and signer.is_file():
        return parse_certificate(read_certificates(signer)[0]).organization or None
    return None


def _write_whole(path: Path, content: bytes) -> None:
    """Replace a file in one step: who reads it meanwhile sees the old or the new one, whole."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with unfinished.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
