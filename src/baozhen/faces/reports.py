"""What a verification report means, in plain Chinese. Pure: a report in, words out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from baozhen.faces.templatetags.faces import stamp


@dataclass(frozen=True)
class Answer:
    """The headline of a verification: word, icon and tone together, never colour alone."""

    title: str
    sentence: str
    tone: str
    icon: str
    next: str = ""
    unfold: bool = False


# The register's word is a second axis (current, superseded, cancelled, unknown).
_GENUINE: Mapping[str, Answer] = {
    "current": Answer(
        "真实有效",
        "这份文件由我公司签发，签章之后内容没有改动，与我公司登记的现行版本一致。",
        "jade",
        "shield-check",
    ),
    "superseded": Answer(
        "真实，已批改",
        "这份文件由我公司签发，内容没有改动，但保单后来办理过批改，它已不是现行版本。",
        "amber",
        "clock",
        "请查询并下载最新版本。",
    ),
    "changed": Answer(
        "真实，已批改",
        "这份保单由我公司签发，内容没有改动；签发之后办理过批改，以保单和批单合在一起的内容为准。",
        "amber",
        "clock",
        "请查询保单，查看并下载全部批单。",
    ),
    "cancelled": Answer(
        "真实，已注销",
        "这份文件由我公司签发，内容没有改动，但对应的保单已经注销，不再提供保障。",
        "amber",
        "clock",
        "如对注销有疑问，请联系我公司客服。",
    ),
    "unknown": Answer(
        "签章真实，未找到登记",
        "文件的签章真实、内容没有改动，但我公司的登记中没有这份文件。",
        "amber",
        "question",
        "请联系我公司客服核实文件状态，核实之前请勿仅凭此文件办理业务。",
    ),
}
# A signing task's file has no versions; its parties may have agreed to void it.
_OF_TASKS: Mapping[str, Answer] = {
    "current": Answer(
        "真实有效",
        "这份文件的签署真实，签署之后内容没有改动，与我公司登记的一致。",
        "jade",
        "shield-check",
    ),
    "cancelled": Answer(
        "真实，已作废",
        "这份文件的签署真实，内容没有改动，但签署各方后来同意作废，它不再有效。",
        "amber",
        "clock",
        "如对作废有疑问，请联系我公司客服。",
    ),
}
_STRANGERS = Answer(
    "签章真实，非我公司签发",
    "文件由其他机构或个人签署，签名有效、内容没有改动，签名证书来自我公司认可的认证机构；"
    "它不是我公司签发的文件。",
    "amber",
    "shield-check",
    "签署者的名称见下方；文件的效力请向签署者核实。",
)
_OTHERS: Mapping[str, Answer] = {
    "tampered": Answer(
        "已被改动",
        "这份文件与签章时不一致：签章之后被人改过，或签章被破坏。请不要采信它的内容。",
        "seal",
        "shield-cross",
        "请向发送者索要原文件，或在本站重新下载；如怀疑有人伪造文件，请联系我公司客服。",
        unfold=True,
    ),
    "untrusted": Answer(
        "签名者不受信任",
        "文件上有签名，但签名者不是我公司，或多了一个不明的签名。请不要把它当作我公司的文件。",
        "seal",
        "shield-cross",
        "请联系我公司客服核实。",
        unfold=True,
    ),
    "not_signed": Answer(
        "未签名",
        "这个 PDF 里没有电子签章，无法证明它由谁出具，也无法证明内容没有改动。",
        "quiet-box",
        "file-question",
        "打印、截图、另存或转换都会失去签章。请上传收到的原文件，或在本站下载签章原件。",
    ),
    "unsupported": Answer(
        "无法识别",
        "文件使用了本系统不支持的格式或签章方式，无法判断真假；这不等于它被改动过。",
        "quiet-box",
        "file-question",
        "请上传本公司发送的原文件，或联系客服协助核验。",
        unfold=True,
    ),
    "unreadable": Answer(
        "无法识别",
        "这个文件打不开：不是 PDF，或在传输中损坏。",
        "quiet-box",
        "file-question",
        "请确认选择的是收到的 PDF 原文件，重新上传。",
    ),
}


def answer_for(
    verdict: str, word: str, *, is_strangers: bool = False, is_task: bool = False
) -> Answer:
    """Return the headline for a verdict and the register's word; `is_task`: a signing task's."""
    if is_strangers:
        return _STRANGERS
    if verdict == "genuine" and is_task and word in _OF_TASKS:
        return _OF_TASKS[word]
    if verdict == "genuine":
        return _GENUINE.get(word, _GENUINE["unknown"])
    return _OTHERS.get(verdict, _OTHERS["unreadable"])


_RESULTS: Mapping[str, tuple[str, str, str]] = {
    "passed": ("通过", "jade", "check"),
    "failed": ("不通过", "seal", "cross"),
    "unknown": ("暂不能判断", "amber", "question"),
}


def checks_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the numbered checks with their word, tone and icon."""
    return [
        {**check, **dict(zip(("word", "tone", "icon"), _RESULTS[check["result"]], strict=True))}
        for check in report.get("checks", ())
    ]


