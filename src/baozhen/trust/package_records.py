"""The records inside an evidence package: chained acts, the public log, notaries' receipts.

Each check answers for one step of `trust.package`; nothing is taken on trust from the package.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from baozhen.trust.crypto.digests import sha256
from baozhen.trust.crypto.keys import Algorithm, verify_signature
from baozhen.trust.errors import ParseError, TrustError, VerificationError
from baozhen.trust.judgement import TrustAnchors
from baozhen.trust.log.merkle import leaf_hash, verify_inclusion
from baozhen.trust.report import Check, CheckResult
from baozhen.trust.signed_checkpoints import signed_checkpoint
from baozhen.trust.x509.revocation import RevocationEvidence

_GENESIS: Final = bytes(32).hex()


class PackageStep(IntEnum):
    """The steps of checking a package; the numbers stand in docs/howto/files.md."""

    READABLE = 1
    COMPLETE = 2
    SEALED = 3
    BOUND = 4
    DOCUMENTS = 5
    EVIDENCE = 6
    AUDIT = 7
    LOG = 8
    NOTARY = 9


STEP_TITLES: Mapping[PackageStep, str] = {
    PackageStep.READABLE: "证据包完整可读",
    PackageStep.COMPLETE: "清单与各文件相符，不多不少",
    PackageStep.SEALED: "经过说明的签章真实有效",
    PackageStep.BOUND: "签章覆盖清单",
    PackageStep.DOCUMENTS: "签署文件真实有效",
    PackageStep.EVIDENCE: "身份与意愿证据指向包内文件",
    PackageStep.AUDIT: "操作记录首尾相连，没有缺失",
    PackageStep.LOG: "操作记录在存证日志之内",
    PackageStep.NOTARY: "第三方存证回执与包内文件相符",
}


def chain_file(lines: Iterable[tuple[str, bytes]]) -> bytes:
    """Return one object's record: each line as it was hashed, with its digest."""
    entries = [{"line": line, "sha256": digest.hex()} for line, digest in lines]
    return json.dumps(entries, ensure_ascii=False, indent=1).encode()


def check_audit(files: Mapping[str, bytes]) -> Check:
    """Say whether the records of acts are whole and chained."""
    count = 0
    try:
        for path, body in under(files, "audit/", ".json"):
            for entry in _walk(path, body):
                count += bool(entry)
    except (ParseError, VerificationError, KeyError, TypeError, IndexError) as error:
        return step_check(PackageStep.AUDIT, CheckResult.FAILED, f"{error}")
    if not count:
        return step_check(PackageStep.AUDIT, CheckResult.FAILED, "包内没有操作记录")
    return step_check(
        PackageStep.AUDIT, CheckResult.PASSED, f"{count} 条记录，摘要和前后相连都正确"
    )


def _walk(path: str, body: bytes) -> Iterator[str]:
    """Yield the digests of one chain; VerificationError where it breaks."""
    previous = _GENESIS
    for position, entry in enumerate(read_json(body)):
        line = str(entry["line"])
        said = json.loads(line)
        digest = hashlib.sha256(line.encode()).hexdigest()
        if digest != entry["sha256"] or said[1] != previous or said[4] != position:
            raise VerificationError(0, f"{path} 第 {position + 1} 条与前后不相连或被改动")
        previous = digest
        yield digest


def log_file(*, digest: bytes, index: int, size: int, path: Iterable[bytes], note: bytes) -> bytes:
    """Return the proof that the act with this digest is leaf `index` of the log of `size`."""
    value = {
        "digest": digest.hex(),
        "index": index,
        "size": size,
        "path": [node.hex() for node in path],
        "checkpoint": base64.b64encode(note).decode(),
    }
    return json.dumps(value, indent=1).encode()


