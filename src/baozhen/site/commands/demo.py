"""`baozhen demo`: a dozen policies, staff to sign in as, and an API key to try."""

import argparse
import json
import os
import secrets
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from baozhen.foundation.clock import now
from baozhen.foundation.keys.configuration import is_production
from baozhen.foundation.timestamps.modes import TimestampMode
from baozhen.insurance.policies.services.chunks import drain_batch
from baozhen.insurance.proposals.models import BatchItem
from baozhen.insurance.proposals.queries import batch_progress
from baozhen.insurance.proposals.services import receive_batch
from baozhen.signing.organizations.extent import is_alone, open_roles, open_scopes
from baozhen.signing.organizations.models import ApiClient
from baozhen.signing.organizations.services import (
    ClientRequest,
    appoint_first,
    create_api_client,
    ensure_roles,
)
from baozhen.site.commands.demo_desk import fill_desk, staff_branch
from baozhen.site.commands.demo_tasks import start_tasks
from baozhen.site.commands.out_folder import OutFolder

HELP = """载入演示数据：十二份合成投保单（五种投保单版本都有）、每个角色一个员工账号、一个接口密钥，
一位分公司安全管理员，一枚实物公章（有领用申请和用印记录），一份 U-Key 申请，
一份等待回答和签名的健康告知书；只开放签署中心时没有投保单，另有几份不同状态的签署任务。
可以重复执行：已有的原样保留。保单文件在数据目录的 demo 里，
账号和密钥在 demo-accounts.txt 里，只供开发使用，生产模式拒绝执行。"""

CLIENT = "demo"
STAFF = {
    "chudan": "出单员",
    "kefu": "客服",
    "jingban": "业务经办",
    "fuze": "业务负责人",
    "yinzhang": "印章管理员",
    "moban": "模版管理员",
    "chanpin": "产品精算",
    "hebao": "核保人",
    "lipei": "理赔员",
    "hegui": "合规人员",
    "caiwu": "财务",
    "shenji": "审计员",
    "anquan": "安全管理员",
    "guanli": "系统管理员",
}
ACCOUNTS_FILE = "demo-accounts.txt"
FILES_FOLDER = "demo"
TAIL = 6  # what the query page asks for


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none."""


def run(_args: argparse.Namespace) -> int:
    """Load what is missing and print what to use."""
    if is_production():
        print("生产模式拒绝载入演示数据。", file=sys.stderr)
        return 2
    ensure_roles()
    accounts = Path(settings.BAOZHEN_DATA) / ACCOUNTS_FILE
    _write_private(accounts, [*_make_staff(), *_make_branch(), *_make_key()])
    fill_desk(at=now())
    if not is_alone():
        _load_policies()
    print(start_tasks(CLIENT))
    print(f"账号和接口密钥（{accounts}）：")
    print(accounts.read_text(encoding="utf-8"), end="")
    return 0


def _load_policies() -> None:
    folder = OutFolder.make(Path(settings.BAOZHEN_DATA) / FILES_FOLDER)
    proposals = _proposals()
    files = _issue_proposals(proposals, folder)
    print(f"演示保单文件 {files} 个，在 {folder.path}。")
    print(_example_query(json.loads(proposals[0])))


def _proposals() -> list[bytes]:
    data = resources.files("baozhen.site.demo").joinpath("proposals.jsonl").read_bytes()
    return data.splitlines()


def _example_query(proposal: dict[str, Any]) -> str:
    """Return what to type on the query page for one demonstration policy."""
    number = proposal["commercial"]["policy_no"]
    holder = proposal["policyholder"]["id_no"][-TAIL:]
    vin = proposal["vehicle"]["vin"][-TAIL:]
    return f"查询示例：保单号 {number}，证件号码后六位 {holder}，车架号后六位 {vin}"


def _issue_proposals(proposals: list[bytes], folder: OutFolder) -> int:
    """Issue the demonstration proposals; those that were before stay as they are."""
    batch = receive_batch(
        proposals,
        client=CLIENT,
        idempotency_key="demonstration",
        timestamp_mode=TimestampMode.AGGREGATED,
        at=now(),
        queued=False,
    )
    drain_batch(batch.pk, keep_copy=folder.keep)
    for item in BatchItem.objects.filter(batch=batch):
        folder.complete(item.policies)
    return batch_progress(batch).policies


def _make_staff() -> list[str]:
    """Make the staff that is missing; return a line for each."""
    users = get_user_model().objects
    lines = []
    for name, role in STAFF.items():
        if role not in open_roles() or users.filter(username=name).exists():
            continue
        password = _password()
        appoint_first(name, f"演示{role}", [role], password=password, at=now())
        lines.append(f"{role}：{name} / {password}")
    return lines


def _make_branch() -> list[str]:
    return staff_branch(_password, at=now())


def _password() -> str:
    return secrets.token_urlsafe(12)


def _make_key() -> list[str]:
    if ApiClient.objects.filter(name=CLIENT).exists():
        return []
    request = ClientRequest(name=CLIENT, scopes=sorted(open_scopes()))
    _, key = create_api_client(request, actor="system", at=now())
    return [f"接口密钥：{key}"]


def _write_private(path: Path, lines: list[str]) -> None:
    """Add the lines to a file that only its owner may read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
