"""`baozhen verify`: is this electronic policy genuine? Works without database and network."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from baozhen.foundation.trust_folder import PlatformTrust, read_trust, read_trust_folder
from baozhen.trust.crypto.digests import sha256
from baozhen.trust.errors import TrustError
from baozhen.trust.evidence import PROOF_BYTES_MAX, TimestampProof, parse_proof
from baozhen.trust.package import BYTES_MAX, PackageReport, check_package, is_package
from baozhen.trust.pdf.reader import FILE_BYTES_MAX
from baozhen.trust.report import VERDICT_WORDS, CheckResult, Report, Verdict
from baozhen.trust.verify import TrustAnchors, inspect

HELP: Final = """核验电子保单文件的真伪：结构、签名、覆盖范围、改动、证书、吊销、签署机构和时间。
不需要数据库，也不需要网络；本机平台在运行时，另外给出登记簿的说法（现行、已批改、已注销）。
步骤编号与 docs/verification.md 相同。
证据包（.zip）同样核验：清单、签章、包内文件、身份与意愿证据、操作记录、存证日志。

结论（verdict）：
  genuine      真实有效           tampered    已被改动
  untrusted    签名者不受信任     not_signed  未签名
  unsupported  不支持的格式       unreadable  无法识别

全部文件都真实有效时退出码为 0，否则为 1；用法或配置有误为 2。

信任哪些根证书，依次取自：--trust、环境变量 BAOZHEN_TRUST、平台的数据目录（<data>/trust）。
时间戳证明放在文件旁边：保单.pdf 的证明是 保单.pdf.proof.json，会自动读取。

例：
  baozhen verify 保单.pdf
  baozhen verify *.pdf --json --trust roots.pem --organization 示例财产保险股份有限公司
"""

RegisterWord = Callable[[str], str | None]
REGISTER_WORDS: Final = {
    "current": "现行有效",
    "superseded": "已被新的版本取代",
    "cancelled": "已注销",
    "unknown": "登记簿中没有这个文件",
}
_USAGE_ERROR = 2
_NO_TRUST = "没有信任的根证书：请用 --trust 指定（PEM 文件或目录），否则没有文件会是“真实有效”。"
_MARKS = {CheckResult.PASSED: "通过", CheckResult.FAILED: "未过", CheckResult.UNKNOWN: "未知"}
_CHECKOUT = Path(__file__).parents[4]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `verify`."""
    parser.add_argument("files", nargs="+", metavar="文件", help="要核验的文件")
    parser.add_argument("--json", action="store_true", help="每个文件输出一行 JSON")
    parser.add_argument(
        "--trust", type=Path, metavar="路径", help="信任的根证书：PEM 文件，或放 PEM 文件的目录"
    )
    parser.add_argument(
        "--proof", type=Path, metavar="路径", help="时间戳证明（.proof.json），只核验一个文件时可用"
    )
    parser.add_argument(
        "--at", type=_moment, metavar="时间", help="按这个时间核验（ISO 8601，带时区），默认为现在"
    )
    parser.add_argument("--organization", metavar="名称", help="应当由哪家机构签署")
    parser.add_argument("--offline", action="store_true", help="不查询本机平台的登记簿")


def run(args: argparse.Namespace, *, register_word: RegisterWord | None = None) -> int:
    """Verify the files and return the exit code.

    `register_word` is asked by SHA-256; without it the platform's register if one is at hand.
    """
    if args.proof is not None and len(args.files) > 1:
        print("--proof 只能在核验一个文件时使用", file=sys.stderr)
        return _USAGE_ERROR
    try:
        trust = trust_of(args)
    except (OSError, TrustError) as error:
        print(f"信任的根证书无法读取：{error}", file=sys.stderr)
        return _USAGE_ERROR
    if trust.is_empty and not args.json:
        print(_NO_TRUST, end="\n\n")
    at = args.at or datetime.now(UTC)
    register_word = register_word or _register(args)
    outcomes = [_verify(Path(name), args, trust, at) for name in args.files]
    for outcome in outcomes:
        if outcome.package is not None:
            print(_package_json(outcome) if args.json else _package_page(outcome))
            continue
        word = None
        if register_word is not None and outcome.report is not None:
            word = register_word(outcome.report.sha256)
        print(_json_line(outcome, word) if args.json else _page(outcome, word))
    return 0 if all(outcome.is_genuine for outcome in outcomes) else 1


@dataclass(frozen=True)
class _Outcome:
    """One file's report, or why there is none."""

    file: str
    report: Report | None
    problem: str = ""
    package: PackageReport | None = None

    @property
    def is_genuine(self) -> bool:
        if self.package is not None:
            return self.package.is_genuine
        return self.report is not None and self.report.verdict is Verdict.GENUINE


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"不是 ISO 8601 时间：{text}") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("时间要带时区，例如 2026-11-20T08:00:00+08:00")
    return moment


