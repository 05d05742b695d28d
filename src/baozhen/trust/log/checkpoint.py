"""Checkpoints: a signed note over size and roots of the log, signed by both families.

The text has the shape of a C2SP signed note, with a second root and two signature lines:

    <origin>
    <size>
    <SHA-256 root, Base64>
    sm3 <SM3 root, Base64>
    at <instant, RFC 3339 UTC>
    <empty line>
    — <algorithm> <key id, hex> <signature, Base64>

A timestamp over the note is kept beside it by the caller.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm, Signer, verify_signature
from baozhen.trust.errors import ParseError, SigningError, VerificationError
from baozhen.trust.log.merkle import HASH_BYTES, SIZE_MAX

NOTE_BYTES_MAX: Final = 16_384
_KEY_ID_HEX = 16
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_ORIGIN_PATTERN = re.compile(r"[!-~]{1,200}")
_NOTE_PATTERN = re.compile(
    rb"(?P<text>(?P<origin>[!-~]{1,200})\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<sha256>[A-Za-z0-9+/]{43}=)\n"
    rb"sm3 (?P<sm3>[A-Za-z0-9+/]{43}=)\n"
    rb"at (?P<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)\n)"
    rb"\n(?P<signatures>"
    rb"(?:\xe2\x80\x94 [a-z0-9-]{1,40} [0-9a-f]{16} [A-Za-z0-9+/=]{1,2000}\n){1,8})"
)


@dataclass(frozen=True)
class Checkpoint:
    """The state of the log at one instant."""

    origin: str
    size: int
    root_sha256: bytes
    root_sm3: bytes
    at: datetime

    def text(self) -> bytes:
        """Return what is signed."""
        self._check()
        moment = self.at.astimezone(UTC).strftime(_TIME_FORMAT)
        return (
            f"{self.origin}\n{self.size}\n{_base64(self.root_sha256)}\n"
            f"sm3 {_base64(self.root_sm3)}\nat {moment}\n"
        ).encode()

    def _check(self) -> None:
        if not _ORIGIN_PATTERN.fullmatch(self.origin):
            raise SigningError("检查点的来源应为不含空格的 ASCII 文字")
        if not 0 <= self.size <= SIZE_MAX:
            raise SigningError("检查点的大小超出范围")
        if len(self.root_sha256) != HASH_BYTES or len(self.root_sm3) != HASH_BYTES:
            raise SigningError("检查点的树根应为 32 字节")
        if self.at.tzinfo is None or self.at.microsecond:
            raise SigningError("检查点的时间应为带时区的整秒")


@dataclass(frozen=True)
class Note:
    """A checkpoint as read, its signatures not yet judged."""

    checkpoint: Checkpoint
    text: bytes
    signatures: Mapping[str, tuple[Algorithm, bytes]]  # key id -> (algorithm, signature)


def sign_checkpoint(checkpoint: Checkpoint, *, signers: Iterable[Signer]) -> bytes:
    """Return the note of a checkpoint with one signature line for each signer."""
    text = checkpoint.text()
    lines = [
        f"— {signer.algorithm} {key_name(signer.public_key)} {_base64(signer.sign(text))}\n"
        for signer in signers
    ]
    if not lines:
        raise SigningError("检查点至少要有一个签名")
    return text + b"\n" + "".join(lines).encode()


def parse_note(data: bytes) -> Note:
    """Read a note; ParseError for anything that is not in its one canonical form."""
    if len(data) > NOTE_BYTES_MAX:
        raise ParseError("检查点过大")
    match = _NOTE_PATTERN.fullmatch(data)
    if match is None:
        raise ParseError("检查点格式有误")
    checkpoint = Checkpoint(
        origin=match["origin"].decode(),
        size=_size(match["size"]),
        root_sha256=_unbase64(match["sha256"]),
        root_sm3=_unbase64(match["sm3"]),
        at=_instant(match["at"].decode()),
    )
    return Note(checkpoint, match["text"], _read_signatures(match["signatures"].decode()))


def verify_checkpoint(data: bytes, *, origin: str, public_keys: Iterable[bytes]) -> Checkpoint:
    """Return the checkpoint of a note that every one of `public_keys` (DER) has signed.

    Raises VerificationError, also for a signature line of anybody else.
    """
    note = parse_note(data)
    if note.checkpoint.origin != origin:
        raise VerificationError(0, "检查点来自另一个日志")
    keys = {key_name(key): key for key in public_keys}
    if not keys or set(note.signatures) != set(keys):
        raise VerificationError(0, "检查点的签名者与预期不符")
    for name, (algorithm, signature) in note.signatures.items():
        verify_signature(keys[name], note.text, signature, algorithm=algorithm)
    return note.checkpoint


def key_name(public_key: bytes) -> str:
    """Return the short name of a key in a note: the head of its SHA-256."""
    return sha256(public_key).hex()[:_KEY_ID_HEX]


def _read_signatures(lines: str) -> dict[str, tuple[Algorithm, bytes]]:
    found: dict[str, tuple[Algorithm, bytes]] = {}
    for line in lines.splitlines():
        _, label, name, signature = line.split(" ")
        if name in found or label not in tuple(Algorithm):
            raise ParseError("检查点的签名行有误")
        found[name] = (Algorithm(label), _unbase64(signature.encode()))
    return found


def _size(digits: bytes) -> int:
    size = int(digits)
    if size > SIZE_MAX:
        raise ParseError("检查点的大小超出范围")
    return size


def _instant(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise ParseError("检查点的时间有误") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(text: bytes) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ParseError("检查点的 Base64 编码有误") from None
    if base64.b64encode(data) != text:
        raise ParseError("检查点的 Base64 编码不规范")
    return data
