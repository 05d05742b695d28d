"""`baozhen tsa`: the development time-stamping service."""

import argparse

from baozhen.foundation.clock import now
from baozhen.foundation.errors import BaozhenError
from baozhen.signing.certificates.demonstration import demonstration_folder, make_or_renew
from baozhen.signing.organizations.insurer import get_insurer
from baozhen.site.devtsa import DevelopmentTSA
from baozhen.trust.x509.hierarchy import Identity

HELP = """运行开发用时间戳服务（RFC 3161）。演示专用：时间戳没有法律效力，生产模式拒绝启动。

两个地址：
  POST http://127.0.0.1:端口/sm2    SM2 签名的时间戳
  POST http://127.0.0.1:端口/rsa    RSA 签名的时间戳

让平台使用它：
  BAOZHEN_TSA_URLS=sm3:http://127.0.0.1:3161/sm2,sha256:http://127.0.0.1:3161/rsa
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--host", default="127.0.0.1", help="监听地址（默认 127.0.0.1）")
    parser.add_argument("--port", type=int, default=3161, help="端口（默认 3161）")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; 2 when the mode forbids it."""
    try:
        identities = load_identities()
    except BaozhenError as error:
        print(error)
        return 2
    with DevelopmentTSA((args.host, args.port), identities=identities, now=now) as server:
        print(
            f"演示时间戳服务（没有法律效力）：{server.url}/sm2 与 {server.url}/rsa，按 Ctrl-C 结束"
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("已停止")
    return 0


def load_identities() -> dict[str, Identity]:
    """Return the demonstration authorities by path, made when there are none yet.

    Raises DevelopmentOnly in production.
    """
    folder = demonstration_folder()
    make_or_renew(folder, organization=get_insurer().name, at=now())
    return {family: folder.identity(family, "tsa") for family in ("sm2", "rsa")}
