"""What production refuses: development keys and twins, DEBUG, an embedded database."""

import os
from collections.abc import Iterator, Mapping

from django.core.exceptions import ImproperlyConfigured

MODES = ("development", "production")


NEEDED_IN_ENVIRONMENT = {
    "BAOZHEN_SECRET_KEY": "生产环境不使用自动生成的开发密钥",
    "DATABASE_URL": "内置数据库只供开发使用，请连接外部 PostgreSQL 15 以上集群",
    "BAOZHEN_DATA_KEYS": "生产环境不使用开发数据密钥",
    "BAOZHEN_TSA_ANCHORS": "请给出时间戳机构根证书文件（PEM）",
}
NEEDED_SETTINGS = {
    "BAOZHEN_TSA_URLS": "开发时间戳服务不能用于生产",
    "BAOZHEN_MAIL_URL": "开发邮箱不能用于生产",
}


def unsafe_settings(settings: Mapping[str, object], environ: Mapping[str, str]) -> Iterator[str]:
    """Yield one Chinese sentence for every setting that production must not have."""
    if settings["DEBUG"]:
        yield "DEBUG 处于打开状态：请去掉 BAOZHEN_DEBUG"
    for source, needed in ((environ, NEEDED_IN_ENVIRONMENT), (settings, NEEDED_SETTINGS)):
        for name, reason in needed.items():
            if not source.get(name):
                yield f"没有设置 {name}：{reason}"
    if environ.get("BAOZHEN_CLOCK"):
        yield "设置了 BAOZHEN_CLOCK：演示时钟不能用于生产"
    if not str(settings["BAOZHEN_PUBLIC_URL"]).startswith("https://"):
        yield "BAOZHEN_PUBLIC_URL 必须以 https:// 开头：公网传输须加密"


def check_mode(settings: Mapping[str, object]) -> None:
    """Raise ImproperlyConfigured for an unknown mode, or for production with unsafe settings."""
    mode = settings["BAOZHEN_MODE"]
    if mode not in MODES:
        raise ImproperlyConfigured(f"BAOZHEN_MODE 只能是 {' 或 '.join(MODES)}，现在是 {mode}")
    if mode == "production" and (found := list(unsafe_settings(settings, os.environ))):
        raise ImproperlyConfigured("生产模式拒绝启动：\n- " + "\n- ".join(found))
