"""`baozhen backup`: the database, the archive, and which keys belong to them, in one place."""

import argparse
import sys
import time
from pathlib import Path

from django.conf import settings

from baozhen.foundation.clock import now
from baozhen.site.backup.errors import BackupRefused
from baozhen.site.backup.manifest import LOCAL
from baozhen.site.backup.taking import prune, take
from baozhen.site.commands.saying import Saying

HELP = """把整个平台备份到一个目录，可以在平台运行时进行：

  数据库        pg_dump，同一时刻的完整内容
  归档          只复制新增的文件（写入后不变），仍是密文
  信任目录      信任的根证书
  密钥          只记指纹；加 --with-keys 才复制（备份目录就必须像密钥一样保管）

每次备份是一个子目录，清单 manifest.json 写明各部分的摘要。请把屏幕上的清单摘要另存一处。
恢复和演练见 baozhen restore --help。

例子：
  baozhen backup /backup/baozhen
  baozhen backup /backup/baozhen --with-keys
  baozhen backup /backup/baozhen --prune      删去旧备份的子目录后，清除不再需要的归档文件

退出码：0 完成；2 未能备份。"""

_MEBIBYTE = 1024 * 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("place", type=Path, metavar="目录", help="存放备份的目录")
    parser.add_argument("--with-keys", action="store_true", help="连同密钥一起备份")
    parser.add_argument(
        "--prune", action="store_true", help="备份之后，清除各次备份都不再提到的归档文件"
    )


def run(args: argparse.Namespace) -> int:
    """Take a backup and say what to keep; return 2 when it could not be taken."""
    began = time.monotonic()
    print("正在备份数据库……", file=sys.stderr, flush=True)
    try:
        with Saying("归档文件") as say:
            folder, manifest, digest = take(
                args.place.resolve(), with_keys=args.with_keys, at=now(), say=say
            )
        pruned = prune(args.place.resolve()) if args.prune else None
    except (BackupRefused, OSError) as refusal:
        print(f"没有备份：{refusal}", file=sys.stderr)
        return 2
    print(f"备份完成：{folder}，用时 {time.monotonic() - began:.0f} 秒")
    print(
        f"归档文件 {manifest.objects} 个，{manifest.object_bytes / _MEBIBYTE:.1f} MiB；"
        f"存证日志 {manifest.log_size} 条"
    )
    print(f"清单摘要（请另存一处，恢复时核对）：{digest}")
    if settings.BAOZHEN_STORAGE != LOCAL:
        print("归档在对象存储里，没有复制：请用桶的版本保留与跨区复制保护它。")
    if not args.with_keys:
        print("密钥没有复制：请另行妥善保管。没有密钥，这份备份无法读出。")
    if pruned is not None:
        print(f"清除了不再需要的归档文件 {pruned} 个")
    return 0
