"""`baozhen restore`: bring a backup back into an empty place, and check all of it."""

import argparse
import contextlib
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import connection

from baozhen.site import bootstrap
from baozhen.site.backup import restoring
from baozhen.site.backup.errors import BackupRefused
from baozhen.site.backup.manifest import Manifest, read_manifest
from baozhen.site.commands.saying import Saying
from baozhen.site.embedded import EmbeddedDatabase
from baozhen.site.migrating import bring_tables_up_to_date

HELP = """把一次备份恢复到新的数据目录和空的数据库，然后全面自查（baozhen fsck --all）。

先核对清单、各部分的摘要和密钥的指纹，有一处不符就不动手；已有的数据从不覆盖。
没有设置 DATABASE_URL 时使用数据目录里的内置数据库；设置了，就恢复到那个空的数据库。

例子：
  baozhen restore /backup/baozhen/20261121T093000Z --data /srv/baozhen
  baozhen restore /backup/baozhen/20261121T093000Z --data /srv/baozhen --keys /safe/keys
  baozhen restore /backup/baozhen/20261121T093000Z --check    演练：恢复到临时目录，自查后删除

退出码：0 恢复完毕且全部相符；1 恢复了，但自查有不符；2 没有恢复。"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments."""
    parser.add_argument("backup", type=Path, metavar="备份", help="某一次备份的目录")
    target = parser.add_mutually_exclusive_group(required=True)
    target.add_argument("--data", type=Path, help="新的数据目录")
    target.add_argument("--check", action="store_true", help="只演练：恢复到临时目录，自查后删除")
    parser.add_argument("--keys", type=Path, help="另外保存的密钥目录（备份不含密钥时）")
    parser.add_argument("--sha256", default="", help="另存的清单摘要，用来核对")


def run(args: argparse.Namespace) -> int:
    """Restore and check; see the exit codes above."""
    began = time.monotonic()
    backup = args.backup.resolve()
    try:
        manifest = read_manifest(backup, digest=args.sha256)
        with _target(args) as data:
            found = _restore(backup, manifest, data, keys=args.keys and args.keys.resolve())
    except (BackupRefused, OSError) as refusal:
        print(f"没有恢复：{refusal}", file=sys.stderr)
        return 2
    what = "恢复演练" if args.check else f"恢复到 {args.data}"
    print(f"{what}：数据截至 {manifest.made_at}，用时 {time.monotonic() - began:.0f} 秒。")
    if not args.check:
        print("启动前请核对设置；未完成的任务会接着做。用接口拉取事件的系统请用 since 重新开始。")
    return found


@contextlib.contextmanager
def _target(args: argparse.Namespace) -> Iterator[Path]:
    """Yield the data folder, with a database running; a drill's are taken away again."""
    if not args.check:
        data = args.data.resolve()
        restoring.check_empty(data)
        data.mkdir(parents=True, exist_ok=True)
        with _database(data, is_drill=False):
            yield data
        return
    os.environ.pop("DATABASE_URL", None)  # a drill never touches the real database
    data = Path(tempfile.mkdtemp(prefix="baozhen-restore-"))
    try:
        with _database(data, is_drill=True):
            yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextlib.contextmanager
def _database(data: Path, *, is_drill: bool) -> Iterator[None]:
    """Run an embedded cluster in the data folder unless a database is configured."""
    if os.environ.get("DATABASE_URL"):
        yield
        return
    embedded = EmbeddedDatabase(data / "pg", durable=not is_drill)
    os.environ["DATABASE_URL"] = embedded.start()
    try:
        yield
    finally:
        if apps.ready:
            connection.close()
        embedded.stop()
        if is_drill:  # it may lie elsewhere, where the unprivileged user reaches it
            shutil.rmtree(embedded.home, ignore_errors=True)


def _restore(backup: Path, manifest: Manifest, data: Path, *, keys: Path | None) -> int:
    os.environ["BAOZHEN_DATA"] = str(data)
    bootstrap.load_django()
    print("核对密钥……", file=sys.stderr, flush=True)
    restoring.bring_keys(backup, manifest, keys=keys)
    with Saying("归档文件") as say:
        restoring.bring_files(backup, manifest, say=say)
    print("恢复数据库……", file=sys.stderr, flush=True)
    restoring.bring_database(backup)
    bring_tables_up_to_date()
    print("全面自查……", file=sys.stderr, flush=True)
    fsck = importlib.import_module("baozhen.site.commands.fsck")  # it names models
    return int(fsck.run(argparse.Namespace(sample=None, all=True)))
