"""Where the time goes: processor time of each stage of issuing, and the floors beside it."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from baozhen.foundation import sealing
from baozhen.foundation.clock import now
from baozhen.foundation.storage import get_storage
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.accept import accept_proposals
from baozhen.insurance.policies.services.issue import issue_sealed
from baozhen.insurance.policies.services.outcomes import Candidate, Sender
from baozhen.insurance.policies.services.resources import process_sealer
from baozhen.insurance.policies.services.seal import seal_proposals, unissued_of
from baozhen.insurance.policies.services.silent import issuing_seal
from baozhen.trust.pdf.release import check_before_release
from bench.figures import Figure
from bench.generate import proposals

CHUNK = 50
CPU_RATIO_MAX = 1.5
Result = TypeVar("Result")


class Stopwatch:
    """Adds up processor time by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.runs: dict[str, int] = defaultdict(int)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.seconds[name] += time.process_time() - began
        self.runs[name] += 1


def measure(*, chunks: int = 4) -> list[Figure]:
    """Issue a few chunks in this process and time each stage; then the floors alone."""
    watch = Stopwatch()
    sender = Sender(client="bench", timestamp_mode="aggregated")
    for chunk in range(chunks + 1):
        first = 2_000_000 + chunk * CHUNK
        raws = proposals(CHUNK, first=first, forms=("car", "new_energy"))
        candidates = [Candidate(line=line, raw=raw) for line, raw in enumerate(raws)]
        with watch("accept"):
            acceptance = accept_proposals(candidates, sender, at=now(), follow=False)
        unissued = unissued_of(acceptance.numbered)
        with watch("seal"):
            done = seal_proposals(unissued, mode="aggregated")
        with watch("issue"):
            issue_sealed(done, mode="aggregated", actor="bench")
        if not chunk:
            watch = Stopwatch()  # the first chunk warms the caches
    policies = chunks * CHUNK * 2
    whole = sum(watch.seconds.values()) / policies * 1e3
    floors = _floors()
    # Each policy brings half a mark, which is laid out and signed like any document.
    signing = floors["一次 RSA-2048 签名"] + floors["一次 SM2 签名"]
    floor = floors["Typst 排版一张保单"] + floors["Typst 排版一张标志"] / 2 + signing * 1.5
    figures = [
        Figure(
            name="处理器时间 ÷ 下限（每份文件：Typst 排版 + 一次 RSA-2048 + 一次 SM2 签名）",
            value=whole / floor,
            unit="倍",
            at_most=CPU_RATIO_MAX,
        ),
        Figure(name="　其中每张保单，含半份电子保险标志", value=whole, unit="毫秒"),
        Figure(name="　下限，同上", value=floor, unit="毫秒"),
    ]
    names = {"accept": "读入、校验、编号", "seal": "签章与存储", "issue": "时间戳与出单"}
    figures += [
        Figure(name=f"　{names[name]}", value=seconds / policies * 1e3, unit="毫秒")
        for name, seconds in watch.seconds.items()
    ]
    figures += [
        Figure(name=f"下限：{name}", value=value, unit="毫秒") for name, value in floors.items()
    ]
    return figures + _sealing_stages()


def _floors() -> dict[str, float]:
    """Return the milliseconds of the three unavoidable things, each alone."""
    sealer = process_sealer(issuing_seal())
    at = now().replace(microsecond=0)
    policies, marks = (
        [_request(file, at) for file in PolicyFile.objects.filter(kind=kind).order_by("-id")[:60]]
        for kind in ("policy", "mark")
    )
    keys = sealer._keys
    return {
        "Typst 排版一张保单": _mean(lambda n: sealer._render(policies[n]), len(policies)),
        "Typst 排版一张标志": _mean(lambda n: sealer._render(marks[n]), len(marks)),
        "一次 RSA-2048 签名": _mean(lambda _: keys.rsa.signer.sign(b"x" * 100), 200),
        "一次 SM2 签名": _mean(lambda _: keys.sm2.signer.sign(b"x" * 100), 200),
    }


def _sealing_stages() -> list[Figure]:
    watch = Stopwatch()
    sealer = process_sealer(issuing_seal())
    at = now().replace(microsecond=0)
    for file in PolicyFile.objects.order_by("-id")[:90]:
        request = _request(file, at)
        kind = "标志" if file.kind == "mark" else "保单"
        with watch(f"{kind}：排版"):
            pdf = sealer._render(request)
        with watch(f"{kind}：检查可否签名"):
            document = sealer._lint(pdf)
        template = sealer._renderer.template(request.template, request.version)
        appearance = sealer._appearance(template)
        with watch(f"{kind}：双签名"):
            data = sealer._sign_once(document, request, appearance)
        with watch(f"{kind}：放行前核对"):
            check_before_release(data, document, sm2=sealer._keys.sm2, rsa=sealer._keys.rsa)
        with watch(f"{kind}：加密存储"):
            get_storage().put(data)
    return [
        Figure(name=f"　　{name}", value=watch.seconds[name] / watch.runs[name] * 1e3, unit="毫秒")
        for name in sorted(watch.seconds)
    ]


def _request(file: PolicyFile, at: object) -> sealing.SealRequest:
    return sealing.SealRequest(
        template=file.template_code, version=file.template_version, data=file.content, at=at
    )


def _mean(step: Callable[[int], Result], runs: int) -> float:
    step(0)
    began = time.process_time()
    for number in range(runs):
        step(number)
    return (time.process_time() - began) / runs * 1e3