def trust_of(args: argparse.Namespace) -> PlatformTrust:
    """Return whom to trust: as named by `--trust`, by the environment, or the platform's own."""
    named = args.trust or (Path(given) if (given := os.environ.get("BAOZHEN_TRUST")) else None)
    if named is not None:
        trust = read_trust(named)
    else:
        is_production = os.environ.get("BAOZHEN_MODE") == "production"
        folder = _data_folder() / "trust"
        trust = read_trust_folder(folder, with_demonstration=not is_production)
    if args.organization:
        anchors = TrustAnchors(trust.anchors.roots, args.organization)
        trust = replace(trust, anchors=anchors)
    return trust


def _register(args: argparse.Namespace) -> RegisterWord | None:
    """Return the platform's register if there is a platform here; it is loaded only then."""
    is_external = bool(os.environ.get("DATABASE_URL"))
    if args.offline or not (is_external or (_data_folder() / "pg").is_dir()):
        return None
    try:
        register = importlib.import_module("baozhen.site.register")
    except ImportError:  # the core alone is installed
        return None
    word: RegisterWord | None = register.connect(is_external=is_external)
    return word


def _data_folder() -> Path:
    return Path(os.environ.get("BAOZHEN_DATA", _CHECKOUT / ".data"))


def _verify(path: Path, args: argparse.Namespace, trust: PlatformTrust, at: datetime) -> _Outcome:
    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_BYTES_MAX + 1)
            if is_package(data):
                data += stream.read(BYTES_MAX)
                return _Outcome(str(path), None, package=_package(data, trust, at))
        proof = _proof(path, args.proof, data)
    except OSError as error:
        return _Outcome(str(path), None, f"文件无法读取：{error.strerror}")
    except TrustError as error:
        return _Outcome(str(path), None, f"时间戳证明无法使用：{error}")
    report = inspect(
        data,
        anchors=trust.anchors,
        at=at,
        revocation=trust.revocation,
        detached_timestamp=proof,
    )
    return _Outcome(str(path), report)


def _proof(path: Path, given: Path | None, data: bytes) -> TimestampProof | None:
    beside = path.with_name(f"{path.name}.proof.json")
    source = given or (beside if beside.is_file() else None)
    if source is None:
        return None
    with source.open("rb") as stream:
        content = stream.read(PROOF_BYTES_MAX + 1)
    return parse_proof(content, file_sha256=sha256(data).hex())


def _package(data: bytes, trust: PlatformTrust, at: datetime) -> PackageReport:
    return check_package(data, anchors=trust.anchors, at=at, revocation=trust.revocation)


def _package_json(outcome: _Outcome) -> str:
    report = outcome.package.to_dict() if outcome.package else {}
    return json.dumps({"file": outcome.file, **report}, ensure_ascii=False)


def _package_page(outcome: _Outcome) -> str:
    word = "真实完整" if outcome.is_genuine else "没有通过核验"
    lines = [f"{outcome.file}：证据包{word}"]
    for check in outcome.package.checks if outcome.package else ():
        lines.append(f"  {check.step:>2} [{_MARKS[check.result]}] {check.title}：{check.detail}")
    return "\n".join(lines) + "\n"


def _json_line(outcome: _Outcome, word: str | None) -> str:
    if outcome.report is not None:
        return outcome.report.to_json(file=outcome.file, register=word)
    check = {"step": 1, "result": CheckResult.FAILED.value, "detail": outcome.problem}
    value = {
        "file": outcome.file,
        "verdict": Verdict.UNREADABLE.value,
        "signatures": [],
        "checks": [check],
    }
    return json.dumps(value, ensure_ascii=False)


def _page(outcome: _Outcome, word: str | None) -> str:
    if outcome.report is None:
        return f"{outcome.file}：{VERDICT_WORDS[Verdict.UNREADABLE]}（{outcome.problem}）\n"
    return "\n".join(_lines(outcome.file, outcome.report, word)) + "\n"


def _lines(file: str, report: Report, word: str | None) -> Iterator[str]:
    yield f"{file}：{VERDICT_WORDS[report.verdict]}（{report.verdict}）"
    if report.is_demo:
        yield "  注意：所依据的是演示用根证书，没有法律效力。"
    if word is not None:
        yield f"  登记：{REGISTER_WORDS.get(word, word)}"
    for signature in report.signatures:
        state = "有效" if signature.valid else "无效"
        trusted = "受信任" if signature.trusted else "不受信任"
        yield f"  签名 {signature.field}（{signature.algorithm or '无法识别'}）：{state}，{trusted}"
        yield f"    签署机构：{signature.organization or '未知'}"
        yield f"    证书：{signature.signer or '未知'}"
        if signature.timestamp_at is not None:
            moment = f"{signature.timestamp_at:%Y-%m-%d %H:%M:%S %Z}"
            yield f"    可信时间：{moment}（{signature.timestamp_by}）"
        if signature.note:
            yield f"    {signature.note}"
    for check in report.checks:
        yield f"  {check.step:>2} [{_MARKS[check.result]}] {check.title}：{check.detail}"
    yield f"  SHA-256 {report.sha256}"
