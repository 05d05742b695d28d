"""Evidence kept beside a file: the proof that it existed, as `<file>.proof.json`.

Two kinds of timestamp leave the file alone: a token over the file's own digest (`detached`), and
a token over the root of a Merkle tree with the file's SHA-256 as one of its leaves (`aggregated`).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from baozhen.trust.cms.timestamp import TimestampInfo, read_token, verify_token
from baozhen.trust.crypto.digests import digest, sha256
from baozhen.trust.errors import ParseError, VerificationError
from baozhen.trust.log.merkle import leaf_hash, verify_inclusion
from baozhen.trust.x509.revocation import RevocationEvidence

FORMAT: Final = "baozhen-proof/1"
PROOF_BYTES_MAX: Final = 256 * 1024
_PATH_MAX = 64


class ProofKind(StrEnum):
    """How the token is tied to the file."""

    DETACHED = "detached"
    AGGREGATED = "aggregated"


@dataclass(frozen=True)
class TimestampProof:
    """A token and, when it is aggregated, the file's place in the tree under the stamped root."""

    kind: ProofKind
    token: bytes
    index: int = 0
    size: int = 1
    path: tuple[bytes, ...] = ()

    def to_dict(self, *, file_sha256: str) -> dict[str, Any]:
        """Return the proof as plain JSON values, naming the file that it is about."""
        proof: dict[str, Any] = {
            "kind": self.kind.value,
            "token": base64.b64encode(self.token).decode("ascii"),
        }
        if self.kind is ProofKind.AGGREGATED:
            proof |= {
                "index": self.index,
                "size": self.size,
                "path": [node.hex() for node in self.path],
            }
        return {"format": FORMAT, "sha256": file_sha256, "timestamp": proof}

    def to_json(self, *, file_sha256: str) -> bytes:
        """Return the content of `<file>.proof.json`."""
        value = self.to_dict(file_sha256=file_sha256)
        return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8")

    def verify(
        self,
        data: bytes,
        *,
        anchors: tuple[bytes, ...],
        at: datetime,
        revocation: RevocationEvidence = RevocationEvidence(),  # noqa: B008 - frozen
    ) -> TimestampInfo:
        """Return when `data` is proven to have existed; VerificationError or ParseError if not."""
        _, content = read_token(self.token)
        if self.kind is ProofKind.DETACHED:
            stamped = digest(content.hash_name, data)
        else:
            # The imprint is the root itself: a batch root is a SHA-256 already.
            stamped = content.digest
            verify_inclusion(
                leaf_hash(sha256(data)),
                index=self.index,
                size=self.size,
                path=self.path,
                expected_root=stamped,
            )
        return verify_token(
            self.token, digest=stamped, anchors=anchors, at=at, revocation=revocation
        )


def parse_proof(data: bytes, *, file_sha256: str) -> TimestampProof | None:
    """Read `<file>.proof.json`; None when it holds no timestamp (yet).

    Raises ParseError for anything malformed, VerificationError when it is about another file.
    """
    if len(data) > PROOF_BYTES_MAX:
        raise ParseError("证明文件过大")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError("证明文件不是 JSON") from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise ParseError(f"证明文件的格式不是 {FORMAT}")
    if value.get("sha256") != file_sha256:
        raise VerificationError(0, "证明文件说的是另一个文件")
    proof = value.get("timestamp")
    if proof is None:
        return None
    if not isinstance(proof, dict):
        raise ParseError("证明文件里没有时间戳")
    return _read_timestamp(proof)


def _read_timestamp(proof: Mapping[str, Any]) -> TimestampProof:
    try:
        kind = ProofKind(proof["kind"])
        token = base64.b64decode(proof["token"], validate=True)
        if kind is ProofKind.DETACHED:
            return TimestampProof(kind, token)
        path = tuple(bytes.fromhex(node) for node in proof["path"][:_PATH_MAX])
        index, size = proof["index"], proof["size"]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ParseError("证明文件里的时间戳不完整") from error
    if type(index) is not int or type(size) is not int:
        raise ParseError("证明文件里的序号不是整数")
    return TimestampProof(kind, token, index, size, path)
