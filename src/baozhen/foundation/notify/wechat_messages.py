"""Messages that WeChat sends to an official account 公众号: signatures, encryption, XML. Pure.

As the platform's documentation of 接入概述 and 消息加解密 says: the signature is the SHA-1 of the
sorted token, timestamp and nonce (and cipher text, in safe mode); the body is AES-256-CBC under
EncodingAESKey with PKCS#7 to 32 bytes, and holds random, length, message and AppID.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from baozhen.foundation.errors import Refusal

BODY_BYTES_MAX: Final = 65_536
SKEW_SECONDS_MAX: Final = 600
_RANDOM_BYTES: Final = 16
_BLOCK_BYTES: Final = 32
_KEY_CHARACTERS: Final = 43
_DEPTH_MAX: Final = 4


class WeChatMessageRefused(Refusal):
    """Not a message of the platform for this account; what was wrong is not told to the sender."""

    code = "wechat_message_refused"
    message = "不是微信公众平台发来的消息"


@dataclass(frozen=True)
class MessageKeys:
    """What the account's owner set on the platform: token, EncodingAESKey, AppID."""

    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    app_id: str

    @property
    def key(self) -> bytes:
        """The AES key; raises ValueError when EncodingAESKey is not 43 characters of base64."""
        if len(self.aes_key) != _KEY_CHARACTERS:
            raise ValueError("EncodingAESKey has 43 characters")
        return base64.b64decode(self.aes_key + "=")


def signature_of(*parts: str) -> str:
    """Return the platform's signature of these parts."""
    # SHA-1 is what the platform's protocol says; in safe mode the AppID inside proves the rest.
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324


def check_signature(given: str, *parts: str) -> None:
    """Raise WeChatMessageRefused unless the signature is that of the parts."""
    if not hmac.compare_digest(given.encode(), signature_of(*parts).encode()):
        raise WeChatMessageRefused


def check_fresh(timestamp: str, *, at_seconds: float) -> None:
    """Raise WeChatMessageRefused for a message that was recorded and is played again."""
    is_number = timestamp.isascii() and timestamp.isdecimal()
    if not is_number or abs(at_seconds - int(timestamp)) > SKEW_SECONDS_MAX:
        raise WeChatMessageRefused


def decrypt(cipher_text: str, keys: MessageKeys) -> bytes:
    """Return the message in a cipher text; raises WeChatMessageRefused for another account's."""
    try:
        sealed = base64.b64decode(cipher_text, validate=True)
        opener = Cipher(algorithms.AES(keys.key), modes.CBC(keys.key[:16])).decryptor()
        plain = _unpadded(opener.update(sealed) + opener.finalize())
        (size,) = struct.unpack_from(">I", plain, _RANDOM_BYTES)
    except (binascii.Error, ValueError, struct.error) as error:
        raise WeChatMessageRefused from error
    start = _RANDOM_BYTES + 4
    message, app_id = plain[start : start + size], plain[start + size :]
    if len(message) != size or not hmac.compare_digest(app_id, keys.app_id.encode()):
        raise WeChatMessageRefused
    return message


def encrypt(message: bytes, keys: MessageKeys, *, random: bytes | None = None) -> str:
    """Return the cipher text of a message."""
    head = random if random is not None else secrets.token_bytes(_RANDOM_BYTES)
    plain = head + struct.pack(">I", len(message)) + message + keys.app_id.encode()
    missing = _BLOCK_BYTES - len(plain) % _BLOCK_BYTES
    sealer = Cipher(algorithms.AES(keys.key), modes.CBC(keys.key[:16])).encryptor()
    sealed = sealer.update(plain + bytes([missing]) * missing) + sealer.finalize()
    return base64.b64encode(sealed).decode()


def sealed_reply(message: bytes, keys: MessageKeys, *, timestamp: str, nonce: str) -> bytes:
    """Return the answer's body in safe mode: cipher text and its signature."""
    sealed = encrypt(message, keys)
    return write_xml(
        {
            "Encrypt": sealed,
            "MsgSignature": signature_of(keys.token, timestamp, nonce, sealed),
            "TimeStamp": timestamp,
            "Nonce": nonce,
        }
    )


def read_xml(body: bytes) -> dict[str, str]:
    """Return the leaves of a message by name; raises WeChatMessageRefused for anything else.

    No document type is taken, so nothing can be made to grow or to be fetched.
    """
    if len(body) > BODY_BYTES_MAX:
        raise WeChatMessageRefused
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = reader.refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, RecursionError) as error:
        raise WeChatMessageRefused from error
    return reader.found


def write_xml(fields: Mapping[str, str]) -> bytes:
    """Return a flat message; numbers stand plainly, texts as CDATA."""
    rows = "".join(
        f"<{name}>{value if value.isdecimal() else _cdata(value)}</{name}>"
        for name, value in fields.items()
    )
    return f"<xml>{rows}</xml>".encode()


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _unpadded(plain: bytes) -> bytes:
    count = plain[-1] if plain else 0
    if not 1 <= count <= _BLOCK_BYTES or plain[-count:] != bytes([count]) * count:
        raise ValueError("wrong padding")
    return plain[:-count]


class _Reader:
    """Collects the text of each leaf."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._names: list[str] = []
        self._texts: list[str] = []

    def refuse(self, *_details: Any) -> None:
        raise WeChatMessageRefused

    def start(self, name: str, _attributes: Mapping[str, str]) -> None:
        self._names.append(name)
        self._texts = []
        if len(self._names) > _DEPTH_MAX:
            raise WeChatMessageRefused

    def text(self, data: str) -> None:
        self._texts.append(data)

    def end(self, name: str) -> None:
        self._names.pop()
        if self._names:
            self.found.setdefault(name, "".join(self._texts).strip())
        self._texts = []
