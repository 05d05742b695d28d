"""The health checks of the running platform, for `baozhen doctor` and the console."""

import secrets
from pathlib import Path

from django.conf import settings
from django.db import connection

from baozhen.foundation.clock import now
from baozhen.foundation.confinement import obstacle
from baozhen.foundation.health import Check
from baozhen.foundation.jobs.models import ParkedJob
from baozhen.foundation.jobs.queries import queue_depths
from baozhen.foundation.keys.keyring import get_keyring
from baozhen.foundation.sealing import signing_failures
from baozhen.foundation.sealing.probes import sign_probe
from baozhen.foundation.storage import get_storage
from baozhen.insurance.applications.ocr import is_available
from baozhen.insurance.payments.channels.checking import check_channels
from baozhen.insurance.policies.models import PolicyFile
from baozhen.insurance.policies.services.silent import issuing_seal
from baozhen.insurance.policies.states import TimestampState
from baozhen.signing.certificates.queries import (
    active_certificates,
    check_bindings,
    check_revocation,
    expiring_bindings,
)
from baozhen.signing.organizations.extent import is_alone
from baozhen.signing.seals.errors import NoSealFits
from baozhen.signing.seals.models import SealGrant
from baozhen.signing.seals.states import GrantState
from baozhen.trust.crypto.keys import Algorithm
from baozhen.trust.pdf.fonts import FontSet
from baozhen.trust.x509.parse import parse_certificate

PROBE_BYTES = 32
WAITING_SECONDS_MAX = 300
URGENT_DAYS = 30


class Unhealthy(RuntimeError):
    """A check found something that a person should look at; the message says what to do."""


def database() -> tuple[str, ...]:
    """The server answers; say which it is."""
    with connection.cursor() as cursor:
        cursor.execute("select current_setting('server_version')")
        version = cursor.fetchone()[0]
    return (f"PostgreSQL {version}",)


def fonts() -> tuple[str, ...]:
    """The font set is whole."""
    found = FontSet.open(Path(settings.BAOZHEN_FONTS))
    return (f"字库摘要 {found.sha256[:16]}…",)


def certificates() -> tuple[str, ...]:
    """Each active binding signs a probe that the second implementation verifies."""
    at = now()
    active = active_certificates(at)
    missing = {Algorithm.SM2_SM3, Algorithm.RSA_SHA256} - set(active)
    if missing:
        names = "、".join(sorted(missing))
        raise Unhealthy(f"缺少可用的签章证书绑定：{names}。请在控制台“证书”页导入并启用")
    lines = []
    for algorithm, bound in active.items():
        sign_probe(bound.key_reference, parse_certificate(bound.certificate), at=at)
        lines.append(
            f"{bound.organization} {algorithm} 试签通过，有效至 {bound.not_after:%Y-%m-%d}"
        )
    return tuple(lines)


def issuing() -> tuple[str, ...]:
    """The insurer has a seal for its policies, and programs may use it."""
    try:
        seal = issuing_seal()
    except NoSealFits as missing:
        raise Unhealthy(
            "没有可用于电子保单的在用印章：请在控制台“印章”页制作，并授权静默用印"
        ) from missing
    grants = SealGrant.objects.filter(seal=seal, state=GrantState.ACTIVE, is_silent=True)
    if not grants.exists():
        raise Unhealthy(f"印章“{seal.name}”没有静默用印的授权：请在控制台“印章”页授权")
    return (f"电子保单用印：{seal.name}",)


def expiry() -> tuple[str, ...]:
    """No certificate in use ends within the last warning."""
    notices = expiring_bindings(now())
    days = min((notice.days_left for notice in notices), default=None)
    if days is not None and days <= URGENT_DAYS:
        raise Unhealthy(f"有证书将在 {days} 天内到期：请在控制台“证书”页更换")
    return (f"{len(notices)} 张证书在 90 天内到期" if notices else "90 天内没有证书到期",)


