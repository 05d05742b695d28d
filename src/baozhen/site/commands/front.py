"""`baozhen front`: the front server of the DMZ. It needs no database and holds no data."""

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from baozhen.site.front.configuration import FrontSettings
from baozhen.site.front.routes import DEFAULT, read_routes

HELP = """前置服务：放在隔离区（DMZ），只放行名单内的页面和接口，流式转发给核心平台。
不连数据库，不存数据；核心平台原样运行在后面。

向核心平台证明自己的身份：--key-file（HMAC，与核心的 BAOZHEN_FRONT_KEY_FILE 相同），
或 --client-certificate（双向 TLS），或两者都用。
外部单位的登录和页面只在有 --key-file 时放行（--no-partners 关闭）；员工一律不能从这里登录。
健康检查：GET /front/health
"""
_USAGE_ERROR = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--core", required=True, metavar="地址", help="核心平台，如 https://core:8443"
    )
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, default=8090, help="端口（默认 8090）")
    parser.add_argument("--workers", type=int, default=1, help="进程数（默认 1）")
    parser.add_argument("--certificate", type=Path, metavar="文件", help="对外的 TLS 证书（PEM）")
    parser.add_argument("--certificate-key", type=Path, metavar="文件", help="对外的 TLS 私钥")
    parser.add_argument("--key-file", type=Path, metavar="文件", help="与核心共享的签名密钥")
    parser.add_argument("--client-certificate", type=Path, metavar="文件", help="双向 TLS 的证书")
    parser.add_argument("--client-key", type=Path, metavar="文件", help="双向 TLS 的私钥")
    parser.add_argument("--authority", type=Path, metavar="文件", help="核心证书的签发机构（PEM）")
    parser.add_argument("--routes", type=Path, metavar="文件", help="放行名单（JSON）")
    parser.add_argument(
        "--no-partners", action="store_true", help="不放行外部单位的登录和页面（默认放行）"
    )
    parser.add_argument(
        "--body-max", type=int, default=20, metavar="MiB", help="请求上限（默认 20）"
    )
    parser.add_argument(
        "--requests-a-minute",
        type=int,
        default=1200,
        metavar="次",
        help="每个来源每分钟（默认 1200）",
    )


def settings_of(args: argparse.Namespace) -> FrontSettings:
    """Return the settings that the options say."""
    return FrontSettings(
        core=args.core.rstrip("/"),
        key_file=_text(args.key_file),
        client_certificate=_text(args.client_certificate),
        client_key=_text(args.client_key),
        authority=_text(args.authority),
        routes=_text(args.routes),
        partners=not args.no_partners,
        body_mebibytes_max=args.body_max,
        requests_a_minute=args.requests_a_minute,
    )


def command_line(args: argparse.Namespace) -> list[str]:
    """Return the command that serves."""
    options = ["--interface", "asgi", "--host", args.host, "--port", str(args.port)]
    options += ["--workers", str(args.workers), "--no-ws", "--no-access-log"]
    if args.certificate:
        options += ["--ssl-certificate", str(args.certificate)]
        options += ["--ssl-keyfile", str(args.certificate_key)]
    return [sys.executable, "-m", "granian", *options, "baozhen.site.front.asgi:application"]


def run(args: argparse.Namespace) -> int:
    """Become the front server."""
    parts = urlsplit(args.core)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        print(f"核心平台的地址不正确：{args.core}", file=sys.stderr)
        return _USAGE_ERROR
    try:
        read_routes(args.routes or DEFAULT)
    except (OSError, ValueError) as error:
        print(f"放行名单无法读取：{error}", file=sys.stderr)
        return _USAGE_ERROR
    settings = settings_of(args)
    if settings.partners and not settings.lets_partners_in:
        print("没有 --key-file：核心认不出来自外网的登录，外部单位的页面不放行。", file=sys.stderr)
    return _become(command_line(args), settings)


def _become(command: list[str], settings: FrontSettings) -> NoReturn:
    os.execve(command[0], command, {**os.environ, **settings.to_environment()})


def _text(path: Path | None) -> str:
    return str(path.resolve()) if path else ""
