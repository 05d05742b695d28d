"""What production refuses: development keys and twins, DEBUG, an embedded database."""

import os
from collections.abc import Iterator, Mapping

from django.core.exceptions import ImproperlyConfigured

MODES = ("development", "production")


def unsafe_settings(settings: Mapping[str, object], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield one Chinese sentence for every setting that production must not have."""
    if settings["DEBUG"]:
        yield "DEBUG 处于打开状态：请去掉 BAOZHEN_DEBUG"
    if not environ.get("BAOZHEN_SECRET_KEY"):
        yield "没有设置 BAOZHEN_SECRET_KEY：生产环境不使用自动生成的开发密钥"
    if not environ.get("DATABASE_URL"):
        yield "没有设置 DATABASE_URL：内置数据库只供开发使用，请连接外部 PostgreSQL 15 以上集群"
    if not environ.get("BAOZHEN_DATA_KEYS"):
        yield "没有设置 BAOZHEN_DATA_KEYS：生产环境不使用开发数据密钥"
    if not settings["BAOZHEN_TSA_URLS"]:
        yield "没有设置 BAOZHEN_TSA_URLS：开发时间戳服务不能用于生产"
    if not settings["BAOZHEN_MAIL_URL"]:
        yield "没有设置 BAOZHEN_MAIL_URL：开发邮箱不能用于生产"
    if not str(settings["BAOZHEN_PUBLIC_URL"]).startswith("https://"):
        yield "BAOZHEN_PUBLIC_URL 必须以 https:// 开头：公网传输须加密"


def check_mode(settings: Mapping[str, object]) -> None:
    """Raise ImproperlyConfigured for an unknown mode, or for production with unsafe settings."""
    mode = settings["BAOZHEN_MODE"]
    if mode not in MODES:
        raise ImproperlyConfigured(f"BAOZHEN_MODE 只能是 {' 或 '.join(MODES)}，现在是 {mode}")
    if mode == "production" and (found := list(unsafe_settings(settings, os.environ))):
        raise ImproperlyConfigured("生产模式拒绝启动：\n- " + "\n- ".join(found))