def data_keys() -> tuple[str, ...]:
    """Personal data can be encrypted and read again."""
    ring = get_keyring()
    probe = secrets.token_bytes(PROBE_BYTES)
    if ring.open_sealed(ring.seal(probe, aad=b"probe"), aad=b"probe") != probe:
        raise Unhealthy("数据密钥自检失败：请检查 BAOZHEN_DATA_KEYS")
    return ("数据加密自检通过",)


def storage() -> tuple[str, ...]:
    """The archive takes an object and gives it back."""
    probe = b"baozhen health probe"
    store = get_storage()
    address = store.put(probe)
    if store.get(address) != probe:
        raise Unhealthy("归档存储读回的内容与写入的不同")
    return (type(store).__name__,)


def jobs() -> tuple[str, ...]:
    """No lane is stuck, no job waits for a person."""
    parked = ParkedJob.objects.filter(retried_at__isnull=True).count()
    if parked:
        raise Unhealthy(f"{parked} 个任务被搁置：请在控制台“搁置的任务”页处理")
    depths = queue_depths()
    stuck = [depth.queue for depth in depths if depth.oldest_seconds > WAITING_SECONDS_MAX]
    if stuck:
        raise Unhealthy(f"队列 {'、'.join(stuck)} 的任务等待过久：请检查任务进程是否在运行")
    return tuple(
        f"{depth.queue}：等待 {depth.waiting}，进行中 {depth.running}" for depth in depths
    ) or ("没有等待的任务",)


def signing() -> tuple[str, ...]:
    """No signature of this process failed its check before release."""
    failures = sum(signing_failures().values())
    if failures:
        raise Unhealthy(f"本进程有 {failures} 次签章失败：见日志与指标 baozhen_signing_failures")
    return ("本进程没有签章失败",)


def timestamps() -> tuple[str, ...]:
    """No file waits for its timestamp."""
    pending = PolicyFile.objects.filter(timestamp_state=TimestampState.PENDING).count()
    if pending:
        raise Unhealthy(f"{pending} 份文件等待时间戳：时间戳服务恢复后会自动补办")
    return ("没有等待时间戳的文件",)


def payments() -> tuple[str, ...]:
    """Every configured channel's keys and certificates can work."""
    return check_channels(now())


def children() -> tuple[str, ...]:
    """Whether processes that meet bytes of strangers have no network; they work either way."""
    reason = obstacle()
    if reason:
        return (
            f"解析子进程没有自己的网络命名空间（{reason}）：其余限制照常；"
            "请允许服务账户建立用户命名空间（user.max_user_namespaces、容器的 seccomp 配置）",
        )
    return ("解析子进程没有网络",)


def photos() -> tuple[str, ...]:
    """Whether papers can be read from photos; without it everything is typed."""
    if is_available():
        return ("已安装 [ocr]：投保页面可以拍行驶证、身份证",)
    return ("未安装 [ocr]：投保页面不显示拍照，全部手工填写（pip install 'baozhen[ocr]'）",)


CHECKS: dict[str, Check] = {
    "数据库": database,
    "字库": fonts,
    "数据密钥": data_keys,
    "签章证书": certificates,
    "证书自检": check_bindings,
    "出单印章": issuing,
    "证书期限": expiry,
    "吊销信息": check_revocation,
    "归档存储": storage,
    "支付渠道": payments,
    "子进程隔离": children,
    "照片识别": photos,
    "任务队列": jobs,
    "签章": signing,
    "时间戳": timestamps,
}
INSURANCE_CHECKS = frozenset({"出单印章", "支付渠道", "照片识别", "时间戳"})


def checks() -> dict[str, Check]:
    """Return the checks of what is open: a signing centre that stands alone issues no policies."""
    return {
        name: check
        for name, check in CHECKS.items()
        if not (is_alone() and name in INSURANCE_CHECKS)
    }
