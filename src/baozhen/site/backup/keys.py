"""Which keys a backup needs, told without telling them: fingerprints."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from baozhen.foundation.keys.configuration import configured, secrets_directory
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.site.backup.manifest import file_sha256
from baozhen.trust.crypto.digests import hmac_sm3

_PURPOSE: Final = b"baozhen backup fingerprint"


def fingerprints() -> dict[str, str]:
    """Return a fingerprint for each key that is configured: data keys, and signing keys in files.

    A data key is random and long: what is derived from it tells nothing of it. Of a signing key
    the encrypted file is hashed.
    """
    ring = get_keyring()
    found = {f"数据密钥 {name}": hmac_sm3(key, _PURPOSE).hex() for name, key in ring.keys.items()}
    found["索引密钥"] = hmac_sm3(ring.index, _PURPOSE).hex()
    folder = Path(configured("BAOZHEN_KEYS") or secrets_directory() / "signing")
    for path in sorted(folder.glob("*.pem")):
        found[f"签章密钥 {path.stem}"] = file_sha256(path)
    return found


def differing(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Return the names of keys that are wanted and are not there, or are others."""
    return [name for name, print_ in wanted.items() if found.get(name) != print_]
