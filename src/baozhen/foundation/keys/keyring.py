"""Data keys: they encrypt personal data in fields and stored objects, and key the blind indexes.

`BAOZHEN_DATA_KEYS` names a private JSON file, or is the JSON itself:

    {"current": "2026a", "keys": {"2026a": "32 hex digits"}, "index": "64 hex digits"}

New data is encrypted with the current key; older keys stay in the ring for reading. The index key
never changes, or nothing would be found again. Development makes a ring of its own.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from baozhen.foundation.keys.configuration import configured, is_production, secrets_directory
from baozhen.foundation.keys.errors import KeyConfigurationFault, SecretExists, UnknownDataKey
from baozhen.foundation.keys.private_files import read_private, write_private
from baozhen.trust.crypto import sm4
from baozhen.trust.crypto.digests import DIGEST_BYTES, hmac_sm3
from baozhen.trust.errors import VerificationError

# An envelope: version ‖ length of the key id ‖ key id ‖ salt ‖ ciphertext ‖ tag.
_VERSION = b"\x01"
_SALT_BYTES = 16
_KEY_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_DEVELOPMENT_ID = "development"


@dataclass(frozen=True)
class DataKeyring:
    """The data keys by id, the id of the current one, and the key of the blind indexes."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    index: bytes = field(repr=False)
    is_development: bool = False

    def seal(self, plaintext: bytes, *, aad: bytes) -> bytes:
        """Encrypt with the current key into an envelope that names it.

        `aad` says where the data belongs (table and column, or the object's address): moved
        elsewhere it does not open.
        """
        header = _header(self.current)
        salt = secrets.token_bytes(_SALT_BYTES)
        key, nonce = _message_key(self.keys[self.current], salt)
        return header + salt + sm4.seal(key, plaintext, nonce=nonce, aad=header + aad)

    def open_sealed(self, envelope: bytes, *, aad: bytes) -> bytes:
        """Return the plaintext of an envelope of any key of the ring.

        Raises VerificationError when it was changed or moved, UnknownDataKey when its key is gone.
        """
        key_id = key_id_of(envelope)
        header = _header(key_id)
        start = len(header) + _SALT_BYTES
        data_key = self.keys.get(key_id)
        if data_key is None:
            raise UnknownDataKey(key_id=key_id)
        key, nonce = _message_key(data_key, envelope[len(header) : start])
        return sm4.open_sealed(key, envelope[start:], nonce=nonce, aad=header + aad)

    def blind_index(self, value: str, purpose: str) -> str:
        """Return 64 hex digits by which equal values of one purpose find each other.

        The caller normalises `value`; different purposes give unrelated indexes.
        """
        purpose_key = hmac_sm3(self.index, purpose.encode())
        return hmac_sm3(purpose_key, value.encode()).hex()


def get_keyring() -> DataKeyring:
    """Return the configured ring; development makes one in the data directory on first use.

    Raises KeyConfigurationFault when production has none or is given development's.
    """
    # Every encrypted field asks: the key of the cache is made of texts, which are cheap to compare.
    return _load(configured("BAOZHEN_DATA_KEYS"), configured("BAOZHEN_DATA"), is_production())


def parse_keyring(text: str) -> DataKeyring:
    """Read the JSON of a ring; KeyConfigurationFault says what is wrong, never a key's value."""
    try:
        raw = json.loads(text)
        ring = DataKeyring(
            current=str(raw["current"]),
            keys={str(key_id): bytes.fromhex(key) for key_id, key in raw["keys"].items()},
            index=bytes.fromhex(raw["index"]),
            is_development=bool(raw.get("development", False)),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        # Without its cause: a JSON error quotes the text, and the text is keys.
        raise KeyConfigurationFault(
            reason="数据密钥环应是含 current、keys、index 的 JSON，密钥为十六进制"
        ) from None
    _check(ring)
    return ring


def key_id_of(envelope: bytes) -> str:
    """Return the id of the data key that an envelope was sealed with.

    Raises VerificationError when the bytes are no envelope.
    """
    length = envelope[1] if len(envelope) > 1 else 0
    key_id = envelope[2 : 2 + length]
    if envelope[:1] != _VERSION or not _KEY_ID.fullmatch(key_id.decode("ascii", "replace")):
        raise VerificationError(0, "不是加密信封，或其版本不被支持")
    return key_id.decode("ascii")


def _check(ring: DataKeyring) -> None:
    if ring.current not in ring.keys:
        raise KeyConfigurationFault(reason="数据密钥环的当前密钥不在其中")
    if any(not _KEY_ID.fullmatch(key_id) for key_id in ring.keys):
        raise KeyConfigurationFault(reason="数据密钥的编号只能用小写字母、数字和连字符，至多 32 位")
    if any(len(key) != sm4.KEY_BYTES for key in ring.keys.values()):
        raise KeyConfigurationFault(reason="数据密钥应为 32 位十六进制数（SM4）")
    if len(ring.index) != DIGEST_BYTES:
        raise KeyConfigurationFault(reason="索引密钥应为 64 位十六进制数（HMAC-SM3）")


@lru_cache(maxsize=4)
def _load(source: str, _data: str, production: bool) -> DataKeyring:
    if not source and production:
        raise KeyConfigurationFault(reason="生产模式须设置 BAOZHEN_DATA_KEYS，不会自行产生数据密钥")
    if source.lstrip().startswith("{"):
        ring = parse_keyring(source)
    elif source:
        ring = parse_keyring(read_private(Path(source)).decode(errors="replace"))
    else:
        ring = _development_keyring(secrets_directory() / "data-keys.json")
    if production and ring.is_development:
        raise KeyConfigurationFault(reason="生产模式拒绝开发用的数据密钥")
    return ring


def _development_keyring(path: Path) -> DataKeyring:
    """Read development's ring, or make it; of two processes that make one, the first wins."""
    if not path.exists():
        made = {
            "development": True,
            "current": _DEVELOPMENT_ID,
            "keys": {_DEVELOPMENT_ID: secrets.token_hex(sm4.KEY_BYTES)},
            "index": secrets.token_hex(DIGEST_BYTES),
        }
        try:
            write_private(path, json.dumps(made).encode())
        except SecretExists:
            return parse_keyring(read_private(path).decode())
    return parse_keyring(read_private(path).decode())


def _header(key_id: str) -> bytes:
    return _VERSION + bytes((len(key_id),)) + key_id.encode("ascii")


def _message_key(data_key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Derive key and nonce of one message from its random salt of 128 bits.

    Random nonces of 96 bits under one key must stop at 2³² messages (NIST SP 800-38D §8.3), which
    two million policies a day would pass within a year; salts of 128 bits have no such end.
    """
    derived = hmac_sm3(data_key, b"baozhen envelope 1" + salt)
    return derived[: sm4.KEY_BYTES], derived[sm4.KEY_BYTES : sm4.KEY_BYTES + sm4.NONCE_BYTES]