def check_log(
    files: Mapping[str, bytes], anchors: TrustAnchors, known: RevocationEvidence
) -> Check:
    """Say whether acts of the package are in the log whose checkpoints our company signed."""
    try:
        acts = {d for p, b in under(files, "audit/", ".json") for d in _walk(p, b)}
        brought = [body for _, body in under(files, "certificates/", ".cer")]
        signers: dict[str, None] = {}
        count = 0
        for path, body in under(files, "log/", ".json"):
            value = read_json(body)
            if value["digest"] not in acts:
                raise VerificationError(0, f"{path} 证明的不是包内的操作记录")
            note = base64.b64decode(value["checkpoint"])
            found = signed_checkpoint(note, brought, anchors=anchors, revocation=known)
            signers |= dict.fromkeys(found.signers)
            if found.checkpoint.size != value["size"]:
                raise VerificationError(0, f"{path} 与检查点的大小不符")
            verify_inclusion(
                leaf_hash(bytes.fromhex(value["digest"])),
                index=value["index"],
                size=value["size"],
                path=[bytes.fromhex(node) for node in value["path"]],
                expected_root=found.checkpoint.root_sha256,
            )
            count += 1
    except (TrustError, KeyError, TypeError, ValueError, IndexError) as error:
        return step_check(PackageStep.LOG, CheckResult.FAILED, f"{error}")
    if not count:
        return step_check(PackageStep.LOG, CheckResult.UNKNOWN, "生成时记录还没有进入日志")
    told = f"{count} 条记录在检查点之内，检查点由 {'、'.join(signers)} 签名"
    return step_check(PackageStep.LOG, CheckResult.PASSED, told)


def notary_file(
    *, text: str, signature: str, algorithm: str, public_key: str, manifest: bytes
) -> bytes:
    """Return a receipt as a package holds it; signature and key are Base64."""
    value = {
        "receipt": text,
        "signature": signature,
        "algorithm": algorithm,
        "public_key": public_key,
        "manifest": manifest.decode(),
    }
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def check_notary(files: Mapping[str, bytes]) -> Check:
    """Say whether each receipt holds and speaks of the documents of this package.

    The notary's key cannot be known here: its fingerprint is told, to be compared with the one
    that the notary publishes.
    """
    told = []
    try:
        documents = {p: sha256(b).hex() for p, b in under(files, "documents/", ".pdf")}
        for path, body in under(files, "notary/", ".json"):
            value = read_json(body)
            text, key = str(value["receipt"]), base64.b64decode(value["public_key"])
            verify_signature(
                key,
                text.encode(),
                base64.b64decode(value["signature"]),
                algorithm=Algorithm(value["algorithm"]),
            )
            said, manifest = read_json(text.encode()), str(value["manifest"]).encode()
            if said["hash"] != sha256(manifest).hex():
                raise VerificationError(0, f"{path} 的回执所说的不是随附的清单")
            named = {one["path"]: one["sha256"] for one in read_json(manifest)["files"]}
            if not documents or any(named.get(p) != d for p, d in documents.items()):
                raise VerificationError(0, f"{path} 存证的清单与包内文件不符")
            told.append(
                f"{said['service']} {said['number']}（{said['recorded_at']}，"
                f"公钥 SHA-256 {sha256(key).hex()[:16]}…，请与该机构公布的核对）"
            )
    except (TrustError, KeyError, TypeError, ValueError, IndexError) as error:
        return step_check(PackageStep.NOTARY, CheckResult.FAILED, f"{error}")
    if not told:
        return step_check(PackageStep.NOTARY, CheckResult.UNKNOWN, "没有第三方存证回执")
    return step_check(PackageStep.NOTARY, CheckResult.PASSED, "；".join(told))


def under(files: Mapping[str, bytes], folder: str, ending: str) -> list[tuple[str, bytes]]:
    """Return the files of a folder with this ending."""
    return [(p, b) for p, b in files.items() if p.startswith(folder) and p.endswith(ending)]


def read_json(data: bytes) -> Any:
    """Return the value, or raise ParseError."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ParseError("不是 JSON") from error


def step_check(step: PackageStep, result: CheckResult, detail: str) -> Check:
    """Return the answer to one step."""
    return Check(step.value, STEP_TITLES[step], result, detail)
