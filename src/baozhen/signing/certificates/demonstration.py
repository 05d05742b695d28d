"""The demonstration hierarchy on disk: certificates and CRLs in the clear, keys encrypted.

    <data>/trust/demonstration/   roots.pem, <family>-<role>.pem (leaf first), <family>-<role>.crl
    <data>/keys/signing/          demo-<family>-<role>-<fingerprint>.pem

The folder appears whole or not at all, so of two processes that start at once one wins.
"""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from baozhen.foundation.errors import DevelopmentOnly
from baozhen.foundation.keys.access import key_access
from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.keys.filestore import FileKeyStore
from baozhen.trust.x509.crl import parse_crl
from baozhen.trust.x509.hierarchy import (
    DEMO_WARNING,
    Family,
    Hierarchy,
    Identity,
    make_crls,
    make_hierarchy,
)
from baozhen.trust.x509.parse import parse_certificate, parse_pem, to_pem

FAMILIES: Final = ("sm2", "rsa")
ROLES: Final = ("root", "issuing", "signer", "tsa", "ocsp")
_AUTHORITIES = ("root", "issuing")
_RENEW_CRLS_BEFORE = timedelta(days=30)
_NAME_DIGITS = 12
_FOLDER = "demonstration"
_TWIN = "演示证书体系"


@dataclass(frozen=True)
class DemonstrationFolder:
    """The files of one demonstration hierarchy and the store of its keys."""

    directory: Path
    keys: FileKeyStore

    @classmethod
    def of(cls, data_directory: Path, keys: FileKeyStore) -> "DemonstrationFolder":
        """Return the folder of a data directory."""
        return cls(data_directory / "trust" / _FOLDER, keys)

    @property
    def exists(self) -> bool:
        """Whether the hierarchy has been made."""
        return self.directory.is_dir()

    @property
    def roots(self) -> tuple[bytes, ...]:
        """The DER root certificates of both families."""
        return tuple(parse_pem((self.directory / "roots.pem").read_bytes()))

    def key_name(self, family: str, role: str) -> str:
        """Return the name of a key: its certificate's fingerprint makes it unique."""
        return _key_name(family, role, self.certificates(family, role)[0])

    def certificates(self, family: str, role: str) -> tuple[bytes, ...]:
        """Return the DER certificate of a role and those above it, root left out."""
        return tuple(parse_pem((self.directory / f"{family}-{role}.pem").read_bytes()))

    def identity(self, family: str, role: str) -> Identity:
        """Return certificate, opened key and chain of a role."""
        certificate, *chain = self.certificates(family, role)
        signer = self.keys.open(_key_name(family, role, certificate))
        return Identity(certificate, signer, tuple(chain))

    def crls(self) -> tuple[bytes, ...]:
        """Return the DER revocation lists of all authorities."""
        return tuple(path.read_bytes() for path in sorted(self.directory.glob("*.crl")))


def demonstration_folder(data_directory: Path | None = None) -> DemonstrationFolder:
    """Return where the demonstration hierarchy is kept, settings' data folder by default.

    Raises DevelopmentOnly in production without key files.
    """
    keys = key_access().files
    if keys is None:
        raise DevelopmentOnly(twin=_TWIN)
    return DemonstrationFolder.of(data_directory or Path(settings.BAOZHEN_DATA), keys)


def make_or_renew(folder: DemonstrationFolder, *, organization: str, at: datetime) -> None:
    """Make the hierarchy unless it is there; renew its CRLs when they are about to run out.

    Raises DevelopmentOnly in production.
    """
    if is_production():
        raise DevelopmentOnly(twin=_TWIN)
    if not folder.exists:
        hierarchy = make_hierarchy(
            organization=organization,
            now=at,
            random_bytes=secrets.token_bytes,
            families=FAMILIES,
        )
        _write(folder, hierarchy)
    _renew_crls(folder, at=at)


def _write(folder: DemonstrationFolder, hierarchy: Hierarchy) -> None:
    """Keys first, then the folder with the certificates in one rename."""
    unfinished = folder.directory.with_name(f".{_FOLDER}.{secrets.token_hex(8)}")
    unfinished.mkdir(parents=True)
    (unfinished / "README.txt").write_text(f"{DEMO_WARNING}\n", encoding="utf-8")
    (unfinished / "roots.pem").write_bytes(to_pem(hierarchy.roots))
    for name, family in hierarchy.families.items():
        for role, identity in _identities(family):
            blocks = (identity.certificate, *identity.chain)
            (unfinished / f"{name}-{role}.pem").write_bytes(to_pem(blocks))
            folder.keys.put(_key_name(name, role, identity.certificate), identity.signer)
        for role, crl in zip(_AUTHORITIES, family.crls, strict=True):
            (unfinished / f"{name}-{role}.crl").write_bytes(crl)
    try:
        unfinished.rename(folder.directory)
    except OSError:
        if not folder.exists:
            raise
        shutil.rmtree(unfinished)  # another process was first: its hierarchy counts


def _identities(family: Family) -> Iterator[tuple[str, Identity]]:
    for role in ROLES:
        yield role, getattr(family, role)


def _renew_crls(folder: DemonstrationFolder, *, at: datetime) -> None:
    for family in FAMILIES:
        paths = [folder.directory / f"{family}-{role}.crl" for role in _AUTHORITIES]
        lists = [parse_crl(path.read_bytes()) for path in paths]
        if all(item.next_update and item.next_update > at + _RENEW_CRLS_BEFORE for item in lists):
            continue
        number = max(item.number or 0 for item in lists) + 1
        authorities = (folder.identity(family, role) for role in _AUTHORITIES)
        for path, crl in zip(paths, make_crls(*authorities, now=at, number=number), strict=True):
            unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            unfinished.write_bytes(crl)
            unfinished.replace(path)


def _key_name(family: str, role: str, certificate: bytes) -> str:
    return f"demo-{family}-{role}-{parse_certificate(certificate).sha256[:_NAME_DIGITS]}"