def counts_of(report: Mapping[str, Any]) -> dict[str, int]:
    """Count the checks by result."""
    results = [check["result"] for check in report.get("checks", ())]
    return {name: results.count(name) for name in _RESULTS}


_ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "sm2-sm3": (
        "国密签章（SM2）",
        "Adobe Reader、浏览器等常用阅读器不认识国密算法，会显示“未知”或“无法验证”，"
        "这不表示文件有问题。请以本页结果为准。",
    ),
    "rsa-sha256": (
        "国际算法签章（RSA）",
        "Adobe Reader 等能验证签名的阅读器会显示签名信息。证书在阅读器的信任列表内时显示"
        "“签名有效”，不在列表内时显示“身份未知”；浏览器自带的阅读器不显示签名。",
    ),
    "ecdsa-p256-sha256": (
        "国际算法签章（ECDSA）",
        "支持 ECDSA 的阅读器能验证这个签名，其他阅读器会显示“未知”。",
    ),
}


def signatures_of(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each signature as a reader sees it: who, when, whether it holds."""
    return [_signature(summary) for summary in report.get("signatures", ())]


def _signature(summary: Mapping[str, Any]) -> dict[str, Any]:
    algorithm = str(summary["algorithm"])
    name, reader = _ALGORITHMS.get(algorithm, (f"其他签名（{algorithm or '未知算法'}）", ""))
    state, tone, icon = _signature_state(summary)
    return {
        "name": name,
        "reader": reader or "视阅读器支持的算法而定。",
        "state": state,
        "tone": tone,
        "icon": icon,
        "facts": _signature_facts(summary),
    }


def _signature_state(summary: Mapping[str, Any]) -> tuple[str, str, str]:
    if not summary["valid"]:
        return "不成立", "seal", "cross"
    if not summary["trusted"]:
        return "成立，签名者不受信任", "seal", "alert"
    return "成立", "jade", "check"


def _signature_facts(summary: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return what the signature says of itself; what does not hold is only a claim."""
    holds = summary["valid"] and summary["trusted"]
    signer = summary["organization"] or summary["signer"] or "无法读取"
    facts = [
        ("签章单位" if holds else "自称的单位", signer),
        ("签署时间", _instant(summary["signed_at"])),
    ]
    if summary["timestamp_at"]:
        attested = _instant(summary["timestamp_at"])
        facts.append(("时间戳", f"{attested}（{summary['timestamp_by']}）"))
    facts.append(("证书序列号", summary["serial"] or "无法读取"))
    if summary["note"] and not holds:
        facts.append(("说明", summary["note"]))
    return facts


def _instant(value: datetime | str | None) -> str:
    return stamp(value) if value else "未注明"


_WORDS: Mapping[str, tuple[str, str, str]] = {
    "current": ("有效", "jade", "check"),
    "superseded": ("已批改", "amber", "clock"),
    "changed": ("有批改", "azure", "info"),
    "cancelled": ("已注销", "amber", "clock"),
    "expired": ("保障期已满", "amber", "clock"),
    "not_started": ("未到起保时间", "azure", "clock"),
}


def word_of(word: str) -> dict[str, Any]:
    """Return the register's word on a policy with its tone and icon."""
    label, tone, icon = _WORDS.get(word, ("没有登记", "amber", "question"))
    return {"label": label, "tone": tone, "icon": icon, "facts": []}
